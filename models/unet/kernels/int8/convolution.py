"""3×3 convolution of bytes with bias and ReLU: the direct kernel with dot products in place of multiply-adds.

The register tile is `kernels.direct`'s; each broadcast brings four channels of a pixel, each weight vector four weights of every
output channel, so that one instruction does four times a multiply-add's work.
"""

from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cpu.direct import Direct
from unet.kernels.cpu.kernel import Shape
from unet.kernels.int8.grid import Dot
from unet.kernels.int8.simd import Int8Lanes


def byte_shapes(shapes: dict[str, Shape], weight: Shape) -> dict[str, Shape]:
    """Those of a kernel of floats with the packed bytes of its weights, and with a multiplier and a shift for its bias."""
    return {"x": shapes["x"], "weight": weight, "multiplier": shapes["bias"], "shift": shapes["bias"], "y": shapes["y"]}


@dataclass(frozen=True)
class Int8Convolution(Direct):
    """`Direct` over bytes, from a sum to the output's byte by round(sum·multiplier + shift), at least 0."""

    stored_name = "byte-convolution"

    dot: Dot | None = None

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(OC, IC, 3, 3) of int8 → [OC/(blocks·V), IC/V, 3, 3, V/4, blocks, V·4]."""
        v, blocks = self.cpu.width, self.schedule.blocks
        split = weight.reshape(self.outputs // (blocks * v), blocks, v, self.inputs // v, v // 4, 4, 3, 3)
        ordered = split.transpose(0, 3, 6, 7, 4, 1, 2, 5)
        return np.ascontiguousarray(ordered.reshape(*ordered.shape[:6], 4 * v))

    @property
    def shapes(self) -> dict[str, Shape]:
        v, blocks = self.cpu.width, self.schedule.blocks
        weight = (self.outputs // (blocks * v), self.inputs // v, 3, 3, v // 4, blocks, 4 * v)
        return byte_shapes(super().shapes, weight)

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.dot.activation, "weight": "int8", "y": self.dot.activation}

    @property
    def kind(self) -> str:
        return "int8-3x3"

    def lanes(self) -> Int8Lanes:
        return Int8Lanes(self.cpu.width, self.dot)

    def emit(self, x, weight, multiplier, shift, y) -> None:
        lanes, v = self.lanes(), self.cpu.width
        schedule, height = self.schedule, self.height
        tile, blocks = schedule.tile, schedule.blocks
        outer = self.outputs // (blocks * v)
        lanes.clear_border(y, 0, self.outputs // v, height, self.width)
        with T.parallel(0, outer * height) as task:
            by_row = (task // height, task % height)
            block, row = by_row if schedule.rows_fastest else (task % outer, task // outer)
            with T.serial(0, self.width // tile) as column:
                sums = [[lanes.sum() for _ in range(blocks)] for _ in range(tile)]
                with T.serial(0, self.inputs // v) as part, T.serial(0, 3) as dy:
                    for dx in range(3):
                        for group in range(v // 4):
                            for p, pixel in enumerate(sums):
                                four = x[part, row + dy, column * tile + p + dx, T.Ramp(4 * group, 1, 4)]
                                for o, register in enumerate(pixel):
                                    w = weight[block, part, dy, dx, group, o, T.Ramp(0, 1, 4 * v)]
                                    lanes.put(register, self.dot.multiply_add(lanes.get(register), four, w))
                for p, pixel in enumerate(sums):
                    for o, register in enumerate(pixel):
                        channel = block * blocks + o
                        byte = lanes.byte(lanes.get(register), multiplier, shift, channel, least=0)
                        lanes.store(y, byte, channel, row + 1, column * tile + p + 1)


@dataclass(frozen=True)
class Int8Stem(Direct):
    """The first convolution, of the image in floating point, whose result is quantized.

    Its weights and bias are given divided by the output's scale.
    """

    dot: Dot | None = None

    @property
    def types(self) -> dict[str, str]:
        return {"y": self.dot.activation}

    def lanes(self) -> Int8Lanes:
        return Int8Lanes(self.cpu.width, self.dot)

    def finish(self, lanes: Int8Lanes, value, y, *at) -> None:
        lanes.store(y, lanes.rounded(value, least=0), *at)
