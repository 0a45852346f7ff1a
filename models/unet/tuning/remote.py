"""Measures candidates on a board, through whoever speaks JSON lines on standard input and output: `harness tune`.

Out: `plan`, `measure` (a bundle to run), `step`, `chosen`, `log`, `done`, `failed`. In: `board` first, then for each `measure` one
`measured` or `unmeasured`. docs/protocol.md describes them, docs/tuning.md what they are for.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.cpu.kernel import Tunable
from unet.targets import BoardTarget
from unet.tuning import candidate, database
from unet.tuning.database import Machine
from unet.tuning.search import Failed


class Lines:
    """One JSON object a line, both ways."""

    def __init__(self, source: TextIO = sys.stdin, sink: TextIO = sys.stdout) -> None:
        self.source, self.sink = source, sink

    def send(self, kind: str, **values) -> None:
        self.sink.write(json.dumps({"type": kind, **values}, ensure_ascii=False) + "\n")
        self.sink.flush()

    def receive(self, *kinds: str) -> dict:
        line = self.source.readline()
        if not line:
            raise UserError("standard input ended: what was measured is kept, and the search goes on when it is started again.")
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
        said = lines.receive("board")
        facts = said["facts"]
        emulated = database.EMULATED if facts.get("emulated") else ""
        self.machine = Machine(
            cpu=(facts["board"].get("cpu_model") or target.name) + emulated,
            mcpu=target.mcpu,
            threads=said["threads"],
            tvm=(facts.get("tvm") or {}).get("version", ""),
        )
        self.asked = 0

    def median_ns(self, kernel: Tunable) -> int:
        self.asked += 1
        with tempfile.TemporaryDirectory(prefix="harness-tune-") as folder:
            try:
                bundle = candidate.write(kernel, self.checkpoint, self.target, Path(folder), f"candidate-{self.asked}")
            except UserError:
                raise
            except Exception as error:
                raise Failed(f"it does not compile: {error}") from error
            what = f"{database.kind(kernel)} {kernel.layer}: {describe(kernel.schedule)}"
            self.lines.send("measure", id=self.asked, bundle=str(bundle), what=what)
            answer = self.lines.receive("measured", "unmeasured")
        if answer["type"] == "unmeasured":
            raise Failed(f"{answer.get('code')}: {answer.get('message')}")
        return int(answer["median_ns"])


def describe(schedule) -> str:
    return ", ".join(f"{name} {value}" for name, value in asdict(schedule).items())
