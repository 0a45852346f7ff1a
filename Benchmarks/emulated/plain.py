"""int8 for an ARM CPU without dot products: an experiment of compare.py, not a variant. Its results are in docs/kernels/int8.md.

`smull` multiplies eight bytes, `smlal` eight more into the same 16-bit sums, in which two products of −127 … 127 just fit, and
`sadalp` adds neighbouring sums to four 32-bit ones. That is three instructions for sixteen products. Only
narrower numbers need fewer: with 7 bits four products fit a 16-bit sum, five instructions for 32.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tvm import relax
from tvm.tirx.script import builder as T

from unet import bundle, graph, importer
from unet.checkpoint import Checkpoint
from unet.kernels.cpu.direct import DirectSchedule
from unet.kernels.cpu.kernel import Tunable
from unet.kernels.int8.calibration import Calibration, Int8Layer
from unet.kernels.int8.convolution import Int8Convolution
from unet.kernels.int8.gate import calibrate_on
from unet.kernels.int8.graph import Int8Graph
from unet.kernels.int8.grid import WEIGHT_LIMIT, Dot
from unet.kernels.int8.resample import Int8UpConvolution
from unet.targets import BoardTarget

NAME, DOT = "int8-plain", "int8-sdot"
LANES = 4
# Sums of four pixels of sixteen channels. The model's two blocks of eight pixels are as many, but LLVM has more loads and spills
# between them; four blocks of two pixels spill nothing and take 4% more instructions.
TILE = DirectSchedule(blocks=4, tile=4)


@dataclass(frozen=True)
class Pairs(Dot):
    """`Dot` in three instructions. A vector's sixteen weights are in the order of `in_pairs`."""

    @classmethod
    def neon(cls) -> Pairs:
        return cls(LANES, "llvm.aarch64.neon.smull.v8i16", "int8", -WEIGHT_LIMIT, WEIGHT_LIMIT)

    def multiply_add(self, sums, activations, weights):
        first, second = (self._products(activations, weights, half) for half in range(2))
        widened = T.call_llvm_pure_intrin("int32x4", "llvm.aarch64.neon.saddlp.v4i32.v8i16", first + second)
        return sums + widened

    def _products(self, activations, weights, half: int):
        """Of two activations, the same for all lanes, with two weights of each of four lanes."""
        *at, channels = activations.indices
        pair = activations.source[(*at, T.Ramp(channels.base + 2 * half, 1, 2))]
        same = T.reinterpret("int8x8", T.Broadcast(T.reinterpret("int16", pair), LANES))
        *at, lanes = weights.indices
        return T.call_llvm_pure_intrin("int16x8", self.intrinsic, same, weights.source[(*at, T.Ramp(lanes.base + 8 * half, 1, 8))])


def in_pairs(packed: np.ndarray) -> np.ndarray:
    """[…, lane·4 + channel] → […, channel // 2, lane, channel % 2]: what one multiplication reads lies together."""
    split = packed.reshape(*packed.shape[:-1], LANES, 2, 2)
    return np.ascontiguousarray(np.moveaxis(split, -2, -3).reshape(packed.shape))


def tiled(kernels: list[Tunable]) -> Tunable:
    """The kernel of a layer."""
    kernel = kernels[0]
    return kernel.scheduled(TILE) if isinstance(kernel, Int8Convolution) else kernel


class PlainGraph(Int8Graph):
    """`Int8Graph` with its weights in pairs."""

    def _constants(self, kernel: Int8Convolution | Int8UpConvolution, made: Int8Layer) -> list[relax.Expr]:
        weight = graph.constant(in_pairs(kernel.pack(made.weight)), "int8")
        return [weight, *super()._constants(kernel, made)[1:]]


def compile_both(trained: Checkpoint, target: BoardTarget, image: torch.Tensor, folder: Path) -> dict[str, Path]:
    """`NAME`, and `DOT`: the same integers for a CPU that is `target`'s with dot products. Both are calibrated on `image`."""
    network = importer.read(bundle.export(trained, bundle.Shape()))
    dotted = replace(target, tvm={**target.tvm, "mattr": [*target.tvm.get("mattr", []), "+dotprod"]})
    found = calibrate_on(network, dotted, [image])
    plain = PlainGraph(found.cpu, Calibration(network, Pairs.neon(), [image]), tiled)
    shape = bundle.Shape()
    made = bundle.Lowering(NAME, plain.build(network), graph.pipeline(), shape.image, shape.mask, calibration=found.summary())
    return {
        NAME: bundle.write(trained, target, made, folder, NAME, None),
        DOT: bundle.compile_bundle(trained, dotted, "int8", folder, name=DOT, calibrated=found),
    }
