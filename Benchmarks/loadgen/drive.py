"""One test by MLPerf LoadGen: it sends queries to a compiled module of the fixtures, and writes its logs."""

from __future__ import annotations

import array
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mlperf_loadgen as loadgen
import numpy as np
import tvm
from tvm import relax

SCENARIOS = {
    "single-stream": loadgen.TestScenario.SingleStream,
    "multi-stream": loadgen.TestScenario.MultiStream,
    "server": loadgen.TestScenario.Server,
    "offline": loadgen.TestScenario.Offline,
}


@dataclass(frozen=True)
class Case:
    """LoadGen's settings, and the system that answers it."""

    scenario: str
    # A bundle of the fixtures; pauses, if any, are added to its calls.
    bundle: str
    pauses: bool
    seed: int
    percentile: float
    samples_per_query: int
    min_queries: int
    # 0: no limit.
    max_queries: int
    min_duration_ms: int
    # Determines how many queries LoadGen prepares; a server's queries arrive at this rate.
    expected_rate: float
    latency_bound_ns: int = 0


class Module:
    """A compiled module, loaded by TVM's own runtime."""

    def __init__(self, bundle: Path) -> None:
        manifest = json.loads((bundle / "bundle.json").read_bytes())
        machine = relax.VirtualMachine(tvm.runtime.load_module(str(bundle / "module.so")), tvm.cpu())
        self.entry = machine[manifest["entry"]]
        self.input = tvm.runtime.tensor(np.random.default_rng(0).standard_normal(manifest["inputs"][0]["shape"]).astype(np.float32))
        self()

    def __call__(self) -> None:
        self.entry(self.input)


def settings(case: Case) -> loadgen.TestSettings:
    """The case as LoadGen's settings."""
    values = loadgen.TestSettings()
    values.scenario = SCENARIOS[case.scenario]
    values.mode = loadgen.TestMode.PerformanceOnly
    values.single_stream_expected_latency_ns = values.multi_stream_expected_latency_ns = 1e9 / case.expected_rate
    values.single_stream_target_latency_percentile = case.percentile
    values.multi_stream_target_latency_percentile = case.percentile
    values.multi_stream_samples_per_query = case.samples_per_query
    values.server_target_latency_percentile = case.percentile
    values.server_target_latency_ns = case.latency_bound_ns
    values.server_target_qps = values.offline_expected_qps = case.expected_rate
    values.min_query_count = case.samples_per_query if case.scenario == "offline" else case.min_queries
    values.max_query_count = case.max_queries
    values.min_duration_ms = case.min_duration_ms
    values.schedule_rng_seed = values.sample_index_rng_seed = case.seed
    return values


def answering(case: Case, module: Module) -> Callable[[list], None]:
    """Answers the samples of a query one after the other: the call, and a random pause, sometimes a long one."""
    rng = random.Random(case.seed)
    nothing = array.array("B", [0])
    address = nothing.buffer_info()[0]
    often = rng.choice([0.0, 0.002, 0.01, 0.02, 0.1])

    def answer(samples: list) -> None:
        for sample in samples:
            module()
            if case.pauses:
                pause = 400e-6 if rng.random() < often else rng.expovariate(1) * 20e-6
                end = time.perf_counter() + pause
                while time.perf_counter() < end:
                    pass
            loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(sample.id, address, nothing.itemsize)])

    return answer


def run(case: Case, module: Module, folder: Path) -> None:
    """Runs the test; its logs are in `folder` afterwards."""
    output = loadgen.LogOutputSettings()
    output.outdir = str(folder)
    logs = loadgen.LogSettings()
    logs.log_output = output
    logs.enable_trace = True
    system = loadgen.ConstructSUT(answering(case, module), lambda: None)
    library = loadgen.ConstructQSL(16, 16, lambda samples: None, lambda samples: None)
    loadgen.StartTestWithLogSettings(system, library, settings(case), logs, str(folder / "no-audit.config"))
    loadgen.DestroyQSL(library)
    loadgen.DestroySUT(system)
