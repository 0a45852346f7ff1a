"""The variants: what a network can be compiled to. To add one, add its value to `VARIANTS`; nothing else lists them.

Nothing is imported here that a variant does not need, so that the command line can list them without TVM.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unet.errors import UserError

if TYPE_CHECKING:
    from unet.data.pack import Pack
    from unet.graph import GraphBuilder
    from unet.kernels.int8.gate import Calibrated
    from unet.layers import Network
    from unet.targets import BoardTarget
    from unet.tuning.database import Database

    Kernels = Callable[[BoardTarget, Network, Database | None, Calibrated | None], GraphBuilder]
    Requirement = Callable[[BoardTarget], str | None]

DEVICES = {"cpu": "CPUs", "cuda": "CUDA"}
DOT_PRODUCTS = "a CPU with dot products of bytes (VNNI on x86, dotprod on ARM); without them, Winograd in floating point is faster."


@dataclass(frozen=True)
class Baseline:
    """A framework's module, for harness-python-runner: which runner, framework and mode run it."""

    runner: str
    framework: str
    mode: str | None = None
    # With 8-bit weights and activations, calibrated on slices of the data set.
    quantised: bool = False


@dataclass(frozen=True)
class Variant:
    """One way to compile a network."""

    name: str
    # One sentence for people.
    help: str
    # Chooses the kernels; None for TVM's own legalisation, or for a baseline.
    kernels: Kernels | None = None
    # The kinds of devices that it exists for.
    devices: tuple[str, ...] = ("cpu",)
    baseline: Baseline | None = None
    # What a target lacks, as the end of a sentence that begins with “NAME needs”; None if it lacks nothing.
    requirement: Requirement = lambda target: None
    # Whether it is compiled for a target when no variant is named.
    is_default: Callable[[BoardTarget], bool] = lambda target: False
    # Calibrates on a data set and refuses what costs too much of PyTorch's Dice there.
    gate: Callable[[Network, BoardTarget, Pack, float], Calibrated] | None = None

    def check(self, target: BoardTarget) -> None:
        """Raises `UserError` if `target` cannot run it."""
        if target.kind not in self.devices:
            devices = " and ".join(DEVICES[device] for device in self.devices)
            raise UserError(f"{self.name} is for {devices} only; target {target.name} is {target.device}.")
        if reason := self.requirement(target):
            raise UserError(f"target {target.name}: {self.name} needs {reason}")


def _cpu_kernels(winograd_bytes: float = math.inf, storage: str = "float32", at_load: bool = False) -> Kernels:
    """Winograd for layers whose transformed weights take at most `winograd_bytes`, transformed by the board if `at_load`."""

    def build(target: BoardTarget, network: Network, database: Database | None, _: Calibrated | None) -> GraphBuilder:
        from unet.kernels.cpu.graph import CPUGraph, model
        from unet.kernels.cpu.simd import narrowed

        choose = database.choose if database else model
        return CPUGraph(narrowed(target.cpu(), network.common_channels), winograd_bytes, choose, storage, at_load)

    return build


def _int8_kernels(target: BoardTarget, network: Network, database: Database | None, calibrated: Calibrated | None) -> GraphBuilder:
    from unet.kernels.cpu.graph import model
    from unet.kernels.int8.graph import Int8Graph

    if calibrated is None:
        raise UserError("int8 needs a calibrated network.")
    return Int8Graph(calibrated.cpu, calibrated.calibration, database.choose if database else model)


def _cuda_kernels(tensor_cores: bool) -> Kernels:
    def build(target: BoardTarget, network: Network, database: Database | None, _: Calibrated | None) -> GraphBuilder:
        from unet.kernels.cuda.graph import CUDAGraph, TensorGraph

        return (TensorGraph if tensor_cores else CUDAGraph)(target.arch)

    return build


def _converts_halves(target: BoardTarget) -> str | None:
    return None if target.converts_halves else "a CPU that converts half precision (F16C on x86, or ARM)."


def _dot_products(target: BoardTarget) -> str | None:
    return None if target.dot(4) else DOT_PRODUCTS


def _multiplies_tf32(target: BoardTarget) -> str | None:
    from unet.kernels.cuda.warp_tiles import OLDEST

    if int(target.arch.removeprefix("sm_")) >= OLDEST:
        return None
    return f"tensor cores that multiply TF32: from sm_{OLDEST} on, not on {target.arch}. Compile fp32-gemm for it."


def _calibrate(network: Network, target: BoardTarget, data: Pack, reference: float) -> Calibrated:
    from unet.kernels.int8 import gate

    calibrated = gate.calibrate(network, target, data)
    calibrated.check(data, reference)
    return calibrated


VARIANTS = (
    Variant(
        "fp32-winograd",
        "Winograd where it fits and is faster, otherwise direct convolutions",
        _cpu_kernels(),
        is_default=lambda target: target.kind == "cpu" and not target.little_memory,
    ),
    Variant(
        "fp32-compact",
        "like fp32-winograd, with smaller tiles where weights are largest, and weights transformed by the board: for little memory",
        _cpu_kernels(winograd_bytes=16 * 2**20, at_load=True),
        is_default=lambda target: target.kind == "cpu" and target.little_memory,
    ),
    Variant(
        "fp32-direct",
        "direct convolutions only: smaller weights, least rounding",
        _cpu_kernels(winograd_bytes=0),
        is_default=lambda target: target.kind == "cpu",
    ),
    Variant(
        "fp16-weights",
        "like fp32-winograd, with weights of half the size; arithmetic stays in single precision",
        _cpu_kernels(storage="float16"),
        requirement=_converts_halves,
    ),
    Variant(
        "int8",
        "8-bit weights and activations, where the CPU has dot products of bytes",
        _int8_kernels,
        requirement=_dot_products,
        is_default=lambda target: target.dot(4) is not None,
        gate=_calibrate,
    ),
    Variant(
        "fp32-gemm",
        "implicit matrix products, tiles chosen for each layer and architecture",
        _cuda_kernels(tensor_cores=False),
        ("cuda",),
        is_default=lambda target: target.kind == "cuda",
    ),
    Variant(
        "tf32-gemm",
        "the same on tensor cores, factors rounded to 10 bits of mantissa: sm_80 and newer",
        _cuda_kernels(tensor_cores=True),
        ("cuda",),
        requirement=_multiplies_tf32,
    ),
    Variant(
        "fp32-tvm-default",
        "TVM's own legalisation and default schedules: a baseline, on CPUs about 200 times slower",
        devices=("cpu", "cuda"),
    ),
    Variant("pytorch-eager", "PyTorch without compilation", baseline=Baseline("pytorch", "torch", "eager")),
    Variant(
        "pytorch-channels-last",
        "PyTorch with tensors in channels-last order",
        baseline=Baseline("pytorch", "torch", "channels-last"),
    ),
    Variant(
        "pytorch-compile",
        "torch.compile with frozen weights; the board needs g++",
        baseline=Baseline("pytorch", "torch", "compile"),
    ),
    Variant("onnxruntime-fp32", "ONNX Runtime", baseline=Baseline("onnxruntime", "onnxruntime")),
    Variant(
        "onnxruntime-int8",
        "ONNX Runtime with 8-bit weights and activations, calibrated on slices of --data",
        baseline=Baseline("onnxruntime", "onnxruntime", quantised=True),
    ),
)


def named(name: str | Variant) -> Variant:
    """The variant of that name, itself if it is one; raises `UserError` with the nearest and all names if there is none."""
    if isinstance(name, Variant):
        return name
    names = [variant.name for variant in VARIANTS]
    if name in names:
        return VARIANTS[names.index(name)]
    near = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise UserError(f"no variant {name!r}.{hint} Variants: {', '.join(sorted(names))}.")


def of_device(kind: str) -> list[Variant]:
    """Those that exist for a kind of device, baselines last."""
    return [variant for variant in VARIANTS if kind in variant.devices]


def defaults(target: BoardTarget) -> list[Variant]:
    """Those to compile for a target when none is named."""
    return [variant for variant in VARIANTS if variant.is_default(target)]


def help_text() -> str:
    """Each variant's name, devices and sentence, a line each."""
    width = max(len(variant.name) for variant in VARIANTS)

    def line(variant: Variant) -> str:
        devices = ", ".join(DEVICES[device] for device in variant.devices)
        return f"  {variant.name:{width}}  {devices}: {variant.help}"

    return "\n".join(map(line, VARIANTS))
