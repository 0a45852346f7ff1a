"""The last convolution and the head in one kernel: the tile stays in registers, and the network's largest activation is never
written."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import ceil

from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cpu.kernel import Shape
from unet.kernels.cpu.simd import DTYPE, Lanes
from unet.kernels.cpu.stem_head import probabilities
from unet.kernels.cpu.tiles import Tile
from unet.kernels.cpu.winograd import Winograd


@dataclass(frozen=True)
class WinogradHead(Winograd):
    """Writes probabilities instead of activations: the head's products are summed over the channels of a task."""

    @classmethod
    def of(cls, kernel: Winograd) -> WinogradHead | None:
        """`kernel` with a head; None unless all channels of a pixel are in one task."""
        if kernel.schedule.split != 1:
            return None
        return cls(**{field.name: getattr(kernel, field.name) for field in fields(kernel)})

    @property
    def pixels(self) -> int:
        """Pixels of a tile, rounded up to whole vectors."""
        return ceil(self.schedule.side**2 / self.cpu.width) * self.cpu.width

    @property
    def shapes(self) -> dict[str, Shape]:
        v = self.cpu.width
        shapes = {name: shape for name, shape in super().shapes.items() if name != "y"}
        return {**shapes, "head": (self.outputs // v, v), "shift": (1,), "y": (1, 1, self.height, self.width)}

    @property
    def cost(self) -> OperatorCost:
        convolution, head = super().cost, 2 * self.outputs * self.height * self.width
        flop, arithmetic = convolution.flop + head, convolution.arithmetic + head
        return replace(convolution, kind=f"{convolution.kind}-head", flop=flop, arithmetic=arithmetic, used=())

    def begin(self, lanes: Lanes, head, shift, y) -> None:
        """Probabilities have no border."""

    def prefetch_outputs(self, cell, block, tile: Tile, *results) -> None:
        """Probabilities are one channel: too little to wait for."""

    def hold(self, lanes: Lanes) -> list:
        sums = T.alloc_buffer((self.schedule.tiles * self.pixels * self.cpu.width,), DTYPE)
        with T.serial(0, self.schedule.tiles * self.pixels) as pixel:
            T.buffer_store(sums, lanes.constant(0.0), [lanes.ramp(pixel * self.cpu.width)])
        return [sums]

    def finish(self, lanes: Lanes, values: list, row, tile, channel, at: Tile, head, shift, y, sums) -> None:
        weight = lanes.keep(lanes.load(head, channel))
        for j, value in enumerate(values):
            place = lanes.ramp((tile * self.pixels + row * len(values) + j) * self.cpu.width)
            T.buffer_store(sums, sums[place] + value * weight, [place])

    def end(self, lanes: Lanes, tile, at: Tile, head, shift, y, sums) -> None:
        v, side = self.cpu.width, self.schedule.side
        ready = T.alloc_buffer((self.pixels,), DTYPE, scope="global")
        for pixel in range(0, self.pixels, v):
            value = probabilities(lanes, sums, (tile * self.pixels + pixel) * v, shift)
            T.buffer_store(ready, value, [lanes.ramp(pixel)])
        with T.serial(0, side) as i:
            for j in range(side):
                T.buffer_store(y, ready[i * side + j], [0, 0, at.row_of(i), at.column_of(j)])
