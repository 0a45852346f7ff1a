#!/usr/bin/env python3
"""Plays a search for schedules, with the messages of docs/protocol.md: SCENARIO selects the function below that runs.

Called like the real one, `-m unet tune …`. Writes its arguments, its process ID and what it received to --database.
"""

import json
import os
import signal
import sys
from pathlib import Path

arguments = sys.argv[1:]
database = Path(arguments[arguments.index("--database") + 1])
database.mkdir(parents=True, exist_ok=True)
(database / "words.json").write_text(json.dumps(arguments))
(database / "process").write_text(str(os.getpid()))
candidate = os.environ.get("CANDIDATE", "")
layer = "8→1 @32"


def send(**message) -> None:
    print(json.dumps(message), flush=True)


def measure(number: int, bundle: str = candidate) -> None:
    send(type="measure", id=number, bundle=bundle, what=f"direct {layer}: tiles {number}")


def receive() -> dict:
    line = sys.stdin.readline()
    if not line:
        sys.exit("harness closed standard input")
    with (database / "heard.jsonl").open("a") as log:
        log.write(line)
    return json.loads(line)


def whole() -> None:
    send(type="log", message="looking around")
    send(type="plan", candidates=4, measured=1)
    # All outstanding at once, and one in the middle that is not a bundle.
    measure(1)
    measure(2, "no/such/folder")
    measure(3)
    measure(4, os.environ.get("CRASHING", ""))
    answers = {answer["id"]: answer for answer in (receive() for _ in range(4))}
    best = min(answers[1]["median_ns"], answers[3]["median_ns"])
    send(type="chosen", layer=layer, kernel="direct tiles 1", ns=best, default_ns=best * 1.5)
    send(type="done", database=str(database / "x86.jsonl"), entries=2)


def steps() -> None:
    send(type="plan", candidates=2, measured=3)
    send(type="step", layer=f"direct {layer}", done=0, total=2, best_ns=None)
    measure(1)
    send(type="step", layer=f"direct {layer}", done=1, total=2, best_ns=receive()["median_ns"])
    send(type="done", database="x86.jsonl", entries=2)


def endless() -> None:
    send(type="plan", candidates=1000000, measured=0)
    number = 0
    while True:
        number += 1
        measure(number)
        receive()


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    send(type="log", message="deaf from now on")
    while True:
        signal.pause()


def dies() -> None:
    measure(1)
    receive()
    sys.exit(3)


def after_done() -> None:
    send(type="done", database="x86.jsonl", entries=0)
    sys.exit(4)


def nonsense() -> None:
    print("Segmentation fault, or some library's advertisement", flush=True)
    receive()


def unknown() -> None:
    send(type="measure-all", bundle=candidate)
    receive()


def endless_line() -> None:
    print("x" * (2 << 20), flush=True)
    receive()


def failed() -> None:
    send(type="failed", message="no layer is called 9→9 @9.")
    sys.exit(1)


assert receive()["type"] == "board"
globals()[os.environ["SCENARIO"]]()
