"""3×3 convolution as Winograd F(4×4, 3×3) with bias and ReLU (Lavin and Gray, CVPR 2016).

Each 4×4 tile of output needs a 6×6 tile of input: both and the weights are transformed so that the convolution becomes 36
independent matrix products, 36 multiplications instead of 144. A task takes `tiles` tiles: it transforms their inputs into a
buffer that stays in the second-level cache, multiplies, and transforms back. The price is rounding, about 1e-5 here, and weights
four times as large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.lanes import CPU, DTYPE, Lanes, function, largest_divisor

OUT, IN = 4, 6  # side of an output tile and of its input tile
CELLS = IN * IN
# G of Lavin and Gray, points 0, ±1, ±2, ∞.
WEIGHT_TRANSFORM = np.array(
    [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]]
)
CACHE_BYTES = 512 * 1024  # of the transformed input of one task
SKEW = 16  # floats between cells: powers of two would all fall into the same cache sets


def input_transform(lanes: Lanes, d: list) -> list:
    """Bᵀ d for six vectors."""
    c, keep = lanes.constant, lanes.keep
    even, odd = keep(d[4] - c(4) * d[2]), keep(d[3] - c(4) * d[1])
    even2, odd2 = keep(d[4] - d[2]), keep(c(2) * (d[3] - d[1]))
    return [
        keep(c(4) * d[0] - c(5) * d[2] + d[4]),
        keep(even + odd),
        keep(even - odd),
        keep(even2 + odd2),
        keep(even2 - odd2),
        keep(c(4) * d[1] - c(5) * d[3] + d[5]),
    ]


def output_transform(lanes: Lanes, m: list) -> list:
    """Aᵀ m for six vectors."""
    c, keep = lanes.constant, lanes.keep
    sum1, difference1 = keep(m[1] + m[2]), keep(m[1] - m[2])
    sum2, difference2 = keep(m[3] + m[4]), keep(m[3] - m[4])
    return [
        keep(m[0] + sum1 + sum2),
        keep(difference1 + c(2) * difference2),
        keep(sum1 + c(4) * sum2),
        keep(difference1 + c(8) * difference2 + m[5]),
    ]


@dataclass(frozen=True)
class Winograd:
    """A convolution like `direct.Direct`, for inputs that are a multiple of the vector width and sides of 4."""

    cpu: CPU
    inputs: int
    outputs: int
    height: int
    width: int
    total: int

    @staticmethod
    def fits(cpu: CPU, inputs: int, height: int, width: int) -> bool:
        return inputs % cpu.width == 0 and height % OUT == 0 and width % OUT == 0

    @property
    def share(self) -> float:
        """Of a direct convolution's multiplications, those that are left."""
        return CELLS / (9 * OUT * OUT)

    @property
    def blocks(self) -> int:
        return largest_divisor(self.outputs // self.cpu.width, 2)

    @property
    def count(self) -> int:
        return (self.height // OUT) * (self.width // OUT)

    @property
    def tiles(self) -> int:
        """Tiles a task: as many as the cache holds, but enough tasks for many cores."""
        cached = CACHE_BYTES // (CELLS * self.inputs * 4)
        return largest_divisor(self.count, max(1, min(32, cached, max(4, self.count // 8))))

    @property
    def step(self) -> int:
        """Tiles whose sums are in registers at a time."""
        return largest_divisor(self.tiles, self.cpu.accumulators // self.blocks)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(OC, IC, 3, 3) → transformed, [OC/(blocks·V), 36, IC, blocks·V]."""
        g = WEIGHT_TRANSFORM
        transformed = np.einsum("ei,ocij,fj->efoc", g, weight.astype(np.float64), g)
        vector = self.blocks * self.cpu.width
        split = transformed.reshape(CELLS, self.outputs // vector, vector, self.inputs)
        return np.ascontiguousarray(split.transpose(1, 0, 3, 2), dtype=np.float32)

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        lanes, v = Lanes(self.cpu.width), self.cpu.width
        blocks, tiles, step, across = self.blocks, self.tiles, self.step, self.width // OUT
        outer, vector = self.outputs // (self.blocks * v), self.blocks * v

        def transform_inputs(x, cells, first):
            with T.serial(0, self.inputs // v) as part, T.serial(0, tiles) as tile:
                top, left = (first + tile) // across * OUT, (first + tile) % across * OUT
                columns = [
                    input_transform(lanes, [lanes.load(x, part, top + i, left + j) for i in range(IN)]) for j in range(IN)
                ]
                for i in range(IN):
                    for j, value in enumerate(input_transform(lanes, [column[i] for column in columns])):
                        T.buffer_store(cells, value, [i * IN + j, lanes.ramp((part * tiles + tile) * v)])

        def multiply(cells, weight, products, block):
            with T.serial(0, CELLS) as cell, T.serial(0, tiles // step) as group:
                sums = [[lanes.register() for _ in range(blocks)] for _ in range(step)]
                for registers in sums:
                    for register in registers:
                        lanes.put(register, lanes.constant(0.0))
                with T.serial(0, self.inputs // v) as part, T.serial(0, v) as channel:
                    for t, registers in enumerate(sums):
                        scalar = lanes.splat(cells[cell, (part * tiles + group * step + t) * v + channel])
                        for o, register in enumerate(registers):
                            w = weight[block, cell, part * v + channel, lanes.ramp(o * v)]
                            lanes.put(register, lanes.get(register) + scalar * w)
                for t, registers in enumerate(sums):
                    for o, register in enumerate(registers):
                        at = ((group * step + t) * blocks + o) * v
                        T.buffer_store(products, lanes.get(register), [cell, lanes.ramp(at)])

        def transform_outputs(products, bias, y, block, first):
            with T.serial(0, tiles) as tile, T.serial(0, blocks) as o:
                top, left = (first + tile) // across * OUT, (first + tile) % across * OUT
                at = (tile * blocks + o) * v
                columns = [
                    output_transform(lanes, [products[i * IN + j, lanes.ramp(at)] for i in range(IN)]) for j in range(IN)
                ]
                shift = lanes.keep(lanes.load(bias, block * blocks + o))
                for i in range(OUT):
                    for j, value in enumerate(output_transform(lanes, [column[i] for column in columns])):
                        lanes.store(y, lanes.relu(value + shift), block * blocks + o, top + i + 1, left + j + 1)

        def body(x, weight, bias, y):
            lanes.clear_border(y, 0, self.outputs // v, self.height, self.width)
            with T.parallel(0, self.count // tiles) as task:
                cells = T.alloc_buffer((CELLS, tiles * self.inputs + SKEW), DTYPE)
                products = T.alloc_buffer((CELLS, tiles * vector + SKEW), DTYPE)
                transform_inputs(x, cells, task * tiles)
                with T.serial(0, outer) as block:
                    multiply(cells, weight, products, block)
                    transform_outputs(products, bias, y, block, task * tiles)

        padded = (self.height + 2, self.width + 2)
        return function(
            name,
            {
                "x": (self.inputs // v, *padded, v),
                "weight": (outer, CELLS, self.inputs, vector),
                "bias": (self.outputs // v, v),
                "y": (self.total // v, *padded, v),
            },
            body,
        )
