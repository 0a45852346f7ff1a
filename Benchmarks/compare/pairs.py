"""How often a comparison is wrong, and how long the runs of a pair take.

Pairs of sides, each of several short runs of harness-runner, each in its own process: of one module on both sides (A/A), where
every verdict but "same" and "cannot tell" is a false alarm, and with a second module that does 3% more work (A/B), which should be
found slower. The runs of a pair alternate, A B B A or B A A B as drawn from a seed, so that slow changes affect both sides
equally; the kinds of pairs alternate, too. The verdicts are those of `harness compare` at its default settings. Then each pair is
compared again by its first runs alone, to show how many runs are needed. The last line is JSON.

With --keep, pairs are appended to a file and those already there are not measured again, so that a long measurement can be done in
parts.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import work

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests/Statistics"))

from statistics_json import StatisticsProgram  # noqa: E402

STEPS = 1_500_000
MORE = 1.03
MARGIN = 0.02


def measure(bundle: Path, seconds: float, folder: str) -> list[int]:
    """Compute latencies of one run in its own process, in nanoseconds."""
    manifest = json.loads((bundle / "bundle.json").read_bytes())
    job = {
        "protocol": "harness.runner/1",
        "id": "compare",
        "bundle": manifest,
        "module_path": str(bundle / manifest["module"]["file"]),
        "device": "cpu:0",
        "settings": {
            "scenario": "single-stream",
            "min_duration_ns": int(seconds * 1e9),
            "min_queries": 20,
            "max_queries": 200_000,
            "warm_up_max_calls": 200,
            "warm_up_max_duration_ns": 2_000_000_000,
            "threads": 1,
            "seed": 0,
            "time_limit_ns": 120_000_000_000,
        },
        "tvm_folder": str(ROOT / f"build/tvm-runtime/{manifest['target']['architecture']}"),
        "output_folder": folder,
    }
    ending = subprocess.run(
        [ROOT / ".build/release/harness-runner"], input=json.dumps(job).encode(), capture_output=True, check=True
    )
    events = [json.loads(line) for line in ending.stdout.splitlines()]
    chunks = [event["samples"] for event in events if event["type"] == "samples"]
    return [ns for chunk in chunks if chunk["phase"] == "timed" for ns in chunk["compute_ns"]]


def pair(kind: str, modules: dict[str, Path], runs: int, seconds: float, rng: random.Random, folder: str) -> dict:
    """The sides' runs in the order of measurement, and the duration of the pair."""
    sides: dict[str, list[list[int]]] = {"A": [], "B": []}
    order: list[str] = []
    while len(order) < 2 * runs:
        order += rng.choice([["A", "B", "B", "A"], ["B", "A", "A", "B"]])
    # An odd number of runs per side ends with one of each.
    order = order[: 2 * runs] if runs % 2 == 0 else order[: 2 * runs - 2] + rng.sample(["A", "B"], 2)
    started = time.monotonic()
    for side in order:
        sides[side].append(measure(modules[kind if side == "B" else "A/A"], seconds, folder))
    return {"kind": kind, "seconds": time.monotonic() - started, **sides}


def verdicts(statistics: StatisticsProgram, pairs: list[dict], runs: int) -> list[dict]:
    """The verdicts by the first `runs` of each side of each pair."""
    return [
        statistics.ask("compare", baseline=p["A"][:runs], candidate=p["B"][:runs], margin=MARGIN, seed=0, resamples=1000)
        for p in pairs
    ]


def shares(kinds: list[str], found: list[dict]) -> tuple[int, int, int, int]:
    """A/A pairs, false alarms among them, A/B pairs, and those found slower."""
    equal = [f["verdict"] for kind, f in zip(kinds, found) if kind == "A/A"]
    more = [f["verdict"] for kind, f in zip(kinds, found) if kind == "A/B"]
    return len(equal), sum(v in ("faster", "slower") for v in equal), len(more), more.count("slower")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=300, help="two thirds of them A/A")
    parser.add_argument("--runs", type=int, default=16, help="runs of each side of a pair")
    parser.add_argument("--seconds", type=float, default=0.03, help="timed duration of each run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="file of pairs to continue")
    parser.add_argument(
        "--stop-after", type=float, default=float("inf"), help="stop after this many seconds, even if pairs are missing"
    )
    options = parser.parse_args()

    pairs = [json.loads(line) for line in options.keep.read_text().splitlines()] if options.keep and options.keep.exists() else []
    deadline = time.monotonic() + options.stop_after
    with tempfile.TemporaryDirectory() as folder:
        modules = {
            "A/A": work.write(STEPS, Path(folder), "work"),
            "A/B": work.write(round(STEPS * MORE), Path(folder), "work-more"),
        }
        for number in range(len(pairs), options.pairs):
            if time.monotonic() > deadline:
                break
            rng = random.Random(f"{options.seed} {number}")
            made = pair("A/B" if number % 3 == 2 else "A/A", modules, options.runs, options.seconds, rng, folder)
            pairs.append(made)
            if options.keep:
                with options.keep.open("a") as file:
                    print(json.dumps(made), file=file)
            if len(pairs) % 30 == 0:
                print(f"{len(pairs)} of {options.pairs} pairs", flush=True)

    if len(pairs) < options.pairs:
        sys.exit(f"{len(pairs)} of {options.pairs} pairs are measured. Run the same command again to continue.")

    kinds = [p["kind"] for p in pairs]
    seconds = float(np.mean([p["seconds"] for p in pairs]))
    statistics = StatisticsProgram("release")
    columns = ("false alarms", 13), ("same", 6), ("A/B", 5), ("found", 6), ("wrong way", 10)
    heads = "".join(f" {head:>{width}}" for head, width in columns)
    print(f"\n{'runs a side':>11} {'s a pair':>9} {'A/A':>5}{heads}")
    for runs in sorted({*(n for n in (2, 3, 4, 6, 8, 12) if n < options.runs), options.runs}):
        found = verdicts(statistics, pairs, runs)
        equal, alarms, more, slower = shares(kinds, found)
        same = sum(f["verdict"] == "same" for kind, f in zip(kinds, found) if kind == "A/A")
        wrong = sum(f["verdict"] == "faster" for kind, f in zip(kinds, found) if kind == "A/B")
        took = seconds * runs / options.runs
        print(f"{runs:11} {took:9.2f} {equal:5} {alarms:13} {same:6} {more:5} {slower:6} {wrong:10}")
    ratios = [f["ratio"] for kind, f in zip(kinds, found) if kind == "A/B"]
    print(f"\nA/B, all runs: median ratio {np.median(ratios):.4f}; true ratio {MORE}")
    for kind, f in zip(kinds, found):
        if kind == "A/A" and f["verdict"] in ("faster", "slower"):
            print(f"false alarm: ratio {f['ratio']:.4f}, interval {f['interval'][0]:.4f} … {f['interval'][1]:.4f}")
    statistics.close()
    figures = {
        "aa_pairs": equal,
        "aa_false_alarms": alarms,
        "ab_pairs": more,
        "ab_found": slower,
        "seconds_per_pair": round(seconds, 2),
    }
    print(json.dumps({"bench": "compare", "figures": figures}))


if __name__ == "__main__":
    main()
