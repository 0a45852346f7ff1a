"""Reads LoadGen's logs of a test: the trace of every query, and LoadGen's own results."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The trace is not quite JSON: it quotes some words twice. Times are microseconds with three decimals, so integral nanoseconds.
SAMPLE = re.compile(r'"name":"Sample".*"ph":"b".*"ts":([0-9.]+),.*"query_seq":(\d+),.*"complete_ns":(\d+)')
SPAN = re.compile(r'"name":"(GenerateQueries|SampleLoop)".*"ts":([0-9.]+),"dur":([0-9.]+)')
RESULT = re.compile(r'"key": "((?:result|early_stopping)_[^"]*)", "value": (.*), "time_ms": ')
DISCARDED = re.compile(r"Would discard (\d+) ")


def nanoseconds(microseconds: str) -> int:
    whole, decimals = microseconds.split(".")
    return int(whole) * 1000 + int(decimals)


@dataclass(frozen=True)
class Trace:
    # Of each query in the order of issue; of each sample if offline.
    latencies_ns: list[int]
    # From the start until the last query was issued (server: scheduled).
    duration_ns: int
    # By how much that may be too small: LoadGen does not log when it started, only events shortly before and after.
    uncertain_ns: int


def trace(folder: Path, scenario: str) -> Trace:
    samples: list[tuple[int, int, int]] = []
    prepared, begun = 0, None
    for line in (folder / "mlperf_log_trace.json").read_text().splitlines():
        if found := SAMPLE.search(line):
            samples.append((int(found[2]), nanoseconds(found[1]), int(found[3])))
        elif found := SPAN.search(line):
            if found[1] == "GenerateQueries":
                prepared = nanoseconds(found[2]) + nanoseconds(found[3])
            else:
                begun = min(begun or nanoseconds(found[2]), nanoseconds(found[2]))
    scheduled = [time for _, time, _ in samples]
    if scenario == "offline":
        return Trace([latency for *_, latency in samples], 0, 0)
    if scenario == "server":
        # The first query is scheduled for the start itself.
        duration, uncertain = max(scheduled) - min(scheduled), 0
    else:
        duration, uncertain = max(scheduled) - begun, begun - prepared
    queries: dict[int, int] = {}
    for query, _, latency in samples:
        queries[query] = max(latency, queries.get(query, 0))
    return Trace([queries[query] for query in sorted(queries)], duration, uncertain)


def conclusions(folder: Path) -> dict[str, Any]:
    """LoadGen's results by their names in its detailed log, and how many queries it “would discard”, if it logs that."""
    values = {}
    for line in (folder / "mlperf_log_detail.txt").read_text().splitlines():
        if found := RESULT.search(line):
            # The rate of a single query is 0/0, which C++ prints as nan.
            values[found[1]] = None if found[2] in ("nan", "-nan", "inf") else json.loads(found[2])
    found = DISCARDED.search(values["early_stopping_result"])
    return values | {"discarded": int(found[1]) if found else None}
