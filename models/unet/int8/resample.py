"""Halving and doubling images of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.int8.grid import Dot
from unet.int8.lanes import ByteLanes
from unet.kernels.kernel import Shape, Tunable
from unet.kernels.lanes import CPU, Lanes, divisors, largest_divisor
from unet.kernels.resample import Pool, UpSchedule


@dataclass(frozen=True)
class BytePool(Pool):
    """The maximum does not care about scales."""

    dot: Dot

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.dot.activation, "y": self.dot.activation}

    def lanes(self) -> Lanes:
        return ByteLanes(self.cpu.width, self.dot)


@dataclass(frozen=True)
class ByteUp(Tunable):
    """Like `Up`, with `ByteConvolution`'s sums. There is no ReLU: `zero` is the byte that stands for zero, border included."""

    cpu: CPU
    dot: Dot
    inputs: int
    outputs: int
    height: int
    width: int
    total: int
    offset: int
    zero: int
    chosen: UpSchedule | None = None

    def model(self) -> UpSchedule:
        return UpSchedule(1, largest_divisor(self.width, self.cpu.accumulators // 2))

    def schedules(self) -> Iterator[UpSchedule]:
        for tile in divisors(self.width):
            if self.cpu.accumulators // 2 <= 2 * tile <= self.cpu.registers * 3 // 4:
                yield UpSchedule(1, tile)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(IC, OC, 2, 2) of int8 → [OC/V, 2, IC/V, V/4, 2, V·4]."""
        v = self.cpu.width
        split = weight.reshape(self.inputs // v, v // 4, 4, self.outputs // v, v, 2, 2)
        ordered = split.transpose(3, 5, 0, 1, 6, 4, 2)
        return np.ascontiguousarray(ordered.reshape(*ordered.shape[:5], 4 * v))

    @property
    def shapes(self) -> dict[str, Shape]:
        v = self.cpu.width
        return {
            "x": (self.inputs // v, self.height + 2, self.width + 2, v),
            "weight": (self.outputs // v, 2, self.inputs // v, v // 4, 2, 4 * v),
            "multiplier": (self.outputs // v, v),
            "shift": (self.outputs // v, v),
            "y": (self.total // v, 2 * self.height + 2, 2 * self.width + 2, v),
        }

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.dot.activation, "weight": "int8", "y": self.dot.activation}

    def emit(self, x, weight, multiplier, shift, y) -> None:
        lanes, v = ByteLanes(self.cpu.width, self.dot), self.cpu.width
        tile, height, first = self.schedule.tile, self.height, self.offset // v
        lanes.clear_border(y, first, self.outputs // v, 2 * height, 2 * self.width, self.zero)
        with T.parallel(0, self.outputs // v * height) as task:
            block, row = task // height, task % height
            with T.serial(0, self.width // tile) as column, T.serial(0, 2) as dy:
                sums = [[lanes.sum() for _ in range(2)] for _ in range(tile)]
                with T.serial(0, self.inputs // v) as part:
                    for group in range(v // 4):
                        for p, pixel in enumerate(sums):
                            four = x[part, row + 1, column * tile + p + 1, T.Ramp(4 * group, 1, 4)]
                            for dx, register in enumerate(pixel):
                                w = weight[block, dy, part, group, dx, T.Ramp(0, 1, 4 * v)]
                                lanes.put(register, self.dot.multiply_add(lanes.get(register), four, w))
                for p, pixel in enumerate(sums):
                    for dx, register in enumerate(pixel):
                        byte = lanes.byte(lanes.get(register), multiplier, shift, block, least=self.dot.low)
                        at = (2 * row + dy + 1, 2 * (column * tile + p) + dx + 1)
                        lanes.store(y, byte, block + first, *at)
