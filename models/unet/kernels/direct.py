"""Direct 3×3 convolution with bias and ReLU.

One register tile holds `tile` pixels of a row times `blocks` vectors of output channels. For each of the 9·IC inputs a pixel's
value is broadcast and multiplied with `blocks` weight vectors: `tile·blocks` multiply-adds for `tile` broadcasts and `blocks`
loads. Weights lie in the order they are read, so they stream. Rows of output run in parallel. (Liu et al. 2019, section 3.1.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.lanes import CPU, Lanes, function, largest_divisor


@dataclass(frozen=True)
class Direct:
    """A direct convolution `inputs` → `outputs` channels on `height` × `width` pixels.

    It writes channels `0 … outputs` of a buffer of `total` channels. If `inputs` is no multiple of the vector width the input
    is planar instead, `[inputs, H+2, W+2]`: the image itself.
    """

    cpu: CPU
    inputs: int
    outputs: int
    height: int
    width: int
    total: int

    @property
    def planar(self) -> bool:
        return self.inputs % self.cpu.width != 0

    @property
    def blocks(self) -> int:
        return largest_divisor(self.outputs // self.cpu.width, 2 if self.cpu.registers >= 32 else 1)

    @property
    def tile(self) -> int:
        return largest_divisor(self.width, self.cpu.accumulators // self.blocks)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(OC, IC, 3, 3) → [OC/(blocks·V), ICblocks, 3, 3, ICinner, blocks·V]."""
        vector = self.blocks * self.cpu.width
        inner = self.inputs if self.planar else self.cpu.width
        split = weight.reshape(self.outputs // vector, vector, self.inputs // inner, inner, 3, 3)
        return np.ascontiguousarray(split.transpose(0, 2, 4, 5, 3, 1))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        lanes, v = Lanes(self.cpu.width), self.cpu.width
        outer, vector = self.outputs // (self.blocks * v), self.blocks * v
        inner, rounds = (self.inputs, 1) if self.planar else (v, self.inputs // v)
        tile, blocks, height = self.tile, self.blocks, self.height

        def body(x, weight, bias, y):
            lanes.clear_border(y, 0, self.outputs // v, height, self.width)
            with T.parallel(0, outer * height) as task:
                block, row = task // height, task % height
                with T.serial(0, self.width // tile) as column:
                    sums = [[lanes.register() for _ in range(blocks)] for _ in range(tile)]
                    for pixel in sums:
                        for o, register in enumerate(pixel):
                            lanes.put(register, lanes.load(bias, block * blocks + o))
                    with T.serial(0, rounds) as part, T.serial(0, 3) as dy:
                        for dx in range(3):
                            with T.serial(0, inner) as channel:
                                for p, pixel in enumerate(sums):
                                    at = (row + dy, column * tile + p + dx)
                                    value = x[(channel, *at)] if self.planar else x[(part, *at, channel)]
                                    scalar = lanes.splat(value)
                                    for o, register in enumerate(pixel):
                                        w = weight[block, part, dy, dx, channel, lanes.ramp(o * v)]
                                        lanes.put(register, lanes.get(register) + scalar * w)
                    for p, pixel in enumerate(sums):
                        for o, register in enumerate(pixel):
                            at = (block * blocks + o, row + 1, column * tile + p + 1)
                            lanes.store(y, lanes.relu(lanes.get(register)), *at)

        image = (self.inputs,) if self.planar else (rounds,)
        padded = (height + 2, self.width + 2)
        return function(
            name,
            {
                "x": (*image, *padded) if self.planar else (*image, *padded, v),
                "weight": (outer, rounds, 3, 3, inner, vector),
                "bias": (self.outputs // v, v),
                "y": (self.total // v, *padded, v),
            },
            body,
        )
