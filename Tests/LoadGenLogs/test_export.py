"""Runs in each scenario, exported by `harness runs export --format mlperf`: read as LoadGen's logs, and compared with the
database."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import loadgen_log

ROOT = Path(__file__).resolve().parents[2]
HARNESS = ROOT / ".build/debug/harness"
FIXTURES = Path(os.environ.get("HARNESS_FIXTURES", ROOT / "build/fixtures"))
PERCENTILES = {"50.00": 0.5, "90.00": 0.9, "95.00": 0.95, "97.00": 0.97, "99.00": 0.99, "99.90": 0.999}
# Few queries, and queries beyond the bound, are results as well.
CASES = {
    "single-stream": ["--min-queries", "130"],
    "multi-stream": ["--min-queries", "20"],
    "server": ["--target-qps", "400", "--target-latency", "0.1ms", "--min-queries", "50"],
    "offline": [],
}
NAMES = {"single-stream": "SingleStream", "multi-stream": "MultiStream", "server": "Server", "offline": "Offline"}


def harness(folder: Path, *command: str) -> str:
    environment = os.environ | {
        "XDG_STATE_HOME": str(folder / "state"),
        "HARNESS_TVM_DIR": os.environ.get("HARNESS_TVM_DIR", str(ROOT / f"build/tvm-runtime/{os.uname().machine}")),
    }
    done = subprocess.run([HARNESS, *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of each scenario in its database, and their exports."""
    folder = tmp_path_factory.mktemp("desk")
    target = {"name": "x86", "agent": "local", "device": "cpu:0", "tvm": {"kind": "llvm"}}
    (folder / "targets.json").write_text(json.dumps({"schema": "harness.targets/1", "targets": [target]}))
    data = ["--bundle", str(FIXTURES / "bundle-null"), "--dataset", str(FIXTURES / "dataset"), "--duration", "0ms", "--seed", "5"]
    for number, (scenario, further) in enumerate(CASES.items(), 1):
        harness(folder, "dispatch", *data, "--scenario", scenario, *further)
        harness(folder, "runs", "export", "--format", "mlperf", str(number), "--out", scenario)
    return folder


def rows(desk: Path, query: str) -> list[sqlite3.Row]:
    connection = sqlite3.connect(desk / "results.sqlite")
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("scenario", CASES)
def test_figures_are_those_of_the_database(desk: Path, scenario: str) -> None:
    said, told = loadgen_log.detail(desk / scenario), loadgen_log.summary(desk / scenario)
    (run,) = rows(desk, f"SELECT * FROM run_summary JOIN judgement USING (run_id) WHERE scenario = '{scenario}'")
    closing = f"(SELECT max(issued_ns + latency_ns) FROM query WHERE run_id = {run['run_id']})"
    query = f"SELECT coalesce(latency_ns, {closing} - issued_ns) AS ns FROM query WHERE run_id = {run['run_id']} ORDER BY ns"
    latencies = [row["ns"] for row in rows(desk, query)]
    assert said["effective_scenario"] == told["Scenario"] == NAMES[scenario]
    assert said["result_validity"] == told["Result is"] == run["verdict"]
    reasons = {row["code"] for row in rows(desk, f"SELECT code FROM invalid_reason WHERE run_id = {run['run_id']}")}
    assert said["result_min_duration_met"] == ("duration" not in reasons)
    assert said["result_min_queries_met"] == ("queries" not in reasons)
    assert said["early_stopping_met"] == ("early-stopping" not in reasons)
    assert ("result_invalid_reason" in said) == bool(reasons)
    assert said["result_query_count"] == said["generated_query_count"] == run["queries"]
    assert said["effective_samples_per_query"] == run["samples_per_query"] == int(told["samples_per_query"])
    assert said["effective_schedule_rng_seed"] == 5 and said["num_errors"] == 0
    kind = "per_query_latency_ns" if scenario == "multi-stream" else "latency_ns"
    for name, percentile in PERCENTILES.items():
        expected = latencies[min(int(len(latencies) * percentile), len(latencies) - 1)]
        assert said[f"result_{name}_percentile_{kind}"] == int(told[f"{name} percentile latency (ns)"]) == expected
    kind = "query_latency_ns" if scenario == "multi-stream" else "latency_ns"
    mean = sum(latencies) // len(latencies)
    assert [said[f"result_{what}_{kind}"] for what in ("min", "max", "mean")] == [latencies[0], latencies[-1], mean]
    assert int(told["Max latency (ns)"]) == latencies[-1]
    if scenario == "single-stream":
        assert (
            said["early_stopping_latency_ss"]
            == run["result_latency_ns"]
            == int(told["* Early stopping 90.0th percentile estimate"])
        )
        assert f"discard {run['discarded_queries']} highest" in said["early_stopping_result"]
    elif scenario == "multi-stream":
        assert said["early_stopping_latency_ms"] == 0 and run["result_latency_ns"] is None
        assert "at least 662 queries" in said["early_stopping_result"]
    elif scenario == "server":
        assert said["result_completed_samples_per_sec"] == pytest.approx(run["result_samples_per_second"])
        assert float(told["Completed samples per second"]) == pytest.approx(run["result_samples_per_second"], abs=0.006)
        assert said["result_perf_constraints_met"] is False and "latency-bound" in reasons
        assert said["result_overlatency_query_count"] == sum(ns > 100_000 for ns in latencies)
        assert said["effective_target_latency_ns"] == 100_000 and said["effective_target_qps"] == 400
    else:
        assert said["result_samples_per_second"] == pytest.approx(run["result_samples_per_second"])
        assert float(told["Samples per second"]) == pytest.approx(run["result_samples_per_second"])


@pytest.mark.parametrize("scenario", CASES)
def test_the_accuracy_log_has_the_pixel_counts_of_every_slice(desk: Path, scenario: str) -> None:
    query = f"SELECT slice.* FROM slice JOIN run ON run.id = run_id WHERE scenario = '{scenario}' ORDER BY position"
    counts = [(row["intersection_px"], row["predicted_px"], row["truth_px"]) for row in rows(desk, query)]
    assert loadgen_log.accuracy(desk / scenario) == counts and len(counts) == 12


@pytest.mark.parametrize("scenario", CASES)
def test_every_key_is_one_that_loadgen_writes_in_that_scenario(desk: Path, scenario: str, tmp_path: Path) -> None:
    pytest.importorskip("mlperf_loadgen", reason="LoadGen has no wheel for this machine")
    sys.path.append(str(ROOT / "Benchmarks/loadgen"))
    import drive

    samples, percentile = {"multi-stream": 8, "offline": 64}.get(scenario, 1), 0.9 if scenario == "single-stream" else 0.99
    module = drive.Module(FIXTURES / "bundle-null")
    drive.run(drive.Case(scenario, "bundle-null", False, 1, percentile, samples, 64, 0, 1, 3000.0, 50_000), module, tmp_path)
    lines = (tmp_path / "mlperf_log_detail.txt").read_text().splitlines()
    theirs = {json.loads(line[len(loadgen_log.MARKER) :])["key"] for line in lines}
    # LoadGen logs why a run is invalid, or a warning, only where there is a reason.
    ours = set(loadgen_log.detail(desk / scenario)) - {"result_invalid_reason", "warning_generic_message"}
    assert ours <= theirs, sorted(ours - theirs)
    names = set(loadgen_log.summary(tmp_path))
    stated = {name for name in loadgen_log.summary(desk / scenario) if not name.startswith("*")}
    assert stated <= names, sorted(stated - names)
