"""Progress: a bar with the remaining time on a terminal, occasional lines otherwise."""

import sys
import time


class Progress:
    """Counts `total` steps of something called `title`."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.done, self.note = title, total, 0, ""
        self.start = time.monotonic()
        self.shown = 0.0
        self.live = sys.stdout.isatty()
        self._draw()

    def step(self, note: str = "") -> None:
        self.done += 1
        self.note = note or self.note
        now = time.monotonic()
        if self.done == self.total or now - self.shown > (0.2 if self.live else 10):
            self.shown = now
            self._draw()

    def show(self, note: str) -> None:
        """Shows `note` without counting a step."""
        self.note = note
        if self.live:
            self._draw()

    def close(self, note: str) -> None:
        """Ends the bar with a line that stays."""
        seconds = time.monotonic() - self.start
        clear = "\r\033[K" if self.live else ""
        print(f"{clear}{self.title}: {note} ({seconds:.1f} s)", flush=True)

    def _draw(self) -> None:
        if self.done == 0 and not self.live:
            return
        left = (time.monotonic() - self.start) / self.done * (self.total - self.done) if self.done else None
        eta = f", {left:.0f} s left" if left is not None else ""
        if self.live:
            filled = 24 * self.done // max(1, self.total)
            bar = "█" * filled + "░" * (24 - filled)
            print(f"\r\033[K{self.title} {bar} {self.done}/{self.total}{eta}  {self.note}", end="", flush=True)
        else:
            print(f"{self.title}: {self.done}/{self.total}{eta}  {self.note}", flush=True)
