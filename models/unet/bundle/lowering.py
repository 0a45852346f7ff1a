"""From a checkpoint to a Relax module: by the variant's kernels, or by TVM's own legalisation."""

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import tvm
from torch.export import ExportedProgram
from torch.fx import Node
from tvm import relax
from tvm.relax.frontend.torch import from_exported_program

from unet import graph, importer, variants
from unet.bundle import cuda_toolkit
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.int8.gate import Calibrated
from unet.layers import Network, Unsupported
from unet.targets import BoardTarget
from unet.tuning.database import Database
from unet.variants import Variant


@dataclass(frozen=True)
class Shape:
    """The module's input: `batch` images of `channels` × `height` × `width`. The runner passes one."""

    channels: int = 3
    height: int = 256
    width: int = 256
    batch: int = 1

    @property
    def image(self) -> tuple[int, ...]:
        return (self.batch, self.channels, self.height, self.width)

    @property
    def mask(self) -> tuple[int, ...]:
        return (self.batch, 1, self.height, self.width)


@dataclass(frozen=True)
class Lowering:
    """A Relax module with a function `main` of one input, the passes to compile it with, and its entries in bundle.json."""

    variant: str
    module: tvm.IRModule
    pipeline: tvm.transform.Pass
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    # How many layers' schedules were measured, and on what.
    tuning: dict | None = None
    # What int8 was calibrated on, and its Dice.
    calibration: dict | None = None


def export(checkpoint: Checkpoint, shape: Shape) -> ExportedProgram:
    example = torch.zeros(shape.image)
    with torch.no_grad():
        return torch.export.export(checkpoint.model, (example,))


def lower(
    exported: ExportedProgram,
    target: BoardTarget,
    variant: str | Variant,
    database: Database | None = None,
    calibrated: Calibrated | None = None,
) -> tuple[tvm.IRModule, tvm.transform.Pass]:
    """The Relax module of a variant, and the pipeline to compile it with. `calibrated` is what int8 needs."""
    variant = variants.named(variant)
    variant.check(target)
    if variant.kernels is not None:
        try:
            network = calibrated.network if calibrated else importer.read(exported)
            return graph_builder(target, variant, network, database, calibrated).build(network), graph.pipeline()
        except Unsupported as error:
            warnings.warn(f"{error}; falling back to TVM's own, which is correct but slow", stacklevel=2)
    pipeline = relax.get_default_pipeline(target.target()) if target.kind == "cuda" else relax.get_pipeline("default")
    return by_tvm(exported), pipeline


def graph_builder(
    target: BoardTarget,
    variant: str | Variant,
    network: Network,
    database: Database | None = None,
    calibrated: Calibrated | None = None,
) -> graph.GraphBuilder:
    """With a `database` its schedules, otherwise those of the target's model."""
    variant = variants.named(variant)
    variant.check(target)
    if variant.kernels is None:
        raise UserError(f"{variant.name} has no kernels of its own.")
    return variant.kernels(target, network, database, calibrated)


def by_tvm(exported: ExportedProgram) -> tvm.IRModule:
    """The module as TVM's own importer reads it; raises `UserError` for what it cannot read."""
    exported = importer.functional(exported)
    for node in exported.graph.nodes:
        _prepare_for_tvm(node)
    passes = tvm.transform.Sequential([relax.transform.DecomposeOpsForInference(), relax.transform.FoldConstant()])
    try:
        return passes(from_exported_program(exported, keep_params_as_input=False, unwrap_unit_return_tuple=True))
    except Exception as error:  # TVM raises many kinds
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(f"TVM cannot import the network: {reason[-1]}. Replace this layer with one that TVM supports.") from error


def _prepare_for_tvm(node: Node) -> None:
    """Writes down a stride that TVM does not derive; refuses an enlargement that it gets wrong."""
    match str(node.target):
        case "aten.max_pool2d.default" if len(node.args) > 2 and not node.args[2]:
            node.update_arg(2, node.args[1])
        case "aten.upsample_nearest2d.vec":
            before, after = node.all_input_nodes[0].meta["val"].shape[2:], node.meta["val"].shape[2:]
            by_size = len(node.args) < 3 or not node.args[2]
            if by_size and any(larger % smaller for larger, smaller in zip(after, before)):
                size = "×".join(map(str, after))
                raise UserError(f"TVM selects other pixels than PyTorch when it enlarges to {size}. Use an integer scale factor.")


@contextlib.contextmanager
def code_generator(target: BoardTarget) -> Iterator[None]:
    """Within it TVM compiles for `target`."""
    if target.kind == "cuda":
        with cuda_toolkit.ready(target.arch), target.target():
            yield
    else:
        yield
