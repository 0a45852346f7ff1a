"""The generated kernels, byte for byte: TIR, calls and constants of fixed networks for fixed targets have pinned digests.

A digest does not depend on names: a function is known by what it computes, and `main` by the order in which functions first occur.
Nothing here depends on the machine that runs the tests. After a change that is meant to change kernels:

    python models/tests/test_pinned_kernels.py --record
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import tvm

from unet import bundle, importer, layers
from unet.bundle import roofline
from unet.checkpoint import Checkpoint
from unet.kernels import cost
from unet.kernels.cpu.direct import Direct
from unet.kernels.cpu.fused import WinogradHead
from unet.kernels.cpu.resample import UpConvolution
from unet.kernels.cpu.simd import CPU
from unet.kernels.cpu.transform_weights import TransformWeights
from unet.kernels.cpu.winograd import Winograd
from unet.kernels.cuda import tiles, warp_tiles
from unet.kernels.cuda.gemm import Convolution, PartialConvolution
from unet.kernels.cuda.gemm import UpConvolution as GPUUpConvolution
from unet.kernels.cuda.product import Product
from unet.kernels.cuda.tensor_cores import TensorProduct, TensorUpConvolution
from unet.kernels.int8.calibration import Calibration
from unet.kernels.int8.convolution import Int8Convolution
from unet.kernels.int8.gate import Calibrated
from unet.kernels.int8.grid import QuantizationParameters
from unet.kernels.int8.resample import Int8UpConvolution
from unet.network import UNet
from unet.targets import BoardTarget
from unet.tuning.database import Database, Entry, Machine, key

PINS = Path(__file__).with_name("pinned_kernels.json")
X86, ARM = "x86_64-linux-gnu", "aarch64-linux-gnu"
TARGETS = {
    "avx2": BoardTarget("avx2", {"kind": "llvm", "mtriple": X86, "mcpu": "haswell"}, "cpu:0"),
    "avx512": BoardTarget("avx512", {"kind": "llvm", "mtriple": X86, "mcpu": "znver4"}, "cpu:0"),
    "rpi3": BoardTarget("rpi3", {"kind": "llvm", "mtriple": ARM, "mcpu": "cortex-a53", "mattr": ["+neon"]}, "cpu:0"),
    "m1-vm": BoardTarget("m1-vm", {"kind": "llvm", "mtriple": ARM, "mcpu": "apple-m1", "mattr": ["+neon"]}, "cpu:0"),
    "cuda": BoardTarget("cuda", {"kind": "cuda", "arch": "sm_86", "host": {"kind": "llvm", "mtriple": X86}}, "cuda:0"),
}
ON_CPUS = ("fp32-winograd", "fp32-compact", "fp32-direct", "fp16-weights")
SHAPES = {"plain": bundle.Shape(3, 32, 48), "uneven, batch of 2": bundle.Shape(3, 20, 32, 2)}


def network(width: int = 16, depth: int = 2) -> Checkpoint:
    """Weights of a few bits, from integers: equal wherever they are generated."""
    rng = np.random.default_rng(width * 10 + depth)
    model = UNet(width, depth).eval()
    state = {}
    for name, values in model.state_dict().items():
        drawn = rng.integers(-64, 65, values.shape) / np.float32(256)
        state[name] = torch.tensor((abs(drawn) + 0.5 if name.endswith("running_var") else drawn).tolist(), dtype=values.dtype)
    model.load_state_dict(state)
    return Checkpoint(model, {}, "0" * 64)


def calibrated(exported: torch.export.ExportedProgram, target: BoardTarget) -> Calibrated:
    """int8's scales, written down instead of measured: PyTorch's sums differ from CPU to CPU."""
    network = importer.read(exported)
    cpu = target.cpu()
    calibration = Calibration(network, target.dot(cpu.width), [])
    waiting, found = [network.output], []
    while waiting:
        layer = waiting.pop(0)
        if layer not in found:
            found.append(layer)
            waiting += layer.sources
    for number, layer in enumerate(found):
        if isinstance(layer, (layers.Convolution, layers.UpConvolution)):
            low = -1.0 if isinstance(layer, layers.UpConvolution) else 0.0
            calibration.parameters[layer] = QuantizationParameters.of(calibration.dot, low, 1 + number / 8)
    return Calibrated(network, cpu, calibration, 0)


# MARK: digests


def sha256(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:24]


def function_digest(function: tvm.tirx.PrimFunc) -> str:
    """Of its code and of what it says it computes, without its name."""
    annotation = (function.attrs or {}).get(cost.ATTRIBUTE)
    bare = function.without_attr(cost.ATTRIBUTE) if annotation is not None else function
    return sha256(f"{bare.with_attr('global_symbol', 'f').script(name='f')}\n{annotation}")


def module_digests(module: tvm.IRModule) -> dict:
    named = {name.name_hint: function for name, function in module.functions.items()}
    relax_functions = {name: function for name, function in named.items() if isinstance(function, tvm.relax.Function)}
    calls, order, constants = "", {}, []

    def visit(expression) -> None:
        if isinstance(expression, tvm.ir.GenericConst) and isinstance(expression.value, tvm.runtime.Tensor):
            array = expression.value.numpy()
            constants.append(f"{array.dtype}{array.shape}{sha256(np.ascontiguousarray(array).tobytes())}")

    for name in sorted(relax_functions):
        text = relax_functions[name].script(show_meta=False)
        for match in re.finditer(r"\w+", text):
            if match[0] in named and match[0] not in relax_functions:
                order.setdefault(match[0], f"f{len(order)}")
        calls += re.sub(r"\w+", lambda match: order.get(match[0], match[0]), text)
        tvm.relax.analysis.post_order_visit(relax_functions[name], visit)
    assert len(order) == len(named) - len(relax_functions), "a function is never called"
    return {
        "functions": [function_digest(named[name]) for name in order],
        "calls": sha256(calls),
        "constants": sha256("\n".join(constants)),
    }


# MARK: cases


def lowered(variant: str, target: BoardTarget, shape: bundle.Shape, database: Database | None = None) -> dict:
    exported = bundle.export(network(), shape)
    extra = calibrated(exported, target) if variant == "int8" else None
    module, _ = bundle.lower(exported, target, variant, database, extra)
    return module_digests(module)


def tuned() -> dict:
    """With a database whose schedules are not the model's."""
    target = TARGETS["avx512"]
    cpu = target.cpu()
    shapes = [(16, 16, 32, 48, 32), (32, 16, 32, 48, 16), (16, 32, 16, 24, 64), (32, 64, 8, 12, 64)]
    entries = []
    for number, shape in enumerate(shapes):
        kernel = (Direct if number == 3 else Winograd)(cpu, *shape)
        schedules = list(kernel.schedules())
        schedule = schedules[len(schedules) // 3 * number % len(schedules)]
        entries.append(Entry(key(kernel), vars(schedule), 1, 2, 1, Machine("a", "znver4", 2, "0"), ""))
    database = Database(entries, "znver4")
    digests = lowered("fp32-winograd", target, SHAPES["plain"], database)
    assert len({str(entry.key) for entry in database.used}) == len(shapes)
    return digests


def schedules_of_cpu_kernels() -> dict:
    """Some of each kernel's schedules, for three sizes of registers."""
    digests = []
    for cpu in (CPU(4, 32, 64 * 1024), CPU(8, 16, 64 * 1024), CPU(16, 32, 64 * 1024)):
        kernels = [
            Direct(cpu, 32, 64, 8, 16, 96),
            Winograd(cpu, 32, 64, 14, 20, 96),
            replace(Winograd(cpu, 32, 64, 12, 12, 64), storage="float16"),
            UpConvolution(cpu, 32, 64, 4, 8, 96, 32),
        ]
        if dot := {4: TARGETS["m1-vm"], 8: TARGETS["avx512"], 16: TARGETS["avx512"]}[cpu.width].dot(cpu.width):
            kernels += [
                Int8Convolution(cpu, 32, 64, 8, 16, 96, dot=dot),
                Int8UpConvolution(cpu, 32, 64, 4, 8, 96, 32, dot=dot, zero=7),
            ]
        for kernel in kernels:
            schedules = list(dict.fromkeys([kernel.model(), *kernel.schedules()]))
            for schedule in schedules[:: max(1, len(schedules) // 4)]:
                scheduled = kernel.scheduled(schedule)
                digests.append(function_digest(scheduled.build("f")))
                if isinstance(scheduled, Winograd):
                    both = WinogradHead.of(scheduled)
                    others = [TransformWeights(scheduled), *([both] if both else [])]
                    digests += [function_digest(other.build("f")) for other in others]
    return {"functions": digests}


def tiles_of_gpu_kernels() -> dict:
    fp32 = [
        (tiles.Tile(32, 64, 8, 8, 8), 16, 64, 8, 16),
        (tiles.Tile(64, 64, 4, 4, 4), 12, 64, 12, 20),
        (tiles.Tile(32, 32, 3, 4, 4, 3), 3, 32, 4, 12),
    ]
    tf32 = [(warp_tiles.WarpTile(32, 64, 16, 16, 16), 32, 64, 8, 16), (warp_tiles.WarpTile(16, 64, 8, 16, 32, 3), 24, 48, 4, 20)]
    weight = np.random.default_rng(0).integers(-9, 9, (64, 64, 3, 3)).astype(np.float32) / 8
    digests = []
    for product, up, cuts in ((Product, GPUUpConvolution, fp32), (TensorProduct, TensorUpConvolution, tf32)):
        for tile, inputs, outputs, height, width in cuts:
            nine, one = (product(inputs, outputs, height, width, taps, tile) for taps in (9, 1))
            convolution = Convolution(nine, outputs + 8)
            kernels = [convolution, PartialConvolution(nine), up(replace(one, tile=replace(tile, splits=1)), outputs, 8)]
            digests += [function_digest(kernel.build("f")) for kernel in kernels]
            digests.append(sha256(convolution.pack(weight[:outputs, :inputs]).tobytes()))
            digests.append(sha256(kernels[-1].pack(weight[:inputs, : outputs // 4, :2, :2]).tobytes()))
    return {"functions": digests}


def cases() -> dict[str, Callable[[], dict]]:
    found: dict[str, Callable[[], dict]] = {}
    for name, target in TARGETS.items():
        variants = ("fp32-gemm", "tf32-gemm") if target.kind == "cuda" else ON_CPUS
        for variant in (*variants, *(["int8"] if target.dot(4) else [])):
            found[f"{variant} for {name}"] = lambda v=variant, t=target: lowered(v, t, SHAPES["plain"])
        if target.kind == "cpu":
            found[f"roofline for {name}"] = lambda t=target: module_digests(roofline.lowering(t).module)
    for variant in ("fp32-compact", "int8"):
        found[f"{variant} for avx512, uneven, batch of 2"] = lambda v=variant: lowered(
            v, TARGETS["avx512"], SHAPES["uneven, batch of 2"]
        )
    found["fp32-winograd for avx512, tuned"] = tuned
    found["schedules of CPU kernels"] = schedules_of_cpu_kernels
    found["tiles of GPU kernels"] = tiles_of_gpu_kernels
    return found


CASES = cases()


@pytest.mark.parametrize("case", CASES)
def test_generated_code_is_the_pinned_code(case: str) -> None:
    pinned = json.loads(PINS.read_bytes())
    assert case in pinned, f"{case!r} has no pin; record it with --record"
    assert CASES[case]() == pinned[case]


def test_no_pin_is_left_over() -> None:
    assert set(json.loads(PINS.read_bytes())) == set(CASES)


if __name__ == "__main__":
    if sys.argv[1:] != ["--record"]:
        sys.exit("Usage: test_pinned_kernels.py --record")
    PINS.write_text(json.dumps({case: compute() for case, compute in CASES.items()}, indent=1) + "\n")
