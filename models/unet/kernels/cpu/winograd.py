"""3×3 convolution as Winograd F(2×2), F(4×4) or F(6×6), with bias and ReLU (Lavin and Gray, CVPR 2016).

A tile of output and its window of input are transformed, and the weights when compiling, so that the convolution becomes 16, 36
or 64 independent matrix products. A task takes `tiles` tiles: it transforms their inputs into a buffer that stays in a core's
cache, multiplies, and transforms back. The price is rounding, about 1e-5 here, and weights 16/9, 4 or 64/9 times as large.

Tiles need not divide the image: the last of a row or column then overlaps the one before. What that one computes it overwrites
itself with what belongs there (`tiles.py`), so that every output has one writer and one value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, inf

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cpu.kernel import Shape, Tunable
from unet.kernels.cpu.prefetch import LINE, prefetch, prefetch_tile
from unet.kernels.cpu.simd import CPU, DTYPE, Lanes, divisors, largest_divisor
from unet.kernels.cpu.tiles import Tile, TileGrid
from unet.kernels.cpu.transforms import TRANSFORMS, Transform

SKEW = 16  # floats between cells: powers of two would all fall into the same cache sets
TASKS = 4  # at least so many where the image allows
TILES = 16  # share each weight that is read; more only need more cache
MOST_TILES = 64
WEIGHTS_AHEAD = 12 * 1024  # bytes; memory answers in about the time in which a kernel uses so many
UNEVEN = (8, 12, 16, 24, 32, 48)  # numbers of tiles that need not divide the image's
IN_VAIN = 1 / 16  # of the tiles that may be computed twice so that all tasks have as many


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
    """A convolution like `direct.Direct`, for inputs that are a multiple of the vector width."""

    cpu: CPU
    inputs: int
    outputs: int
    height: int
    width: int
    total: int
    chosen: WinogradSchedule | None = None
    # Of the weights: float16 halves them, and the register that a weight is loaded into is float32 all the same.
    storage: str = DTYPE
    # Bytes that its transformed weights may take, in single precision: a larger `side` has larger ones.
    most_weights: float = inf

    @property
    def fits(self) -> bool:
        """Whether there is any schedule."""
        return self.inputs % self.cpu.width == 0 and bool(self._sides())

    @property
    def transform(self) -> Transform:
        return TRANSFORMS[self.schedule.side]

    def grid(self, side: int) -> TileGrid:
        return TileGrid(side, self.height, self.width)

    @property
    def share(self) -> float:
        """Of a direct convolution's multiplications, those that are left, with what overlapping tiles and uneven tasks do twice."""
        side, tiles = self.schedule.side, self.schedule.tiles
        computed = ceil(self.grid(side).count / tiles) * tiles
        return TRANSFORMS[side].cells * computed / (9 * self.height * self.width)

    @property
    def cost(self) -> OperatorCost:
        shape = (self.inputs, self.outputs, self.height, self.width)
        return convolution(f"winograd-f{self.schedule.side}", *shape, share=self.share, used=(("y", self.outputs / self.total),))

    # MARK: schedules

    def model(self) -> WinogradSchedule:
        """The schedule for a machine that nobody measured: fewest multiplications, most sums, as many tiles as its cache holds."""
        side = min(self._sides(), key=lambda side: TRANSFORMS[side].cells * self.grid(side).count)
        cells, count, most = TRANSFORMS[side].cells, self.grid(side).count, self.cpu.accumulators
        # Twice the cache: a matrix product reads one cell at a time, and sharing weights is worth more.
        cached = max(most // 2, 2 * self.cpu.cache // (cells * self.inputs * 4))

        def merit(choice: tuple[int, int]) -> tuple:
            tiles, blocks = choice
            sums = blocks * largest_divisor(tiles, most // blocks)
            return 2 * sums >= most, tiles <= cached, sums, tiles, blocks

        possible = [tiles for tiles in self._numbers_of_tiles(side) if tiles <= TILES]
        tiles, blocks = max(product(possible, divisors(largest_divisor(self.outputs // self.cpu.width, 2))), key=merit)
        outer = self.outputs // (blocks * self.cpu.width)
        tasks = ceil(count / tiles)
        split = next((s for s in divisors(outer) if s * tasks >= TASKS), outer)
        return WinogradSchedule(side, blocks, largest_divisor(tiles, most // blocks), tiles, split)

    def schedules(self) -> Iterator[WinogradSchedule]:
        most = self.cpu.accumulators
        for side in self._sides():
            count = self.grid(side).count
            for blocks in (b for b in (1, 2, 4) if self.outputs // self.cpu.width % b == 0):
                outer = self.outputs // (blocks * self.cpu.width)
                for tiles in self._numbers_of_tiles(side):
                    step = largest_divisor(tiles, most // blocks)
                    for split in (s for s in (1, 2, 4, 8) if outer % s == 0):
                        if self._sensible(side, blocks * step, tiles, ceil(count / tiles), split):
                            yield WinogradSchedule(side, blocks, step, tiles, split)

    def _sensible(self, side: int, sums: int, tiles: int, tasks: int, split: int) -> bool:
        """Neither sums too few to hide a multiply-add's latency, nor a buffer far beyond the cache, nor tasks too few or split in vain."""
        cached = tiles <= TILES or TRANSFORMS[side].cells * tiles * self.inputs * 4 <= 2 * self.cpu.cache
        whole = split == 1 or tasks * split < 4 * TASKS
        return 2 * sums >= self.cpu.accumulators and cached and whole and tasks * split > 1

    def _sides(self) -> list[int]:
        pairs, smallest = self.inputs * self.outputs, min(self.height, self.width)
        sides = TRANSFORMS.items()
        return [side for side, transform in sides if side <= smallest and 4 * transform.cells * pairs <= self.most_weights]

    def _numbers_of_tiles(self, side: int) -> list[int]:
        """How many a task may take: all tasks the same, or the last of them few twice."""
        count = self.grid(side).count
        uneven = {t for t in UNEVEN if ceil(count / t) * t <= count * (1 + IN_VAIN)}
        return sorted(uneven | {t for t in divisors(count) if t <= MOST_TILES})

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
        grid = self.grid(side)
        vector = blocks * v
        outer = self.outputs // vector
        # One-dimensional buffers: LLVM spills less with one address to compute, which is worth up to a quarter of a layer.
        row, products_row = tiles * self.inputs + SKEW, tiles * vector + SKEW

        held: list = []  # what a task keeps for `end`

        def transform_inputs(transformed, half, first):
            with T.serial(0, self.inputs // v) as part, T.serial(0, tiles) as tile:
                at = grid.tile(first + tile)
                with T.serial(0, window) as j:
                    column = [lanes.load(x, part, at.top + i, at.left + j) for i in range(window)]
                    for i, value in enumerate(transform.inputs(lanes, column)):
                        T.buffer_store(half, value, [lanes.ramp((i * window + j) * v)])
                with T.serial(0, window) as i:
                    values = [half[lanes.ramp((i * window + j) * v)] for j in range(window)]
                    for j, value in enumerate(transform.inputs(lanes, values)):
                        cell = (i * window + j) * row + (part * tiles + tile) * v
                        T.buffer_store(transformed, value, [lanes.ramp(cell)])

        def together(task, group):
            """The tiles whose sums are in registers at a time; none if nothing is to be asked for."""
            return [grid.tile(task // split * tiles + group * step + t) for t in range(step if self.cpu.prefetch else 0)]

        def multiply(transformed, products, block, task):
            with T.serial(0, cells) as cell, T.serial(0, tiles // step) as group:
                for tile in together(task, group):
                    self.prefetch_outputs(cell, block, tile, *results)
                sums = [[lanes.register() for _ in range(blocks)] for _ in range(step)]
                for registers in sums:
                    for register in registers:
                        lanes.put(register, lanes.constant(0.0))
                with T.serial(0, self.inputs // v) as part:
                    for tile in together(task + 1, group):
                        prefetch_tile(x, part, tile, cell, rows=window)
                    with T.serial(0, v) as channel:
                        self._prefetch_weights(weight, block, cell, part * v + channel)
                        for t, registers in enumerate(sums):
                            scalar = lanes.splat(transformed[cell * row + (part * tiles + group * step + t) * v + channel])
                            for o, register in enumerate(registers):
                                w = weight[block, cell, part * v + channel, lanes.ramp(o * v)]
                                lanes.put(register, lanes.get(register) + scalar * lanes.widen(w, self.storage))
                for t, registers in enumerate(sums):
                    for o, register in enumerate(registers):
                        at = cell * products_row + ((group * step + t) * blocks + o) * v
                        T.buffer_store(products, lanes.get(register), [lanes.ramp(at)])

        def transform_outputs(products, half, block, first):
            with T.serial(0, tiles) as tile, T.serial(0, blocks) as o:
                start = (tile * blocks + o) * v
                with T.serial(0, window) as j:
                    column = [products[lanes.ramp((i * window + j) * products_row + start)] for i in range(window)]
                    for i, value in enumerate(transform.outputs(lanes, column)):
                        T.buffer_store(half, value, [lanes.ramp((i * window + j) * v)])
                shift = lanes.keep(lanes.load(bias, block * blocks + o))
                with T.serial(0, side) as i:
                    values = [half[lanes.ramp((i * window + j) * v)] for j in range(window)]
                    values = [lanes.relu(value + shift) for value in transform.outputs(lanes, values)]
                    self.finish(lanes, values, i, tile, block * blocks + o, grid.tile(first + tile), *results, *held)

        self.begin(lanes, *results)
        with T.parallel(0, ceil(grid.count / tiles) * split) as task:
            transformed = T.alloc_buffer((cells * row,), DTYPE)
            products = T.alloc_buffer((cells * products_row,), DTYPE)
            half = T.alloc_buffer((cells * v,), DTYPE, scope="global")  # a tile between the transform of columns and of rows
            held.extend(self.hold(lanes))
            first = task // split * tiles
            transform_inputs(transformed, half, first)
            with T.serial(0, outer // split) as part:
                block = task % split * (outer // split) + part
                multiply(transformed, products, block, task)
                transform_outputs(products, half, block, first)
            with T.serial(0, tiles) as tile:
                self.end(lanes, tile, grid.tile(first + tile), *results, *held)

    def _prefetch_weights(self, weight, block, cell, channel) -> None:
        """Asks for those that are read in a while; beyond a cell's last channel the next cell's follow."""
        if self.cpu.prefetch:
            size, vector = np.dtype(self.storage).itemsize, self.schedule.blocks * self.cpu.width
            for o in range(0, vector, LINE // size):
                prefetch(weight, block, cell, channel + WEIGHTS_AHEAD // (vector * size), o)

    # MARK: what becomes of the results

    def begin(self, lanes: Lanes, y) -> None:
        lanes.clear_border(y, 0, self.outputs // self.cpu.width, self.height, self.width)

    def hold(self, lanes: Lanes) -> list:
        return []

    def prefetch_outputs(self, cell, block, tile: Tile, y) -> None:
        """Asks for the lines that `finish` will write, a few of them during each cell's matrix product."""
        for o in range(self.schedule.blocks):
            channel = block * self.schedule.blocks + o
            prefetch_tile(y, channel, tile, cell, rows=self.schedule.side, border=1, to_write=True)

    def finish(self, lanes: Lanes, values: list, row, tile, channel, at: Tile, y) -> None:
        """Takes the `values` of a tile's row: vectors of channel block `channel`."""
        for j, value in enumerate(values):
            lanes.store(y, value, channel, at.row_of(row) + 1, at.column_of(j) + 1)

    def end(self, lanes: Lanes, tile, at: Tile, *results) -> None:
        """After all channels of a tile."""
