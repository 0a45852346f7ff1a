"""Compiles a network for a target and writes the bundle: module.so and bundle.json."""

import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import tvm
from tvm.support import cc

from unet import graph, variants
from unet.bundle import cuda_toolkit
from unet.bundle.lowering import Lowering, Shape, code_generator, export, lower
from unet.bundle.manifest import bundle_name, manifest
from unet.bundle.operators import operators
from unet.bundle.requires import Lowered, requires
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.files import folder_atomically, write_json
from unet.kernels.int8.gate import Calibrated
from unet.targets import BoardTarget
from unet.tuning.database import FOLDER, Database
from unet.variants import Variant


def compile_bundle(
    checkpoint: Checkpoint,
    target: BoardTarget,
    variant: str | Variant,
    out: Path,
    shape: Shape = Shape(),
    name: str | None = None,
    reference: dict | None = None,
    tuning: Path = FOLDER,
    calibrated: Calibrated | None = None,
) -> Path:
    """Compiles and writes the folder `out/<name>`; it appears whole or not at all.

    `reference` is PyTorch's score of the checkpoint, bundle.json's part of that name; `tuning` the folder of tuning databases;
    `calibrated` the network with the ranges of its activations, for int8.
    """
    variant = variants.named(variant)
    database = Database.of(target.name, target.mcpu, tuning)
    with code_generator(target):
        module, pipeline = lower(export(checkpoint, shape), target, variant, database, calibrated)
        summary = calibrated.summary() if calibrated else None
        lowering = Lowering(variant.name, module, pipeline, shape.image, shape.mask, database.summary(), summary)
        return write(checkpoint, target, lowering, out, name, reference)


def write(
    checkpoint: Checkpoint, target: BoardTarget, lowering: Lowering, out: Path, name: str | None, reference: dict | None
) -> Path:
    """Compiles `lowering` and writes its bundle."""
    name = name or bundle_name(checkpoint, target, lowering.variant)
    lowered = Lowered()
    executable = tvm.compile(lowering.module, target=target.target(), relax_pipeline=lowered.after(lowering.pipeline))
    with folder_atomically(out / name) as folder:
        file = folder / "module.so"
        executable.export_library(str(file), fcompile=linker(target))
        if target.kind == "cuda":
            cuda_toolkit.verify(file, target.arch)
        shapes = (lowering.inputs, lowering.outputs)
        document = {
            **manifest(checkpoint, target, lowering.variant, file, name, shapes, reference),
            "tvm": {"version": version("apache-tvm"), "ffi_version": version("apache-tvm-ffi")},
            "requires": requires(file, target, lowered.module),
            "tuning": lowering.tuning,
            "calibration": lowering.calibration,
            "prepare": prepares(lowered.module),
            "operators": operators(lowered.module),
        }
        write_json(folder / "bundle.json", document)
    return out / name


def prepares(lowered: tvm.IRModule) -> str | None:
    """Name of the function whose results are passed to each call of `main`, if there is one."""
    return graph.PREPARE if any(name.name_hint == graph.PREPARE for name in lowered.functions) else None


def linker(target: BoardTarget) -> Callable | None:
    """The cross compiler that links the module; None for the system's compiler."""
    if not target.cross:
        return None
    compiler = f"{target.architecture}-linux-gnu-gcc"
    if shutil.which(compiler) is None:
        raise UserError(f"target {target.name}: {compiler} is missing. Install Debian's gcc-{target.architecture}-linux-gnu.")
    return cc.cross_compiler(compiler, options=["-lm"])
