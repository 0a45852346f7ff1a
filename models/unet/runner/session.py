"""One job, in the phases and with the events of harness-runner's RunnerSession."""

import gc
import importlib
import mmap
import os
import re
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from unet.runner import accuracy
from unet.runner.engines import ENGINES, Engine, public, version
from unet.runner.protocol import EventWriter, Failure, Job
from unet.runner.slices import Normaliser, Slices
from unet.runner.timing import QueryInput, SplitMix64, TimedLoop, WarmUp, now

# Inputs kept decoded for the timed queries; more would only measure this process's cache misses.
TIMED_INPUTS = 8
CHUNK = 512
STATUS = Path("/proc/self/status")
Value = TypeVar("Value")
OUT_OF_MEMORY = re.compile(r"(can't|cannot|failed to) (allocate|map)|not enough memory|bad_alloc", re.IGNORECASE)


class Session:
    """Runs one job and reports through `events`."""

    def __init__(self, events: EventWriter) -> None:
        self._events = events

    def run(self, text: bytes) -> int:
        """Returns the process's exit status. The last event is `done` or `failed`."""
        try:
            self._perform(Job.read(text))
        except Failure as failure:
            return self._fail(failure)
        except MemoryError:
            remedy = "Raise --memory-limit, or close other programs."
            return self._fail(Failure("out-of-memory", f"there is not enough memory. {remedy}"))
        self._events.write("done")
        return 0

    def _fail(self, failure: Failure) -> int:
        self._events.write("failed", failure={"code": failure.code, "message": failure.message})
        return 1

    def _perform(self, job: Job) -> None:
        settings = job.settings
        if settings.memory_limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (settings.memory_limit_bytes, settings.memory_limit_bytes))
        if job.device != "cpu:0":
            raise Failure("device-missing", f"this runner has no device “{job.device}”, only cpu:0.")
        name = job.bundle.get("runner", "tvm")
        kind = ENGINES.get(name)
        if kind is None:
            raise Failure("runner-protocol", f"the bundle is for runner “{name}”; this program runs {', '.join(ENGINES)}.")
        cores = len(os.sched_getaffinity(0))
        threads = min(settings.threads or cores, cores)
        library, used = self._phase("runtime", lambda: open_framework(kind, job.bundle, threads))
        slices = Slices(*job.dataset, job.bundle) if job.dataset else None
        inputs = query_inputs(job, slices)
        engine = self._phase("load", lambda: load(kind, library, job, threads))
        self._events.write(
            "settings",
            settings={
                "threads": used,
                "runner": name,
                "runner_version": version("unet"),
                "framework": {"name": kind.framework, "version": version(kind.framework)},
                "clock": "CLOCK_MONOTONIC",
            },
        )
        # Objects allocated so far stay alive: the collector need not scan them between two time stamps.
        gc.collect()
        gc.freeze()
        self._measure(job, TimedLoop(engine, inputs, job.bundle["threshold"], settings.seed))
        if slices is not None:
            folder = Path(job.output_folder)
            threshold = job.bundle["threshold"]
            self._phase("accuracy", lambda: running(lambda: accuracy.score_all(engine, slices, threshold, folder, self._events)))

    def _measure(self, job: Job, loop: TimedLoop) -> None:
        settings = job.settings
        first = self._phase("first-call", lambda: running(loop.query))
        self._send("first-call", [first])

        def warm_up() -> tuple[WarmUp, str]:
            warm = WarmUp(settings.warm_up_max_calls, settings.warm_up_max_duration_ns)
            while True:
                reason = warm.add(loop.query()[0])
                if reason is not None:
                    return warm, reason

        warm, reason = self._phase("warm-up", lambda: running(warm_up))
        self._events.write("warmed-up", calls=len(warm.samples), reason=reason)
        self._send("warm-up", [(sample, None) for sample in warm.samples])
        times, queries = self._phase("timed", lambda: running(lambda: loop.run(settings)))
        self._send("timed", times)
        for start in range(0, len(queries), CHUNK):
            issued, latency = zip(*queries[start : start + CHUNK])
            self._events.write("queries", queries={"first": start, "issued_ns": issued, "latency_ns": latency})

    def _send(self, phase: str, times: Sequence[tuple[int, int | None]]) -> None:
        """Sends samples in chunks, so that lines stay short."""
        for first in range(0, len(times), CHUNK):
            piece = times[first : first + CHUNK]
            whole = [end_to_end for _, end_to_end in piece if end_to_end is not None]
            samples = {"phase": phase, "first": first, "compute_ns": [compute for compute, _ in piece], "end_to_end_ns": whole}
            self._events.write("samples", samples=samples)

    def _phase(self, name: str, work: Callable[[], Value]) -> Value:
        self._events.write("phase-started", phase=name)
        start = now()
        value = work()
        duration = now() - start
        self._events.write("phase-finished", phase=name, duration_ns=duration, memory=memory())
        return value


def memory() -> dict[str, int]:
    """Resident set and its peak, as reported by the kernel."""
    fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    resident, peak = (int(fields[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))
    return {"resident_bytes": resident, "peak_resident_bytes": peak}


def open_framework(kind: type[Engine], bundle: dict, threads: int) -> tuple[object, int]:
    """Imports the framework and sets its threads; returns it with the number of threads that it reports."""
    needed, installed = bundle["framework"]["version"], version(kind.framework)
    if installed is None:
        install = f"pip install {kind.framework}=={public(needed)}"
        raise Failure("framework-missing", f"{kind.framework} is not installed in this runner's environment: {install}.")
    if public(installed) != public(needed):
        raise Failure(
            "framework-version-mismatch",
            f"the module was made with {kind.framework} {needed}, the board has {installed}: "
            "compile with the board's version, or install the module's version on the board.",
        )
    # Some of its libraries read this when they are loaded, and start their threads then.
    os.environ["OMP_NUM_THREADS"] = str(threads)
    try:
        library = importlib.import_module(kind.framework)
    except MemoryError:
        raise
    except Exception as error:
        raise failure_of(error, "framework-missing", f"{kind.framework} {installed} cannot be loaded") from error
    return library, kind.prepare(library, threads)


def load(kind: type[Engine], library: object, job: Job, threads: int) -> Engine:
    path, size = Path(job.module_path), job.bundle["module"]["size_bytes"]
    found = path.stat().st_size if path.is_file() else None
    if found != size:
        bytes_ = "no" if found is None else found
        raise Failure("module-load", f"{path} has {bytes_} bytes, but bundle.json specifies {size}. Send it again.")
    try:
        return kind(library, job.module_path, job.bundle, threads, Path(job.output_folder))
    except (Failure, MemoryError):
        raise
    except Exception as error:
        raise failure_of(error, "module-load", f"{kind.framework} cannot load the module") from error


def running(work: Callable[[], Value]) -> Value:
    """`work`, with any error reported as a failure of the module."""
    try:
        return work()
    except (Failure, MemoryError):
        raise
    except Exception as error:
        raise failure_of(error, "module-run", "the module failed") from error


def failure_of(error: Exception, code: str, what: str) -> Failure:
    text = " ".join(str(error).split())[:600]
    # Python raises SystemError if memory runs out during an import.
    limited = resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY
    if OUT_OF_MEMORY.search(text) or (limited and isinstance(error, SystemError)):
        return Failure("out-of-memory", f"{what}: not enough memory ({text}). Raise --memory-limit, or close other programs.")
    if "could not create a primitive" in text and not may_write_code():
        text += (
            ". PyTorch's convolutions generate machine code at run time, which systemd forbids this process: run "
            "“systemctl edit harness-agent” and set MemoryDenyWriteExecute=no"
        )
    if "C++ compiler" in text:
        text += " torch.compile needs a C++ compiler on the board: install Debian's g++"
    return Failure(code, f"{what}: {type(error).__name__}: {text}.")


def may_write_code() -> bool:
    """Whether memory may be both written and executed: systemd can forbid it, and the agent's own unit does."""
    try:
        mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    except OSError:
        return False
    return True


def query_inputs(job: Job, slices: Slices | None) -> list[QueryInput]:
    """The first slices of the data set, or seeded noise without a data set."""
    if slices is None or not slices.patients:
        return [noise(job)]
    chosen = list(slices.entries())[:TIMED_INPUTS]
    return [QueryInput(slices.image(entry), Normaliser.of(patient["normalisation"])) for patient, entry in chosen]


def noise(job: Job) -> QueryInput:
    shape = job.bundle["inputs"][0]["shape"]
    if len(shape) != 4 or shape[0] != 1 or shape[1] not in (1, 3):
        raise Failure("module-load", f"an input of shape {shape} is not an image's: this runner generates [1, 1 or 3, H, W].")
    channels, height, width = shape[1:]
    generator = SplitMix64(job.settings.seed)
    pixels = np.array([generator.next() & 255 for _ in range(channels * height * width)], np.uint8)
    flat = [0.5] * channels
    return QueryInput(pixels.reshape(height, width, channels), Normaliser(low=0, high=255, mean=flat, std=flat))
