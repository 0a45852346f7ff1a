"""Measures candidates on a board, through JSON lines on standard input and output: the search's side of `harness tune`.

Out: `plan`, `measure` (a bundle to run), `step`, `chosen`, `log`, `done`, `failed`. In: `board` first, then for each `measure` one
`measured` or `unmeasured`. See docs/protocol.md and docs/tuning.md.
"""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.cpu.kernel import Tunable
from unet.targets import BoardTarget
from unet.tuning import candidate, database
from unet.tuning.database import Machine
from unet.tuning.search import Failed


class Lines:
    """One JSON object per line, in both directions."""

    def __init__(self, source: TextIO = sys.stdin, sink: TextIO = sys.stdout) -> None:
        self.source, self.sink = source, sink

    def send(self, kind: str, **values: object) -> None:
        self.sink.write(json.dumps({"type": kind, **values}, ensure_ascii=False) + "\n")
        self.sink.flush()

    def receive(self, *kinds: str) -> dict:
        line = self.source.readline()
        if not line:
            raise UserError("standard input ended. Measurements are kept: start the search again to continue.")
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict) or value.get("type") not in kinds:
            raise UserError(f"expected a line of type {' or '.join(kinds)}, got {line.strip()[:200]!r}.")
        return value


class Remote:
    """Sends each candidate as a bundle and waits for its time."""

    def __init__(self, lines: Lines, checkpoint: Checkpoint, target: BoardTarget) -> None:
        self.lines, self.checkpoint, self.target = lines, checkpoint, target
        message = lines.receive("board")
        facts = message["facts"]
        cpu = (facts["board"].get("cpu_model") or target.name) + (database.EMULATED if facts.get("emulated") else "")
        self.machine = Machine(cpu, target.mcpu, message["threads"], (facts.get("tvm") or {}).get("version", ""))
        self.count = 0

    def median_ns(self, kernel: Tunable) -> int:
        self.count += 1
        with tempfile.TemporaryDirectory(prefix="harness-tune-") as folder:
            try:
                bundle = candidate.write(kernel, self.checkpoint, self.target, Path(folder), f"candidate-{self.count}")
            except UserError:
                raise
            except Exception as error:
                raise Failed(f"it does not compile: {error}") from error
            what = f"{kernel.stored_name} {kernel.layer}: {describe(kernel.schedule)}"
            self.lines.send("measure", id=self.count, bundle=str(bundle), what=what)
            answer = self.lines.receive("measured", "unmeasured")
        if answer["type"] == "unmeasured":
            raise Failed(f"{answer.get('code')}: {answer.get('message')}")
        return int(answer["median_ns"])


def describe(schedule: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in asdict(schedule).items())
