"""The last convolution and the head in one kernel: the tile is in registers, and the network's largest activation is never written."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from tvm.tirx.script import builder as T

from unet.kernels.ends import probabilities
from unet.kernels.kernel import Shape
from unet.kernels.lanes import DTYPE, Lanes
from unet.kernels.winograd import Winograd
from unet.operators import Work


@dataclass(frozen=True)
class WinogradHead(Winograd):
    """Writes probabilities instead of activations: the head's products are summed over the channels of a task."""

    @classmethod
    def of(cls, kernel: Winograd) -> WinogradHead | None:
        """`kernel` with a head, if all channels of a pixel are in one task and a tile's pixels fill vectors."""
        schedule = kernel.schedule
        if schedule.split != 1 or schedule.side**2 % kernel.cpu.width:
            return None
        return cls(**{field.name: getattr(kernel, field.name) for field in fields(kernel)})

    @property
    def pixels(self) -> int:
        return self.schedule.side**2

    @property
    def shapes(self) -> dict[str, Shape]:
        v = self.cpu.width
        shapes = {name: shape for name, shape in super().shapes.items() if name != "y"}
        return {**shapes, "head": (self.outputs // v, v), "shift": (1,), "y": (1, 1, self.height, self.width)}

    @property
    def work(self) -> Work:
        convolution, head = super().work, 2 * self.outputs * self.height * self.width
        flop, arithmetic = convolution.flop + head, convolution.arithmetic + head
        return replace(convolution, kind=f"{convolution.kind}-head", flop=flop, arithmetic=arithmetic, used=())

    def begin(self, lanes: Lanes, head, shift, y) -> None:
        """Probabilities have no border."""

    def hold(self, lanes: Lanes) -> list:
        sums = T.alloc_buffer((self.schedule.tiles * self.pixels * self.cpu.width,), DTYPE)
        with T.serial(0, self.schedule.tiles * self.pixels) as pixel:
            T.buffer_store(sums, lanes.constant(0.0), [lanes.ramp(pixel * self.cpu.width)])
        return [sums]

    def finish(self, lanes: Lanes, values: list[list], tile, channel, at: tuple, head, shift, y, sums) -> None:
        weight = lanes.keep(lanes.load(head, channel))
        for pixel, value in enumerate(value for row in values for value in row):
            place = lanes.ramp((tile * self.pixels + pixel) * self.cpu.width)
            T.buffer_store(sums, sums[place] + value * weight, [place])

    def end(self, lanes: Lanes, tile, at: tuple, head, shift, y, sums) -> None:
        v, side = self.cpu.width, self.schedule.side
        for group in range(self.pixels // v):
            value = probabilities(lanes, sums, (tile * self.pixels + group * v) * v, shift)
            # A vector holds whole rows of the tile.
            rows = T.alloc_buffer((v,), DTYPE, scope="global")
            T.buffer_store(rows, value, [lanes.ramp()])
            for k in range(v // side):
                row = at[0] + group * v // side + k
                T.buffer_store(y, rows[T.Ramp(k * side, 1, side)], [0, 0, row, T.Ramp(at[1], 1, side)])
