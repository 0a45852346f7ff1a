"""Halving and doubling the image: 2×2 max pooling, and the transposed 2×2 convolution of stride 2."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cpu.kernel import Kernel, Shape, Tunable
from unet.kernels.cpu.simd import CPU, DTYPE, Lanes, divisors, largest_divisor


@dataclass(frozen=True)
class Pool(Kernel):
    """Maximum over 2×2 pixels: the first `channels` of a buffer of `total`, to `height` × `width`."""

    cpu: CPU
    channels: int
    total: int
    height: int
    width: int

    @property
    def shapes(self) -> dict[str, Shape]:
        x = self.cpu.blocks(self.total, 2 * self.height, 2 * self.width)
        return {"x": x, "y": self.cpu.blocks(self.channels, self.height, self.width)}

    @property
    def cost(self) -> OperatorCost:
        layer = f"{self.channels} to {self.height}×{self.width}"
        return OperatorCost("pool-2x2", layer, 0, 0, used=(("x", self.channels / self.total),))

    def lanes(self) -> Lanes:
        return Lanes(self.cpu.width)

    def emit(self, x, y) -> None:
        lanes, v = self.lanes(), self.cpu.width
        lanes.clear_border(y, 0, self.channels // v, self.height, self.width)
        with T.parallel(0, self.channels // v * self.height) as task:
            block, row = task // self.height, task % self.height
            with T.serial(0, self.width) as column:
                corners = [lanes.load(x, block, 2 * row + 1 + i, 2 * column + 1 + j) for i in (0, 1) for j in (0, 1)]
                top, bottom = T.max(corners[0], corners[1]), T.max(corners[2], corners[3])
                lanes.store(y, T.max(top, bottom), block, row + 1, column + 1)


@dataclass(frozen=True)
class UpConvolutionSchedule:
    """The free choices."""

    # Vectors of output channels, and input pixels of a row, whose sums (two each) are in registers at a time.
    blocks: int
    tile: int


@dataclass(frozen=True)
class UpConvolution(Tunable):
    """Transposed 2×2 convolution, stride 2, with bias, from `height` × `width` to twice that.

    Its windows do not overlap: each input pixel gives four output pixels, by four small matrix products. It writes channels
    `offset …` of a buffer of `total` channels whose first part another layer has written, so that a skip connection's
    concatenation costs nothing.
    """

    stored_name = "up"
    schedule_type = UpConvolutionSchedule

    offset: int
    chosen: UpConvolutionSchedule | None = None
    storage: str = DTYPE

    def model(self) -> UpConvolutionSchedule:
        return UpConvolutionSchedule(1, largest_divisor(self.width, self.cpu.accumulators // 2))

    def schedules(self) -> Iterator[UpConvolutionSchedule]:
        """The schedules that a search may try, within the bounds of `Direct.schedules`."""
        for blocks in (b for b in (1, 2, 4) if self.outputs // self.cpu.width % b == 0):
            for tile in divisors(self.width):
                if self.cpu.accumulators // 2 <= 2 * blocks * tile <= self.cpu.registers * 3 // 4:
                    yield UpConvolutionSchedule(blocks, tile)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(IC, OC, 2, 2) → [OC/(blocks·V), 2, IC/V, V, 2, blocks·V]: outputs, row of the window, inputs, its column, outputs."""
        v, vector = self.cpu.width, self.schedule.blocks * self.cpu.width
        split = weight.reshape(self.inputs // v, v, self.outputs // vector, vector, 2, 2)
        return np.ascontiguousarray(split.transpose(2, 4, 0, 1, 5, 3))

    @property
    def shapes(self) -> dict[str, Shape]:
        v, vector = self.cpu.width, self.schedule.blocks * self.cpu.width
        x, y = self.cpu.blocks(self.inputs, self.height, self.width), self.cpu.blocks(self.total, 2 * self.height, 2 * self.width)
        weight = (self.outputs // vector, 2, self.inputs // v, v, 2, vector)
        return {"x": x, "weight": weight, "bias": (self.outputs // v, v), "y": y}

    @property
    def cost(self) -> OperatorCost:
        shape = (self.inputs, self.outputs, 2 * self.height, 2 * self.width)
        return convolution("up-2x2", *shape, taps=1, used=(("y", self.outputs / self.total),))

    def emit(self, x, weight, bias, y) -> None:
        lanes, v = Lanes(self.cpu.width), self.cpu.width
        blocks, tile = self.schedule.blocks, self.schedule.tile
        height, first, outer = self.height, self.offset // v, self.outputs // (blocks * v)
        lanes.clear_border(y, first, self.outputs // v, 2 * height, 2 * self.width)
        with T.parallel(0, outer * height) as task:
            block, row = task // height, task % height
            with T.serial(0, self.width // tile) as column, T.serial(0, 2) as dy:
                sums = [[[lanes.register() for _ in range(blocks)] for _ in range(2)] for _ in range(tile)]
                for pixel in sums:
                    for window in pixel:
                        for o, register in enumerate(window):
                            lanes.put(register, lanes.load(bias, block * blocks + o))
                with T.serial(0, self.inputs // v) as part, T.serial(0, v) as channel:
                    for p, pixel in enumerate(sums):
                        scalar = lanes.splat(x[part, row + 1, column * tile + p + 1, channel])
                        for dx, window in enumerate(pixel):
                            for o, register in enumerate(window):
                                w = weight[block, dy, part, channel, dx, lanes.ramp(o * v)]
                                lanes.put(register, lanes.get(register) + scalar * lanes.widen(w, self.storage))
                for p, pixel in enumerate(sums):
                    for dx, window in enumerate(pixel):
                        for o, register in enumerate(window):
                            at = (2 * row + dy + 1, 2 * (column * tile + p) + dx + 1)
                            lanes.store(y, lanes.get(register), block * blocks + o + first, *at)
