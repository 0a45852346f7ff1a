"""The warm-up rule, the order of the inputs and the timed loop, as in harness-runner."""

import statistics
import time
from dataclasses import dataclass

import numpy as np

from unet.runner.engines import Engine
from unet.runner.protocol import Settings
from unet.runner.slices import Normaliser

MASK64 = (1 << 64) - 1
# CLOCK_MONOTONIC on Linux, as in harness-runner.
now = time.monotonic_ns


class SplitMix64:
    """Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014: the same numbers in any language."""

    def __init__(self, seed: int) -> None:
        self._state = seed & MASK64

    def next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & MASK64
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK64
        return mixed ^ (mixed >> 31)

    def index(self, below: int) -> int:
        """In 0..<below, by Lemire's multiplication."""
        return (self.next() * below) >> 64


class WarmUp:
    """Ends when the medians of the last two windows of calls differ by at most `TOLERANCE` of the earlier."""

    WINDOW, TOLERANCE = 5, 0.02

    def __init__(self, max_calls: int, max_duration_ns: int) -> None:
        self._max_calls, self._max_duration_ns = max_calls, max_duration_ns
        self._total = 0
        self.samples: list[int] = []

    def add(self, latency_ns: int) -> str | None:
        """Adds one call's latency; returns why the warm-up is over, None if it is not."""
        self.samples.append(latency_ns)
        self._total += latency_ns
        if self._is_stable():
            return "stable"
        if len(self.samples) >= self._max_calls:
            return "call-limit"
        return "time-limit" if self._total >= self._max_duration_ns else None

    def _is_stable(self) -> bool:
        if len(self.samples) < 2 * self.WINDOW:
            return False
        late = statistics.median(self.samples[-self.WINDOW :])
        early = statistics.median(self.samples[-2 * self.WINDOW : -self.WINDOW])
        return abs(late - early) <= self.TOLERANCE * early


@dataclass(frozen=True)
class QueryInput:
    """An image and its normalisation."""

    image: np.ndarray
    normaliser: Normaliser


class TimedLoop:
    """Issues queries and times them: compute alone, and from host image to host mask.

    Choosing the next input and keeping the samples is not timed.
    """

    def __init__(self, engine: Engine, inputs: list[QueryInput], threshold: float, seed: int) -> None:
        self._engine, self._inputs = engine, inputs
        self._threshold = np.float32(threshold)
        self._mask = np.zeros(engine.output_count, np.bool_)
        self._generator = SplitMix64(seed)

    def query(self) -> tuple[int, int]:
        """One query; its compute and end-to-end time in nanoseconds."""
        engine = self._engine
        chosen = self._inputs[self._generator.index(len(self._inputs))]
        start = now()
        chosen.normaliser.apply(chosen.image, engine.planes)
        called = now()
        result = engine.call()
        returned = now()
        np.greater_equal(engine.probabilities(result), self._threshold, out=self._mask)
        return returned - called, now() - start

    def run(self, settings: Settings) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Runs queries until one is issued after the minimum duration and the minimum number is reached, or up to the maximum
        number.

        Returns the samples, and each query's time of issue and latency.
        """
        times: list[tuple[int, int]] = []
        queries: list[tuple[int, int]] = []
        start = now()
        while len(times) < settings.max_queries:
            issued = now()
            times.append(self.query())
            queries.append((issued - start, now() - issued))
            if len(times) >= settings.min_queries and issued - start >= settings.min_duration_ns:
                break
        return times, queries
