"""Direct 3×3 convolution with bias and ReLU.

One register tile holds `tile` pixels of a row times `blocks` vectors of output channels. For each of the 9·IC inputs a pixel's
value is broadcast and multiplied with `blocks` weight vectors: `tile·blocks` multiply-adds for `tile` broadcasts and `blocks`
loads. Weights lie in the order they are read, so they stream. Rows of output run in parallel. (Liu et al. 2019, section 3.1.)
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cpu.kernel import Shape, Tunable
from unet.kernels.cpu.prefetch import pixels_per_line, prefetch
from unet.kernels.cpu.simd import DTYPE, Lanes, divisors, largest_divisor


@dataclass(frozen=True)
class DirectSchedule:
    """The free choices: any legal value gives the same sums in the same order."""

    # Vectors of output channels, and pixels of a row, whose sums are in registers at a time.
    blocks: int
    tile: int
    # Whether consecutive tasks share their weights (rows vary fastest) or their input rows.
    rows_fastest: bool = True


@dataclass(frozen=True)
class Direct(Tunable):
    """A direct convolution `inputs` → `outputs` channels on `height` × `width` pixels.

    It writes channels `0 … outputs` of a buffer of `total` channels. The image, and any input of a number of channels that
    is not a multiple of the vector width, is planar instead: `[inputs, H+2, W+2]`.
    """

    stored_name = "direct"
    schedule_type = DirectSchedule

    chosen: DirectSchedule | None = None
    storage: str = DTYPE
    # Whether it reads the image.
    image: bool = False

    @property
    def planar(self) -> bool:
        """Whether the input is planes instead of blocks of channels."""
        return self.image or self.inputs % self.cpu.width != 0

    def model(self) -> DirectSchedule:
        blocks = largest_divisor(self.outputs // self.cpu.width, 2 if self.cpu.registers >= 32 else 1)
        return DirectSchedule(blocks, largest_divisor(self.width, self.cpu.accumulators // blocks))

    def schedules(self) -> Iterator[DirectSchedule]:
        """The schedules that a search may try: from half the sums that `model` keeps to three quarters of the registers."""
        for blocks in (b for b in (1, 2, 4) if self.outputs // self.cpu.width % b == 0):
            for tile in divisors(self.width):
                if self.cpu.accumulators // 2 <= blocks * tile <= self.cpu.registers * 3 // 4:
                    for rows_fastest in (True, False):
                        yield DirectSchedule(blocks, tile, rows_fastest)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(OC, IC, 3, 3) → [OC/(blocks·V), ICblocks, 3, 3, ICinner, blocks·V]."""
        vector = self.schedule.blocks * self.cpu.width
        inner = self.inputs if self.planar else self.cpu.width
        split = weight.reshape(self.outputs // vector, vector, self.inputs // inner, inner, 3, 3)
        return np.ascontiguousarray(split.transpose(0, 2, 4, 5, 3, 1))

    @property
    def shapes(self) -> dict[str, Shape]:
        v, vector, size = self.cpu.width, self.schedule.blocks * self.cpu.width, (self.height, self.width)
        inner = self.inputs if self.planar else v
        x = (self.inputs, self.height + 2, self.width + 2) if self.planar else self.cpu.blocks(self.inputs, *size)
        weight = (self.outputs // vector, self.inputs // inner, 3, 3, inner, vector)
        return {"x": x, "weight": weight, "bias": (self.outputs // v, v), "y": self.cpu.blocks(self.total, *size)}

    @property
    def cost(self) -> OperatorCost:
        shape = (self.inputs, self.outputs, self.height, self.width)
        return convolution(self.kind, *shape, used=(("y", self.outputs / self.total),))

    @property
    def kind(self) -> str:
        return "direct-3x3"

    @property
    def prefetch(self) -> bool:
        """Whether to prefetch inputs: those that exceed a core's cache."""
        return self.cpu.prefetch and not self.planar and 4 * self.inputs * self.height * self.width > self.cpu.cache

    def emit(self, x, weight, bias, y) -> None:
        lanes, v = self.lanes(), self.cpu.width
        schedule, height = self.schedule, self.height
        tile, blocks = schedule.tile, schedule.blocks
        outer = self.outputs // (blocks * v)
        inner, rounds = (self.inputs, 1) if self.planar else (v, self.inputs // v)
        lanes.clear_border(y, 0, self.outputs // v, height, self.width)
        with T.parallel(0, outer * height) as task:
            by_row = (task // height, task % height)
            block, row = by_row if schedule.rows_fastest else (task % outer, task // outer)
            with T.serial(0, self.width // tile) as column:
                sums = [[lanes.register() for _ in range(blocks)] for _ in range(tile)]
                for pixel in sums:
                    for o, register in enumerate(pixel):
                        lanes.put(register, lanes.load(bias, block * blocks + o))
                with T.serial(0, rounds) as part, T.serial(0, 3) as dy:
                    if self.prefetch:  # for the tile to the right
                        for p in range(0, tile, pixels_per_line(x)):
                            prefetch(x, part, row + dy, (column + 1) * tile + p + 2, 0)
                    for dx in range(3):
                        with T.serial(0, inner) as channel:
                            for p, pixel in enumerate(sums):
                                at = (row + dy, column * tile + p + dx)
                                value = x[(channel, *at)] if self.planar else x[(part, *at, channel)]
                                scalar = lanes.splat(value)
                                for o, register in enumerate(pixel):
                                    w = weight[block, part, dy, dx, channel, lanes.ramp(o * v)]
                                    lanes.put(register, lanes.get(register) + scalar * lanes.widen(w, self.storage))
                for p, pixel in enumerate(sums):
                    for o, register in enumerate(pixel):
                        at = (block * blocks + o, row + 1, column * tile + p + 1)
                        self.finish(lanes, lanes.get(register), y, *at)

    def lanes(self) -> Lanes:
        return Lanes(self.cpu.width)

    def finish(self, lanes: Lanes, value, y, *at) -> None:
        lanes.store(y, lanes.relu(value), *at)
