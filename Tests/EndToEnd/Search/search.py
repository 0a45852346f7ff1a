#!/usr/bin/env python3
"""Speaks the lines of a search for schedules, docs/protocol.md, without searching: SCENARIO says what it goes through.

Called like the real one, `-m unet tune …`. Leaves its words, its number and what it heard below --database.
"""

import json
import os
import signal
import sys
from pathlib import Path

words = sys.argv[1:]
database = Path(words[words.index("--database") + 1])
database.mkdir(parents=True, exist_ok=True)
(database / "words.json").write_text(json.dumps(words))
(database / "process").write_text(str(os.getpid()))
candidate = os.environ.get("CANDIDATE", "")
layer = "8→1 @32"


def say(**message) -> None:
    print(json.dumps(message), flush=True)


def measure(number: int, bundle: str = candidate) -> None:
    say(type="measure", id=number, bundle=bundle, what=f"direct {layer}: tiles {number}")


def hear() -> dict:
    line = sys.stdin.readline()
    if not line:
        sys.exit("its harness has gone")
    with open(database / "heard.jsonl", "a") as log:
        log.write(line)
    return json.loads(line)


def whole() -> None:
    say(type="log", message="looking around")
    say(type="plan", candidates=4, measured=1)
    # All outstanding at once, and one that is no bundle in the middle.
    measure(1)
    measure(2, "no/such/folder")
    measure(3)
    measure(4, os.environ.get("CRASHING", ""))
    answers = {answer["id"]: answer for answer in (hear() for _ in range(4))}
    best = min(answers[1]["median_ns"], answers[3]["median_ns"])
    say(type="chosen", layer=layer, kernel="direct tiles 1", ns=best, default_ns=best * 1.5)
    say(type="done", database=str(database / "x86.jsonl"), entries=2)


def steps() -> None:
    say(type="plan", candidates=2, measured=3)
    say(type="step", layer=f"direct {layer}", done=0, total=2, best_ns=None)
    measure(1)
    say(type="step", layer=f"direct {layer}", done=1, total=2, best_ns=hear()["median_ns"])
    say(type="done", database="x86.jsonl", entries=2)


def endless() -> None:
    say(type="plan", candidates=1000000, measured=0)
    number = 0
    while True:
        number += 1
        measure(number)
        hear()


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(type="log", message="deaf from now on")
    while True:
        signal.pause()


def dies() -> None:
    measure(1)
    hear()
    sys.exit(3)


def after_done() -> None:
    say(type="done", database="x86.jsonl", entries=0)
    sys.exit(4)


def nonsense() -> None:
    print("Segmentation fault, or some library's advertisement", flush=True)
    hear()


def unknown() -> None:
    say(type="measure-all", bundle=candidate)
    hear()


def endless_line() -> None:
    print("x" * (2 << 20), flush=True)
    hear()


def failed() -> None:
    say(type="failed", message="no layer is called 9→9 @9.")
    sys.exit(1)


assert hear()["type"] == "board"
globals()[os.environ["SCENARIO"]]()
