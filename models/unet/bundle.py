"""Compiles a trained U-Net for a target and writes the bundle: module.so and bundle.json."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import math
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import tvm
from tvm import relax
from tvm.relax.frontend.torch import from_exported_program
from tvm.support import cc

from unet import graph, program
from unet.checkpoint import Checkpoint
from unet.cuda import toolkit
from unet.cuda.graph import CUDAGraph, TensorGraph
from unet.errors import UserError
from unet.files import folder_atomically, sha256_file, write_json
from unet.int8.gate import Calibrated
from unet.int8.graph import ByteGraph
from unet.kernels.graph import CPUGraph, model
from unet.kernels.lanes import narrowed
from unet.operators import operators
from unet.pack import NORMALISATION
from unet.requires import Lowered, requires
from unet.targets import BoardTarget
from unet.tuning.database import FOLDER, Database

SCHEMA = "harness.bundle/1"
THRESHOLD = 0.5
# What each variant of a kind of device is; the first is what a user wants if they say nothing.
VARIANTS = {
    "cpu": {
        "fp32-winograd": "Winograd where it fits and is faster, else direct",
        "fp32-compact": "like fp32-winograd with smaller tiles where weights are largest, and transformed by the board: for little memory",
        "fp32-direct": "direct convolutions only: smaller weights, least rounding",
        "fp16-weights": "like fp32-winograd, with weights of half the size; arithmetic stays in single precision",
        "int8": "8-bit weights and activations, where the CPU has dot products of bytes",
        "fp32-tvm-default": "TVM's own legalisation, unscheduled: about 200 times slower",
    },
    "cuda": {
        "fp32-gemm": "implicit matrix products, tiles chosen for each layer and architecture",
        "tf32-gemm": "the same on tensor cores, factors rounded to 10 bits of mantissa: sm_80 and newer",
        "fp32-tvm-default": "TVM's own legalisation and schedules: a baseline",
    },
}
# Variants whose Winograd weights are transformed when a board loads the module.
AT_LOAD = {"fp32-compact"}
BASELINE = "fp32-tvm-default"
HALF = "fp16-weights"
# Bytes of a layer's transformed weights up to which a variant uses Winograd.
WINOGRAD_BYTES = {"fp32-winograd": math.inf, "fp16-weights": math.inf, "fp32-compact": 16 * 2**20, "fp32-direct": 0}


def defaults(target: BoardTarget) -> list[str]:
    """The variants to make for a target when nobody asks for others."""
    if target.kind == "cuda":
        return ["fp32-gemm"]
    winograd = "fp32-compact" if target.little_memory else "fp32-winograd"
    return [winograd, "fp32-direct", *(["int8"] if target.dot(4) else [])]


@dataclass(frozen=True)
class Shape:
    """The module's input: `batch` images of `channels` × `height` × `width`. The runner asks for one."""

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


def export(checkpoint: Checkpoint, shape: Shape) -> torch.export.ExportedProgram:
    example = torch.zeros(shape.image)
    with torch.no_grad():
        return torch.export.export(checkpoint.model, (example,))


def lower(
    exported: torch.export.ExportedProgram,
    target: BoardTarget,
    variant: str,
    database: Database | None = None,
    calibrated: Calibrated | None = None,
) -> tuple[tvm.IRModule, object]:
    """The Relax module of a variant, and the pipeline to compile it with. `calibrated` is what int8 needs."""
    if variant != BASELINE:
        try:
            head = calibrated.head if calibrated else program.read(exported)
            return graph_builder(target, variant, head, database, calibrated).build(head), graph.pipeline()
        except program.Unsupported as error:
            warnings.warn(f"no kernel for {error}; falling back to TVM's own, which is right but slow", stacklevel=2)
    module = from_exported_program(exported, keep_params_as_input=False, unwrap_unit_return_tuple=True)
    passes = tvm.transform.Sequential([relax.transform.DecomposeOpsForInference(), relax.transform.FoldConstant()])
    pipeline = relax.get_default_pipeline(target.target()) if target.kind == "cuda" else relax.get_pipeline("default")
    return passes(module), pipeline


def graph_builder(
    target: BoardTarget,
    variant: str,
    head: program.Head,
    database: Database | None = None,
    calibrated: Calibrated | None = None,
) -> graph.GraphBuilder:
    """With a `database` its schedules, else those of the target's model. `calibrated` makes it one of bytes."""
    if target.kind == "cuda":
        return (TensorGraph if variant == "tf32-gemm" else CUDAGraph)(target.cuda_arch)
    if variant == HALF and not target.converts_halves:
        raise UserError(f"target {target.name}: {HALF} needs a CPU that converts half precision (F16C on x86, or ARM).")
    choose = database.choose if database else model
    if calibrated:
        return ByteGraph(calibrated.cpu, calibrated.calibration, choose)
    storage = "float16" if variant == HALF else "float32"
    return CPUGraph(narrowed(target.cpu(), head.source.channels), WINOGRAD_BYTES[variant], choose, storage, variant in AT_LOAD)


def compile_bundle(
    checkpoint: Checkpoint,
    target: BoardTarget,
    variant: str,
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
    database = Database.of(target.name, target.mcpu, tuning)
    with code_generator(target):
        module, pipeline = lower(export(checkpoint, shape), target, variant, database, calibrated)
        summary = calibrated.summary() if calibrated else None
        made = Lowering(variant, module, pipeline, shape.image, shape.mask, database.summary(), summary)
        return write(checkpoint, target, made, out, name, reference)


@contextlib.contextmanager
def code_generator(target: BoardTarget) -> Iterator[None]:
    """Within it TVM compiles for `target`."""
    if target.kind == "cuda":
        with toolkit.ready(target.cuda_arch), target.target():
            yield
    else:
        yield


@dataclass(frozen=True)
class Lowering:
    """A Relax module with a function `main` of one input, the passes to compile it with, and what bundle.json says of it."""

    variant: str
    module: tvm.IRModule
    pipeline: object
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    # How many layers' schedules were measured, and on what.
    tuning: dict | None = None
    # What int8 was calibrated on, and its Dice.
    calibration: dict | None = None


def write(
    checkpoint: Checkpoint, target: BoardTarget, lowering: Lowering, out: Path, name: str | None, reference: dict | None
) -> Path:
    name = name or f"unet-w{checkpoint.model.width}-{target.name}-{lowering.variant}"
    lowered = Lowered()
    executable = tvm.compile(lowering.module, target=target.target(), relax_pipeline=lowered.after(lowering.pipeline))
    with folder_atomically(out / name) as folder:
        file = folder / "module.so"
        executable.export_library(str(file), fcompile=linker(target))
        if target.kind == "cuda":
            toolkit.verify(file, target.cuda_arch)
        needs, functions = requires(file, target, lowered.module), operators(lowered.module)
        made = manifest(checkpoint, target, lowering, file, needs, name, reference)
        write_json(folder / "bundle.json", {**made, "prepare": prepares(lowered.module), "operators": functions})
    return out / name


def prepares(lowered: tvm.IRModule) -> str | None:
    """Name of the function whose results go to each call of `main`, if there is one."""
    return graph.PREPARE if any(name.name_hint == graph.PREPARE for name in lowered.functions) else None


def linker(target: BoardTarget):
    """What links the module: the system's compiler, or Debian's cross compiler."""
    if not target.cross:
        return None
    compiler = f"{target.architecture}-linux-gnu-gcc"
    if shutil.which(compiler) is None:
        raise UserError(
            f"target {target.name}: {compiler} is missing. Install Debian's gcc-{target.architecture}-linux-gnu."
        )
    return cc.cross_compiler(compiler, options=["-lm"])


def manifest(
    checkpoint: Checkpoint,
    target: BoardTarget,
    lowering: Lowering,
    module: Path,
    needs: dict,
    name: str,
    reference: dict | None,
) -> dict:
    """bundle.json; docs/schemas/bundle.schema.json describes every key."""
    model = checkpoint.model
    return {
        "schema": SCHEMA,
        "name": name,
        "model": {
            "name": "unet",
            "width": model.width,
            "depth": model.depth,
            "parameters": model.parameter_count,
            "checkpoint_sha256": checkpoint.sha256,
        },
        "variant": lowering.variant,
        "target": {
            "name": target.name,
            "tvm": target.tvm,
            "architecture": target.architecture,
            "device": target.kind,
        },
        "tvm": {
            "version": importlib.metadata.version("apache-tvm"),
            "ffi_version": importlib.metadata.version("apache-tvm-ffi"),
        },
        "entry": "main",
        "inputs": [{"name": "image", "shape": list(lowering.inputs), "dtype": "float32"}],
        "outputs": [{"name": "probability", "shape": list(lowering.outputs), "dtype": "float32"}],
        "normalisation": NORMALISATION,
        "threshold": THRESHOLD,
        "module": {"file": module.name, "sha256": sha256_file(module), "size_bytes": module.stat().st_size},
        "requires": needs,
        "tuning": lowering.tuning,
        "calibration": lowering.calibration,
        "training": checkpoint.training,
        "reference": reference,
        "source_commit": source_commit(),
        "created_at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def source_commit() -> str | None:
    """The checkout's commit, with “-dirty” if tracked files differ from it; None outside one."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=True, env=os.environ)
            return done.stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return None

    commit = git("rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}-dirty" if git("status", "--porcelain", "--untracked-files=no") else commit
