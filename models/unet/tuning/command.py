"""`python -m unet tune`."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unet import bundle, importer
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.cpu.direct import Direct
from unet.kernels.cpu.graph import CPUGraph
from unet.kernels.cpu.kernel import Tunable
from unet.kernels.cpu.resample import UpConvolution
from unet.kernels.cpu.simd import narrowed
from unet.kernels.int8.convolution import Int8Convolution
from unet.kernels.int8.resample import Int8UpConvolution
from unet.progress import Progress
from unet.targets import BoardTarget
from unet.tuning import database
from unet.tuning.database import Entry
from unet.tuning.local import Local
from unet.tuning.remote import Lines, Remote
from unet.tuning.search import Journal, Measurer, Search, Step


@dataclass(frozen=True)
class Settings:
    folder: Path
    journals: Path
    seconds: float
    # Also search kernels that the database has for this CPU.
    again: bool
    layers: tuple[str, ...] = ()


def kernels(checkpoint: Checkpoint, target: BoardTarget) -> list[Tunable]:
    """All kernels that any variant of the network may use, each once."""
    network = importer.read(bundle.export(checkpoint, bundle.Shape()))
    found: dict[Tunable, None] = {}

    def collect(options: list[Tunable]) -> Tunable:
        found.update(dict.fromkeys(options))
        return options[0]

    CPUGraph(narrowed(target.cpu(), network.common_channels), winograd=math.inf, choose=collect).build(network)
    unique = {str(database.key(kernel)): kernel for kernel in found}
    return [*unique.values(), *_in_int8(list(unique.values()), target)]


def _in_int8(kernels: list[Tunable], target: BoardTarget) -> list[Tunable]:
    """The same layers for int8, if the CPU supports it; their schedules do not depend on a calibration."""
    found: list[Tunable] = []
    for kernel in kernels:
        shape = (kernel.inputs, kernel.outputs, kernel.height, kernel.width)
        dot = target.dot(kernel.cpu.width)
        if dot and isinstance(kernel, Direct) and not kernel.planar:
            found.append(Int8Convolution(kernel.cpu, *shape, kernel.total, dot=dot))
        elif dot and isinstance(kernel, UpConvolution):
            found.append(Int8UpConvolution(kernel.cpu, *shape, kernel.total, kernel.offset, dot=dot))
    return found


def here(checkpoint: Checkpoint, target: BoardTarget, settings: Settings) -> Path:
    if target.cross or target.kind != "cpu":
        raise UserError(f"target {target.name} is not this machine. “harness tune --target {target.name}” measures on the board.")
    measurer = Local(target)
    bar: list[Progress] = []

    def watch(step: Step) -> None:
        if not bar:
            bar.append(Progress("Tune", step.total))
        while bar[0].done < step.done:
            bar[0].step()
        best = f", best {step.best_ns / 1e6:.3f} ms" if step.best_ns else ""
        bar[0].show(f"{step.layer}{best}")

    path, found = run(checkpoint, target, settings, measurer, watch, lambda message: print(f"Tune: {message}"))
    if bar:
        bar[0].close(f"{len(found)} entries in {path}")
    for entry in found:
        faster = entry.model_ns / entry.median_ns
        layer = f"{entry.key['kernel']} {entry.layer}"
        print(f"  {layer:32} {entry.median_ns / 1e6:8.3f} ms, {faster:.2f}× as fast as the model's choice  {entry.schedule}")
    return path


def through_lines(checkpoint: Checkpoint, target: BoardTarget, settings: Settings) -> Path:
    lines = Lines()
    try:
        measurer = Remote(lines, checkpoint, target)

        def watch(step: Step) -> None:
            lines.send("step", layer=step.layer, done=step.done, total=step.total, best_ns=step.best_ns)

        path, found = run(checkpoint, target, settings, measurer, watch, lambda message: lines.send("log", message=message), lines)
    except UserError as error:
        lines.send("failed", message=str(error))
        raise
    lines.send("done", database=str(path), entries=len(found))
    return path


def run(
    checkpoint: Checkpoint,
    target: BoardTarget,
    settings: Settings,
    measurer: Measurer,
    watch: Callable[[Step], None],
    log: Callable[[str], None],
    lines: Lines | None = None,
) -> tuple[Path, list[Entry]]:
    path = database.file(settings.folder, target.name, measurer.machine)
    known = {str(e.key) for e in database.read(path) if e.machine.mcpu == target.mcpu}
    every = [kernel for kernel in kernels(checkpoint, target) if wanted(kernel, settings.layers)]
    open_ = [kernel for kernel in every if settings.again or str(database.key(kernel)) not in known]
    if lines:
        lines.send("plan", candidates=len(open_), measured=len(every) - len(open_))
    search = Search(measurer, Journal(settings.journals / f"{target.name}.jsonl", measurer.machine), watch, log)
    found = []
    for entry in search.run(open_, path, settings.seconds):
        found.append(entry)
        if lines:
            choice = f"{entry.key['kernel']} {', '.join(f'{k} {v}' for k, v in entry.schedule.items())}"
            lines.send("chosen", layer=entry.layer, kernel=choice, ns=entry.median_ns, default_ns=entry.model_ns)
    return path, found


def wanted(kernel: Tunable, layers: tuple[str, ...]) -> bool:
    return not layers or f"{kernel.inputs}→{kernel.outputs}" in layers or f"{kernel.inputs}-{kernel.outputs}" in layers
