"""Reads LoadGen's logs by its format, as programs that check submissions do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

MARKER = ":::MLLOG"
METADATA = {"is_error": bool, "is_warning": bool, "file": str, "line_no": int, "pid": int, "tid": int}
LINE = {"key", "value", "time_ms", "namespace", "event_type", "metadata"}
SUMMARY = re.compile(r"^ *([^:]+?) *: (.*)$")


def detail(folder: Path) -> dict[str, Any]:
    """Values by key; every line must be a message with all that LoadGen's have, and every key stands once."""
    values: dict[str, Any] = {}
    for line in (folder / "mlperf_log_detail.txt").read_text().splitlines():
        assert line.startswith(MARKER), line
        message = json.loads(line[len(MARKER) :])
        assert set(message) == LINE, line
        assert message["namespace"] == "mlperf::logging" and message["event_type"] == "POINT_IN_TIME"
        assert isinstance(message["time_ms"], (int, float))
        assert {name: type(value) for name, value in message["metadata"].items()} == METADATA, line
        assert message["key"] not in values, f"{message['key']} occurs twice"
        values[message["key"]] = message["value"]
    return values


def summary(folder: Path) -> dict[str, str]:
    """The summary's values, by the text before the colon."""
    found = (SUMMARY.match(line) for line in (folder / "mlperf_log_summary.txt").read_text().splitlines())
    return {match[1]: match[2] for match in found if match}


def accuracy(folder: Path) -> list[tuple[int, ...]]:
    """The answers in order: little-endian 32-bit numbers."""
    entries = json.loads((folder / "mlperf_log_accuracy.json").read_text())
    assert [entry["seq_id"] for entry in entries] == list(range(len(entries)))
    raw = [bytes.fromhex(entry["data"]) for entry in entries]
    return [tuple(int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)) for data in raw]
