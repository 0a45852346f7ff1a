"""Our statistics against MLPerf LoadGen's: percentiles, early stopping, validity and metric of the same traces.

LoadGen drives compiled modules of the fixtures in its four scenarios, with settings drawn from a seed: sizes at and around those
where the result of early stopping changes, minimum durations and numbers of queries that are reached or missed, latency bounds
above and below the latencies. The queries of its trace are then passed to statistics-json, and the results must equal those in
LoadGen's own log: integers exactly, rates to the six digits that it prints. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import drive
import logs

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests/Statistics"))

from statistics_json import StatisticsProgram  # noqa: E402

PERCENTILES = [0.5, 0.9, 0.95, 0.97, 0.99, 0.999]
SIZES = [1, 2, 10, 63, 64, 65, 97, 100, 250, 459, 460, 661, 662, 663, 838, 1001, 2000, 7914]
SHARES = {"single-stream": 0.4, "multi-stream": 0.25, "server": 0.25, "offline": 0.1}


def draw(rng: random.Random, number: int) -> drive.Case:
    """A case: every fifth runs the U-Net, the others a module that does nothing, most of them with pauses."""
    (scenario,) = rng.choices(list(SHARES), weights=SHARES.values())
    bundle = "bundle" if number % 5 == 0 else "bundle-null"
    size = rng.choice([size for size in SIZES if bundle == "bundle-null" or size <= 663])
    usual = 0.9 if scenario == "single-stream" else 0.99
    end = rng.choice(["naturally", "naturally", "naturally", "too early", "too few"])
    rate = rng.uniform(100, 400) if bundle == "bundle" else rng.uniform(2000, 9000)
    if end == "naturally" and scenario in ("single-stream", "multi-stream") and rng.random() < 0.8:
        rate *= 20  # prepares enough queries; otherwise it may run out of them and end too early
    return drive.Case(
        scenario=scenario,
        bundle=bundle,
        pauses=bundle == "bundle-null" and rng.random() < 0.8,
        seed=rng.randrange(1 << 30),
        percentile=usual if rng.random() < 0.7 else rng.choice(PERCENTILES),
        samples_per_query={"multi-stream": rng.choice([2, 8]), "offline": size}.get(scenario, 1),
        min_queries=size + rng.randrange(1, 50) if end == "too few" else size,
        max_queries=0 if end == "naturally" or scenario == "offline" else size,
        min_duration_ms=5000 if end == "too early" and scenario != "offline" else rng.choice([0, 1, 5, 20, 60]),
        expected_rate=rate,
        latency_bound_ns=int(10 ** rng.uniform(4.6, 6.6)) if bundle == "bundle-null" else int(10 ** rng.uniform(6, 8)),
    )


def ours(statistics: StatisticsProgram, case: drive.Case, trace: logs.Trace) -> dict:
    """Our results, by LoadGen's names."""
    known = {"latencies_ns": trace.latencies_ns}
    values = statistics.ask("percentiles", **known, percentiles=PERCENTILES)["values"]
    verdict = statistics.ask(
        "verdict",
        **known,
        scenario=case.scenario,
        samples_per_query=case.samples_per_query,
        percentile=case.percentile,
        latency_bound_ns=case.latency_bound_ns,
        min_duration_ns=case.min_duration_ms * 1_000_000,
        min_queries=case.min_queries,
        duration_ns=trace.duration_ns,
    )
    kind = "per_query_latency_ns" if case.scenario == "multi-stream" else "latency_ns"
    answers = {f"result_{p * 100:.2f}_percentile_{kind}": value for p, value in zip(PERCENTILES, values, strict=True)}
    answers["result_validity"] = "VALID" if verdict["valid"] else "INVALID"
    for reason, name in [
        ("duration", "result_min_duration_met"),
        ("queries", "result_min_queries_met"),
        ("early-stopping", "early_stopping_met"),
    ]:
        answers[name] = reason not in verdict["reasons"]
    if case.scenario == "server":
        answers["result_perf_constraints_met"] = "latency-bound" not in verdict["reasons"]
        answers["result_completed_samples_per_sec"] = verdict.get("samples_per_second")
    elif case.scenario == "offline":
        answers["result_samples_per_second"] = verdict.get("samples_per_second")
    else:
        answers["discarded"] = verdict.get("discarded")
        answers["early_stopping_latency_ss" if case.scenario == "single-stream" else "early_stopping_latency_ms"] = verdict.get(
            "latency_ns", 0
        )
    if case.scenario == "single-stream" and verdict.get("discarded") is not None:
        # From it LoadGen infers a multi-stream latency, if it has the estimate.
        more = statistics.ask("early-stopping", **known, percentile=0.99)
        answers["early_stopping_latency_ms"] = more.get("latency_ns", 0)
    return answers


def differences(mine: dict, theirs: dict) -> list[str]:
    found = []
    for name, value in mine.items():
        same = f"{value:.6g}" == f"{theirs[name]:.6g}" if isinstance(value, float) else value == theirs[name]
        if not same:
            found.append(f"{name}: {value}, but LoadGen has {theirs[name]}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    modules = {name: drive.Module(ROOT / "build/fixtures" / name) for name in ("bundle", "bundle-null")}
    statistics = StatisticsProgram("release")
    rows: dict[tuple[str, str], Counter] = {}
    compared, unsure, mismatches, longest = 0, 0, 0, 0
    for number in range(options.traces):
        case = draw(rng, number)
        with tempfile.TemporaryDirectory() as folder:
            drive.run(case, modules[case.bundle], Path(folder))
            trace, theirs = logs.trace(Path(folder), case.scenario), logs.conclusions(Path(folder))
        mine = ours(statistics, case, trace)
        if trace.duration_ns < case.min_duration_ms * 1_000_000 <= trace.duration_ns + trace.uncertain_ns:
            unsure += 1
            del mine["result_min_duration_met"], mine["result_validity"]
        found = differences(mine, theirs)
        compared += len(mine)
        longest = max(longest, len(trace.latencies_ns))
        mismatches += bool(found)
        for line in found:
            print(f"MISMATCH in trace {number}: {line}\n  {case}")
        row = rows.setdefault(
            (case.scenario, "pauses" if case.pauses else "U-Net" if case.bundle == "bundle" else "null"), Counter()
        )
        row.update(traces=1, queries=len(trace.latencies_ns), mismatches=bool(found))
        row.update([theirs["result_validity"], *(key for key, value in theirs.items() if value is False)])
    statistics.close()
    heads = {
        "traces": "traces",
        "queries": "queries",
        "VALID": "VALID",
        "INVALID": "INVALID",
        "result_min_duration_met": "duration",
        "result_min_queries_met": "queries",
        "result_perf_constraints_met": "bound",
        "early_stopping_met": "early stop",
        "mismatches": "mismatches",
    }
    print(f"{'scenario':14} {'module':7}" + "".join(f"{head:>11}" for head in heads.values()))
    for (scenario, module), row in sorted(rows.items()):
        print(f"{scenario:14} {module:7}" + "".join(f"{row[key]:11}" for key in heads))
    print(
        f"{compared} figures of traces of up to {longest} queries compared; for {unsure} traces the log cannot tell, to the"
        " microsecond, whether they were long enough"
    )
    print(json.dumps({"bench": "loadgen", "figures": {"traces": options.traces, "mismatches": mismatches}}))
    sys.exit(1 if mismatches else 0)


if __name__ == "__main__":
    main()
