"""The search: for each layer and kernel the fastest schedule, within a time limit.

Hill climbing: starting at the model's choice it measures the neighbours, schedules that differ in one value by one step, moves to
faster ones, and ends when none is faster. Then the best and the model's choice are measured again in turns, so that a single
outlier of a noisy machine does not decide. All measurements are in a journal, from which an interrupted search continues.
"""

import datetime
import functools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

from unet.kernels.cpu.kernel import Tunable
from unet.tuning import database
from unet.tuning.database import Entry, Machine

ROUNDS = 5  # of the final comparison
GAIN = 0.01  # least gain of a step


class Failed(Exception):
    """A candidate could not be measured; the search continues without it."""


class Measurer(Protocol):
    machine: Machine

    def median_ns(self, kernel: Tunable) -> int:
        """Of one call; raises `Failed`."""


@dataclass(frozen=True)
class Step:
    """A search's progress."""

    layer: str
    done: int
    total: int
    best_ns: int | None


class Journal:
    """Every measurement, one per line, appended immediately."""

    def __init__(self, path: Path, machine: Machine) -> None:
        self.path, self.machine = path, machine
        self.known: dict[str, int | None] = {}
        if path.is_file():
            for line in path.read_text().splitlines():
                try:
                    value = json.loads(line)
                except ValueError:
                    continue  # truncated when the last search was interrupted
                if value["machine"] == asdict(machine):
                    self.known[self._name(value["key"], value["schedule"])] = value["ns"]

    def find(self, kernel: Tunable) -> tuple[bool, int | None]:
        name = self._name(database.key(kernel), asdict(kernel.schedule))
        return name in self.known, self.known.get(name)

    def add(self, kernel: Tunable, ns: int | None) -> None:
        key, schedule = database.key(kernel), asdict(kernel.schedule)
        value = {"key": key, "schedule": schedule, "ns": ns, "machine": asdict(self.machine)}
        self.known[self._name(key, schedule)] = ns
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(value) + "\n")

    @staticmethod
    def _name(key: dict, schedule: dict) -> str:
        return json.dumps([key, schedule])


class Search:
    """Finds and stores the schedules of `kernels`, one after the other. `watch` is called for every step."""

    def __init__(self, measurer: Measurer, journal: Journal, watch: Callable[[Step], None], log: Callable[[str], None]) -> None:
        self.measurer, self.journal, self.watch, self.log = measurer, journal, watch, log

    def run(self, kernels: list[Tunable], path: Path, seconds: float) -> Iterator[Entry]:
        """Each kernel may use an equal part of the time that is left; its entry is in the file `path` when it is yielded."""
        end = time.monotonic() + seconds
        for number, kernel in enumerate(kernels):
            part = (end - time.monotonic()) / (len(kernels) - number)
            at = Step(f"{kernel.stored_name} {kernel.layer}", number, len(kernels), None)
            entry = self._climb(kernel, time.monotonic() + part, functools.partial(self._report, at))
            if entry is not None:
                database.add(path, entry)
                yield entry
        self.watch(Step("", len(kernels), len(kernels), None))

    def _report(self, at: Step, best_ns: int | None) -> None:
        self.watch(replace(at, best_ns=best_ns))

    def _climb(self, kernel: Tunable, until: float, report: Callable[[int | None], None]) -> Entry | None:
        possible = list(kernel.schedules())
        start = kernel.model()
        measured: dict[object, int | None] = {}

        def measure(schedule: Any) -> int | None:
            if schedule not in measured:
                measured[schedule] = self._measure(kernel.scheduled(schedule))
                report(min((ns for ns in measured.values() if ns), default=None))
            return measured[schedule]

        report(None)
        best, best_ns = start, measure(start)
        moved = True
        while moved:
            moved = False
            for neighbour in neighbours(best, possible):
                if time.monotonic() > until and neighbour not in measured:
                    continue
                ns = measure(neighbour)
                if ns is not None and (best_ns is None or ns < best_ns * (1 - GAIN)):
                    best, best_ns, moved = neighbour, ns, True
        if best_ns is None:
            self.log(f"{kernel.stored_name} {kernel.layer}: no candidate could be measured")
            return None
        model_ns, best_ns = self._compare(kernel, start, best, measured)
        if best != start and model_ns is not None and best_ns > model_ns * (1 - GAIN):
            best, best_ns = start, model_ns
        return Entry(
            key=database.key(kernel),
            schedule=asdict(best),
            median_ns=best_ns,
            model_ns=model_ns or best_ns,
            candidates=len(measured),
            machine=self.measurer.machine,
            at=datetime.date.today().isoformat(),
        )

    def _compare(self, kernel: Tunable, start: Any, best: Any, measured: dict) -> tuple[int | None, int]:
        """The medians of the model's choice and the best, measured in turns."""
        if best == start or measured[start] is None:
            return measured[start], measured[best]
        rounds: dict[Any, list[int]] = {start: [], best: []}
        for _ in range(ROUNDS):
            for schedule, found in rounds.items():
                try:
                    found.append(self.measurer.median_ns(kernel.scheduled(schedule)))
                except Failed as error:
                    self.log(str(error))
        middle = {s: sorted(found)[len(found) // 2] if found else measured[s] for s, found in rounds.items()}
        return middle[start], middle[best]

    def _measure(self, kernel: Tunable) -> int | None:
        known, ns = self.journal.find(kernel)
        if known:
            return ns
        try:
            ns = self.measurer.median_ns(kernel)
        except Failed as error:
            self.log(f"{kernel.stored_name} {kernel.layer}, {kernel.schedule}: {error}")
            ns = None
        self.journal.add(kernel, ns)
        return ns


def neighbours(schedule: Any, possible: list) -> list:
    """Those of `possible` that differ in one value, and in what it determines, by one step of the values that occur."""
    found = []
    for field in fields(schedule):
        values = sorted({getattr(other, field.name) for other in possible} | {getattr(schedule, field.name)})
        at = values.index(getattr(schedule, field.name))
        near = values[max(0, at - 1) : at] + values[at + 1 : at + 2]
        for value in near:
            same = [other for other in possible if getattr(other, field.name) == value]
            if same:
                found.append(min(same, key=lambda other: _distance(schedule, other)))
    return list(dict.fromkeys(found))


def _distance(one: Any, other: Any) -> float:
    """Sum over all values of the ratio of the larger to the smaller."""
    ratios = ((getattr(one, field.name) + 1) / (getattr(other, field.name) + 1) for field in fields(one))
    return sum(max(ratio, 1 / ratio) for ratio in ratios)
