"""The tuning database: one file of JSON lines per target, one line per layer and kernel, each with the machine it was measured
on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from unet.errors import UserError
from unet.files import write_atomically
from unet.kernels.cpu.kernel import Tunable

FOLDER = Path(__file__).parents[2] / "tuning"
# Suffix of the name of an emulated board's CPU.
EMULATED = " (emulated)"


def key(kernel: Tunable) -> dict:
    """What identifies an entry: the kernel, its layer, and the registers that its schedule was chosen for."""
    layer = {name: getattr(kernel, name) for name in ("inputs", "outputs", "height", "width")}
    return {"kernel": kernel.stored_name, **layer, "vector": kernel.cpu.width, "registers": kernel.cpu.registers}


@dataclass(frozen=True)
class Machine:
    """The machine that an entry was measured on."""

    cpu: str
    mcpu: str
    threads: int
    tvm: str

    @property
    def emulated(self) -> bool:
        """Whether the times do not apply to a board."""
        return self.cpu.endswith(EMULATED)


@dataclass(frozen=True)
class Entry:
    """The fastest schedule found for a layer's kernel, in nanoseconds per call, and the time of the model's choice."""

    key: dict
    schedule: dict
    median_ns: int
    model_ns: int
    candidates: int
    machine: Machine
    at: str

    @property
    def layer(self) -> str:
        """What its kernel computes, for messages."""
        return f"{self.key['inputs']}→{self.key['outputs']} at {self.key['height']}×{self.key['width']}"

    def line(self) -> str:
        values = asdict(self)
        return json.dumps({**values.pop("key"), **values}, ensure_ascii=False)

    @classmethod
    def read(cls, line: str) -> Entry:
        values = json.loads(line)
        names = ("kernel", "inputs", "outputs", "height", "width", "vector", "registers")
        entry_key = {name: values.pop(name) for name in names}
        return cls(key=entry_key, machine=Machine(**values.pop("machine")), **values)

    def apply(self, kernel: Tunable) -> Tunable | None:
        """`kernel` with this schedule; None if `kernel` cannot have it, because the sources have changed."""
        try:
            schedule = kernel.schedule_type(**self.schedule)
        except TypeError:
            return None
        return kernel.scheduled(schedule) if schedule in {kernel.model(), *kernel.schedules()} else None


class Database:
    """A target's entries, and for how many layers of one compilation they were used."""

    def __init__(self, entries: list[Entry], mcpu: str) -> None:
        # Of two entries for one kernel the one from this CPU is preferred to one from another CPU with the same registers.
        # Entries from an emulator are never used, whichever file they are in.
        self.entries: dict[str, Entry] = {}
        measured = [entry for entry in entries if not entry.machine.emulated]
        for entry in sorted(measured, key=lambda entry: entry.machine.mcpu == mcpu):
            self.entries[json.dumps(entry.key)] = entry
        self.used: list[Entry] = []
        self.unmeasured = 0

    @classmethod
    def of(cls, target: str, mcpu: str, folder: Path = FOLDER) -> Database:
        return cls(read(folder / f"{target}.jsonl"), mcpu)

    def find(self, kernel: Tunable) -> Entry | None:
        return self.entries.get(json.dumps(key(kernel)))

    def choose(self, kernels: list[Tunable]) -> Tunable:
        """The fastest of a layer's kernels as measured; the first, as the model schedules it, if none was."""
        measured: list[tuple[int, int, Entry, Tunable]] = []
        for kernel in kernels:
            if (entry := self.find(kernel)) and (scheduled := entry.apply(kernel)) is not None:
                measured.append((entry.median_ns, len(measured), entry, scheduled))
        if not measured:
            self.unmeasured += 1
            return kernels[0]
        *_, entry, scheduled = min(measured)
        self.used.append(entry)
        return scheduled

    def summary(self) -> dict | None:
        """bundle.json's `tuning`: how many layers were measured, and on which CPUs; None if no layer had a choice."""
        if not self.used and not self.unmeasured:
            return None
        return {
            "layers": len(self.used) + self.unmeasured,
            "measured": len(self.used),
            "measured_on": sorted({entry.machine.cpu for entry in self.used}),
        }


def file(folder: Path, target: str, machine: Machine) -> Path:
    """The file for a target's entries of `machine`: an emulated board's have a file that compile does not read."""
    return folder / (f"{target}.emulated.jsonl" if machine.emulated else f"{target}.jsonl")


def read(path: Path) -> list[Entry]:
    if not path.is_file():
        return []
    entries = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            entries.append(Entry.read(line))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path}:{number}: not a tuning entry ({error!r}). Delete the line and tune again.") from error
    return entries


def add(path: Path, entry: Entry) -> None:
    """Replaces the entry for the same kernel and CPU; the lines stay sorted, so that diffs are small."""
    others = [e for e in read(path) if (e.key, e.machine.mcpu) != (entry.key, entry.machine.mcpu)]
    order = sorted([*others, entry], key=lambda e: (e.machine.mcpu, *(str(v).zfill(6) for v in e.key.values())))
    write_atomically(path, "".join(f"{e.line()}\n" for e in order).encode())
