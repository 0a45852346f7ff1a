"""Asks the Swift statistics module, through the program statistics-json."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class StatisticsProgram:
    """A running statistics-json; `ask` may be called any number of times."""

    def __init__(self, configuration: str = "debug") -> None:
        program = ROOT / ".build" / configuration / "statistics-json"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, function: str, **arguments: Any) -> dict[str, Any]:
        """The answer; raises `AssertionError` with the program's message if there is none."""
        print(json.dumps({"function": function, **arguments}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"statistics-json ended with status {self.process.wait()}"}
        assert "error" not in answer, f"{function}: {answer['error']}"
        return answer

    def close(self) -> None:
        self.process.stdin.close()
        assert self.process.wait() == 0, "statistics-json failed"
