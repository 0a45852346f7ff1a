"""Halving and doubling the image: 2×2 max pooling, and the transposed 2×2 convolution of stride 2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.lanes import CPU, Lanes, function, largest_divisor


@dataclass(frozen=True)
class Pool:
    """Maximum over 2×2 pixels: the first `channels` of a buffer of `total`, to `height` × `width`."""

    cpu: CPU
    channels: int
    total: int
    height: int
    width: int

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        lanes, v = Lanes(self.cpu.width), self.cpu.width

        def body(x, y):
            lanes.clear_border(y, 0, self.channels // v, self.height, self.width)
            with T.parallel(0, self.channels // v * self.height) as task:
                block, row = task // self.height, task % self.height
                with T.serial(0, self.width) as column:
                    corners = [lanes.load(x, block, 2 * row + 1 + i, 2 * column + 1 + j) for i in (0, 1) for j in (0, 1)]
                    top, bottom = T.max(corners[0], corners[1]), T.max(corners[2], corners[3])
                    lanes.store(y, T.max(top, bottom), block, row + 1, column + 1)

        return function(
            name,
            {
                "x": (self.total // v, 2 * self.height + 2, 2 * self.width + 2, v),
                "y": (self.channels // v, self.height + 2, self.width + 2, v),
            },
            body,
        )


@dataclass(frozen=True)
class Up:
    """Transposed 2×2 convolution, stride 2, with bias, from `height` × `width` to twice that.

    Its windows do not overlap: each input pixel gives four output pixels, four small matrix products. It writes channels
    `offset …` of a buffer of `total` channels whose first part another layer has written: a skip connection's
    concatenation then costs nothing.
    """

    cpu: CPU
    inputs: int
    outputs: int
    height: int
    width: int
    total: int
    offset: int

    @property
    def tile(self) -> int:
        return largest_divisor(self.width, self.cpu.accumulators // 2)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(IC, OC, 2, 2) → [OC/V, 2, IC/V, V, 2, V]: block, row of the window, inputs, column of the window, outputs."""
        v = self.cpu.width
        split = weight.reshape(self.inputs // v, v, self.outputs // v, v, 2, 2)
        return np.ascontiguousarray(split.transpose(2, 4, 0, 1, 5, 3))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        lanes, v = Lanes(self.cpu.width), self.cpu.width
        tile, height, first = self.tile, self.height, self.offset // self.cpu.width

        def body(x, weight, bias, y):
            lanes.clear_border(y, first, self.outputs // v, 2 * height, 2 * self.width)
            with T.parallel(0, self.outputs // v * height) as task:
                block, row = task // height, task % height
                with T.serial(0, self.width // tile) as column, T.serial(0, 2) as dy:
                    sums = [[lanes.register() for _ in range(2)] for _ in range(tile)]
                    for pixel in sums:
                        for register in pixel:
                            lanes.put(register, lanes.load(bias, block))
                    with T.serial(0, self.inputs // v) as part, T.serial(0, v) as channel:
                        for p, pixel in enumerate(sums):
                            scalar = lanes.splat(x[part, row + 1, column * tile + p + 1, channel])
                            for dx, register in enumerate(pixel):
                                w = weight[block, dy, part, channel, dx, lanes.ramp()]
                                lanes.put(register, lanes.get(register) + scalar * w)
                    for p, pixel in enumerate(sums):
                        for dx, register in enumerate(pixel):
                            at = (block + first, 2 * row + dy + 1, 2 * (column * tile + p) + dx + 1)
                            lanes.store(y, lanes.get(register), *at)

        return function(
            name,
            {
                "x": (self.inputs // v, height + 2, self.width + 2, v),
                "weight": (self.outputs // v, 2, self.inputs // v, v, 2, v),
                "bias": (self.outputs // v, v),
                "y": (self.total // v, 2 * height + 2, 2 * self.width + 2, v),
            },
            body,
        )
