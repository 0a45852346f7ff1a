"""Measures candidates in this process."""

import importlib.metadata
import time
from collections.abc import Callable
from pathlib import Path

import tvm

from unet.kernels.cpu.kernel import Tunable
from unet.targets import BoardTarget
from unet.tuning import candidate
from unet.tuning.database import Machine
from unet.tuning.search import Failed

CALLS = 5  # minimum
SECONDS = 0.04  # minimum


class Local:
    """Measures with as many threads as TVM was started with (TVM_NUM_THREADS)."""

    def __init__(self, target: BoardTarget) -> None:
        self.target = target
        threads = tvm.get_global_func("runtime.NumThreads")()
        self.machine = Machine(cpu_name(), target.mcpu, threads, importlib.metadata.version("apache-tvm"))
        self.compiled: dict[Tunable, Callable[..., None]] = {}

    def median_ns(self, kernel: Tunable) -> int:
        try:
            call = self.compiled.get(kernel) or candidate.compile_here(kernel, self.target)
        except Exception as error:
            raise Failed(f"it does not compile: {error}") from error
        self.compiled[kernel] = call
        buffers = candidate.arguments(kernel)
        call(*buffers)
        times: list[int] = []
        end = time.perf_counter() + SECONDS
        while len(times) < CALLS or time.perf_counter() < end:
            begin = time.perf_counter_ns()
            call(*buffers)
            times.append(time.perf_counter_ns() - begin)
        return sorted(times)[len(times) // 2]


def cpu_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The model's name in /proc/cpuinfo; ARM kernels print none."""
    for line in cpuinfo.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return "unknown"
