"""2×2 max pooling and transposed 2×2 convolution of bytes."""

from dataclasses import dataclass, replace

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cpu.kernel import Shape
from unet.kernels.cpu.resample import Pool, UpConvolution
from unet.kernels.cpu.simd import Lanes
from unet.kernels.int8.convolution import byte_shapes
from unet.kernels.int8.grid import Dot
from unet.kernels.int8.simd import Int8Lanes


@dataclass(frozen=True)
class Int8Pool(Pool):
    """The maximum does not depend on scales."""

    dot: Dot

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.dot.activation, "y": self.dot.activation}

    def lanes(self) -> Lanes:
        return Int8Lanes(self.cpu.width, self.dot)


@dataclass(frozen=True)
class Int8UpConvolution(UpConvolution):
    """`UpConvolution` over bytes. There is no ReLU: `zero` is the byte that represents 0, also in the border."""

    stored_name = "byte-up"

    dot: Dot | None = None
    zero: int = 0

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(IC, OC, 2, 2) of int8 → [OC/(blocks·V), 2, IC/V, V/4, 2, blocks, V·4]."""
        v, blocks = self.cpu.width, self.schedule.blocks
        split = weight.reshape(self.inputs // v, v // 4, 4, self.outputs // (blocks * v), blocks, v, 2, 2)
        ordered = split.transpose(3, 6, 0, 1, 7, 4, 5, 2)
        return np.ascontiguousarray(ordered.reshape(*ordered.shape[:6], 4 * v))

    @property
    def shapes(self) -> dict[str, Shape]:
        v, blocks = self.cpu.width, self.schedule.blocks
        return byte_shapes(super().shapes, (self.outputs // (blocks * v), 2, self.inputs // v, v // 4, 2, blocks, 4 * v))

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.dot.activation, "weight": "int8", "y": self.dot.activation}

    @property
    def cost(self) -> OperatorCost:
        return replace(super().cost, kind="int8-up-2x2")

    def emit(self, x, weight, multiplier, shift, y) -> None:
        lanes, v = Int8Lanes(self.cpu.width, self.dot), self.cpu.width
        blocks, tile = self.schedule.blocks, self.schedule.tile
        height, first, outer = self.height, self.offset // v, self.outputs // (blocks * v)
        lanes.clear_border(y, first, self.outputs // v, 2 * height, 2 * self.width, self.zero)
        with T.parallel(0, outer * height) as task:
            block, row = task // height, task % height
            with T.serial(0, self.width // tile) as column, T.serial(0, 2) as dy:
                sums = [[[lanes.sum() for _ in range(blocks)] for _ in range(2)] for _ in range(tile)]
                with T.serial(0, self.inputs // v) as part:
                    for group in range(v // 4):
                        for p, pixel in enumerate(sums):
                            four = x[part, row + 1, column * tile + p + 1, T.Ramp(4 * group, 1, 4)]
                            for dx, window in enumerate(pixel):
                                for o, register in enumerate(window):
                                    w = weight[block, dy, part, group, dx, o, T.Ramp(0, 1, 4 * v)]
                                    lanes.put(register, self.dot.multiply_add(lanes.get(register), four, w))
                for p, pixel in enumerate(sums):
                    for dx, window in enumerate(pixel):
                        for o, register in enumerate(window):
                            channel = block * blocks + o
                            byte = lanes.byte(lanes.get(register), multiplier, shift, channel, least=self.dot.low)
                            at = (2 * row + dy + 1, 2 * (column * tile + p) + dx + 1)
                            lanes.store(y, byte, channel + first, *at)
