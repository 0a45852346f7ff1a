"""3×3 convolution as Winograd F(2×2) or F(4×4), with bias and ReLU (Lavin and Gray, CVPR 2016).

A tile of output and its window of input are transformed, and the weights when compiling, so that the convolution becomes 16 or
36 independent matrix products. A task takes `tiles` tiles: it transforms their inputs into a buffer that stays in a core's
cache, multiplies, and transforms back. The price is rounding, about 1e-5 here, and weights 16/9 or four times as large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.kernel import Shape, Tunable
from unet.kernels.lanes import CPU, DTYPE, Lanes, divisors, largest_divisor
from unet.kernels.transforms import TRANSFORMS, Transform
from unet.operators import Work, convolution

SKEW = 16  # floats between cells: powers of two would all fall into the same cache sets
TASKS = 4  # at least so many where the image allows
TILES = 16  # share each weight that is read; more only need more cache


@dataclass(frozen=True)
class WinogradSchedule:
    """What may be chosen freely; any legal value gives the same sums in the same order of channels."""

    # m of F(m×m, 3×3).
    side: int
    # Vectors of output channels, and tiles, whose sums are in registers at a time.
    blocks: int
    step: int
    # Tiles a task.
    tiles: int
    # Tasks that share the output channels of the same tiles, each transforming the inputs for itself.
    split: int = 1


@dataclass(frozen=True)
class Winograd(Tunable):
    """A convolution like `direct.Direct`, for inputs that are a multiple of the vector width and even sides."""

    cpu: CPU
    inputs: int
    outputs: int
    height: int
    width: int
    total: int
    chosen: WinogradSchedule | None = None
    # Of the weights: float16 halves them, and the register that a weight is loaded into is float32 all the same.
    storage: str = DTYPE

    @staticmethod
    def fits(cpu: CPU, inputs: int, height: int, width: int) -> bool:
        return inputs % cpu.width == 0 and height % 2 == 0 and width % 2 == 0

    @property
    def transform(self) -> Transform:
        return TRANSFORMS[self.schedule.side]

    @property
    def share(self) -> float:
        """Of a direct convolution's multiplications, those that are left."""
        return self.transform.cells / (9 * self.transform.side**2)

    @property
    def work(self) -> Work:
        shape = (self.inputs, self.outputs, self.height, self.width)
        return convolution(f"winograd-f{self.schedule.side}", *shape, share=self.share, used=(("y", self.outputs / self.total),))

    # MARK: schedules

    def model(self) -> WinogradSchedule:
        """The schedule for a machine that nobody measured: as many tiles as its cache holds, F(4×4) where it fits."""
        side = self._sides()[0]
        cells, count = TRANSFORMS[side].cells, self._count(side)
        # Twice the cache: a matrix product reads one cell at a time, and sharing weights is worth more.
        cached = 2 * self.cpu.cache // (cells * self.inputs * 4)
        tiles = largest_divisor(count, min(TILES, max(self.cpu.accumulators // 2, cached)))
        blocks = largest_divisor(self.outputs // self.cpu.width, 2)
        outer = self.outputs // (blocks * self.cpu.width)
        tasks = count // tiles
        split = next((s for s in divisors(outer) if s * tasks >= TASKS), outer)
        return WinogradSchedule(side, blocks, largest_divisor(tiles, self.cpu.accumulators // blocks), tiles, split)

    def schedules(self) -> Iterator[WinogradSchedule]:
        most = self.cpu.accumulators
        for side in self._sides():
            count = self._count(side)
            for blocks in (b for b in (1, 2, 4) if self.outputs // self.cpu.width % b == 0):
                outer = self.outputs // (blocks * self.cpu.width)
                for tiles in (t for t in divisors(count) if t <= 64):
                    step = largest_divisor(tiles, most // blocks)
                    for split in (s for s in (1, 2, 4, 8) if outer % s == 0):
                        if self._sensible(side, blocks * step, tiles, count // tiles, split):
                            yield WinogradSchedule(side, blocks, step, tiles, split)

    def _sensible(self, side: int, sums: int, tiles: int, tasks: int, split: int) -> bool:
        """Neither sums too few to hide a multiply-add's latency, nor a buffer far beyond the cache, nor tasks too few or split in vain."""
        cached = tiles <= TILES or TRANSFORMS[side].cells * tiles * self.inputs * 4 <= 2 * self.cpu.cache
        whole = split == 1 or tasks * split < 4 * TASKS
        return 2 * sums >= self.cpu.accumulators and cached and whole and tasks * split > 1

    def _sides(self) -> list[int]:
        return [m for m in (4, 2) if self.height % m == 0 and self.width % m == 0]

    def _count(self, side: int) -> int:
        return (self.height // side) * (self.width // side)

    # MARK: code

    @property
    def shapes(self) -> dict[str, Shape]:
        v, vector = self.cpu.width, self.schedule.blocks * self.cpu.width
        padded = (self.height + 2, self.width + 2)
        return {
            "x": (self.inputs // v, *padded, v),
            "weight": (self.outputs // vector, self.transform.cells, self.inputs, vector),
            "bias": (self.outputs // v, v),
            "y": (self.total // v, *padded, v),
        }

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(OC, IC, 3, 3) → transformed, [OC/(blocks·V), cells, IC, blocks·V]."""
        vector = self.schedule.blocks * self.cpu.width
        transformed = self.transform.weights(weight)
        split = transformed.reshape(self.transform.cells, self.outputs // vector, vector, self.inputs)
        return np.ascontiguousarray(split.transpose(1, 0, 3, 2), dtype=np.float32)

    @property
    def types(self) -> dict[str, str]:
        return {"weight": self.storage}

    def emit(self, x, weight, bias, *results) -> None:
        lanes, v = Lanes(self.cpu.width), self.cpu.width
        schedule, transform = self.schedule, self.transform
        blocks, tiles, step, split = schedule.blocks, schedule.tiles, schedule.step, schedule.split
        side, window, cells = transform.side, transform.window, transform.cells
        across = self.width // side
        vector = blocks * v
        outer = self.outputs // vector
        # One-dimensional buffers: LLVM spills less with one address to compute, which is worth up to a quarter of a layer.
        row, products_row = tiles * self.inputs + SKEW, tiles * vector + SKEW

        held: list = []  # what a task keeps for `end`

        def corner(tile):
            return tile // across * side, tile % across * side

        def transform_inputs(transformed, first):
            with T.serial(0, self.inputs // v) as part, T.serial(0, tiles) as tile:
                top, left = corner(first + tile)
                columns = [
                    transform.inputs(lanes, [lanes.load(x, part, top + i, left + j) for i in range(window)])
                    for j in range(window)
                ]
                for i in range(window):
                    for j, value in enumerate(transform.inputs(lanes, [column[i] for column in columns])):
                        at = (i * window + j) * row + (part * tiles + tile) * v
                        T.buffer_store(transformed, value, [lanes.ramp(at)])

        def multiply(transformed, products, block):
            with T.serial(0, cells) as cell, T.serial(0, tiles // step) as group:
                sums = [[lanes.register() for _ in range(blocks)] for _ in range(step)]
                for registers in sums:
                    for register in registers:
                        lanes.put(register, lanes.constant(0.0))
                with T.serial(0, self.inputs // v) as part, T.serial(0, v) as channel:
                    for t, registers in enumerate(sums):
                        scalar = lanes.splat(transformed[cell * row + (part * tiles + group * step + t) * v + channel])
                        for o, register in enumerate(registers):
                            w = weight[block, cell, part * v + channel, lanes.ramp(o * v)]
                            lanes.put(register, lanes.get(register) + scalar * lanes.widen(w, self.storage))
                for t, registers in enumerate(sums):
                    for o, register in enumerate(registers):
                        at = cell * products_row + ((group * step + t) * blocks + o) * v
                        T.buffer_store(products, lanes.get(register), [lanes.ramp(at)])

        def transform_outputs(products, block, first):
            with T.serial(0, tiles) as tile, T.serial(0, blocks) as o:
                top, left = corner(first + tile)
                at = (tile * blocks + o) * v
                columns = [
                    transform.outputs(
                        lanes, [products[lanes.ramp((i * window + j) * products_row + at)] for i in range(window)]
                    )
                    for j in range(window)
                ]
                shift = lanes.keep(lanes.load(bias, block * blocks + o))
                rows = [transform.outputs(lanes, [column[i] for column in columns]) for i in range(side)]
                values = [[lanes.relu(value + shift) for value in row] for row in rows]
                self.finish(lanes, values, tile, block * blocks + o, corner(first + tile), *results, *held)

        self.begin(lanes, *results)
        with T.parallel(0, self._count(side) // tiles * split) as task:
            transformed = T.alloc_buffer((cells * row,), DTYPE)
            products = T.alloc_buffer((cells * products_row,), DTYPE)
            held.extend(self.hold(lanes))
            first = task // split * tiles
            transform_inputs(transformed, first)
            with T.serial(0, outer // split) as part:
                block = task % split * (outer // split) + part
                multiply(transformed, products, block)
                transform_outputs(products, block, first)
            with T.serial(0, tiles) as tile:
                self.end(lanes, tile, corner(first + tile), *results, *held)

    # MARK: what becomes of the results

    def begin(self, lanes: Lanes, y) -> None:
        lanes.clear_border(y, 0, self.outputs // self.cpu.width, self.height, self.width)

    def hold(self, lanes: Lanes) -> list:
        return []

    def finish(self, lanes: Lanes, values: list[list], tile, channel, at: tuple, y) -> None:
        """Takes a tile's `values`, rows of vectors of channel block `channel`."""
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                lanes.store(y, value, channel, at[0] + i + 1, at[1] + j + 1)

    def end(self, lanes: Lanes, tile, at: tuple, *results) -> None:
        """After all channels of a tile."""
