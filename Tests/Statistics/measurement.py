"""Questions to the module Statistics, through the program statistics-json."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Measurement:
    """statistics-json, running; `ask` may be called any number of times."""

    def __init__(self, configuration: str = "debug") -> None:
        program = ROOT / ".build" / configuration / "statistics-json"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, function: str, **arguments: Any) -> dict[str, Any]:
        """The answer; an AssertionError with the program's words if there is none."""
        print(json.dumps({"function": function, **arguments}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"statistics-json died of {self.process.wait()}"}
        assert "error" not in answer, f"{function}: {answer['error']}"
        return answer

    def close(self) -> None:
        self.process.stdin.close()
        assert self.process.wait() == 0, "statistics-json failed"
