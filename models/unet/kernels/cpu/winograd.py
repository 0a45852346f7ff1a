"""3×3 convolution as Winograd F(2×2), F(4×4) or F(6×6), with bias and ReLU (Lavin and Gray, CVPR 2016).

A tile of output and its window of input are transformed, and the weights when compiling, so that the convolution becomes 16, 36
or 64 independent matrix products. A task takes `tiles` tiles: it transforms their inputs into a buffer that stays in a core's
cache, multiplies, and transforms back. The price is rounding, about 1e-5 here, and weights 16/9, 4 or 64/9 times as large.

Tiles need not divide the image: the last of a row or column then overlaps the one before. What that one computes it overwrites
itself with what belongs there (`tiles.py`), so that every output has one writer and one value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, inf

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cpu.kernel import Shape, Tunable
from unet.kernels.cpu.prefetch import LINE, prefetch, prefetch_tile
from unet.kernels.cpu.simd import DTYPE, Lanes, divisors, largest_divisor
from unet.kernels.cpu.tiles import Tile, TileGrid
from unet.kernels.cpu.transforms import TRANSFORMS, Transform

SKEW = 16  # floats between cells: powers of two would all fall into the same cache sets
TASKS = 4  # minimum, where the image allows
TILES = 16  # share each weight that is read; more only take more cache
MOST_TILES = 64
WEIGHTS_AHEAD = 12 * 1024  # bytes; memory responds in about the time in which a kernel consumes this many
UNEVEN = (8, 12, 16, 24, 32, 48)  # numbers of tiles per task that need not divide the image's
REDUNDANT = 1 / 16  # share of the tiles that may be computed twice so that all tasks have equally many


@dataclass(frozen=True)
class WinogradSchedule:
    """The free choices: any legal value gives the same sums in the same order of channels."""

    # m of F(m×m, 3×3).
    side: int
    # Vectors of output channels, and tiles, whose sums are in registers at a time.
    blocks: int
    step: int
    # Tiles per task.
    tiles: int
    # Tasks among which the output channels of the same tiles are divided, each transforming the inputs itself.
    split: int = 1


@dataclass(frozen=True)
class Task:
    """What one task works on, all expressions and buffers of the code being written."""

    number: object
    # Its first tile.
    first: object
    # Floats from one cell to the next, in `transformed` and in `products`.
    row: int
    products_row: int
    transformed: object
    products: object
    # A tile between the transform of columns and that of rows.
    half: object
    # What it keeps for `Winograd.end`.
    held: list


@dataclass(frozen=True)
class Winograd(Tunable):
    """A convolution like `direct.Direct`, for inputs that are a multiple of the vector width."""

    stored_name = "winograd"
    schedule_type = WinogradSchedule

    chosen: WinogradSchedule | None = None
    storage: str = DTYPE
    # Maximum bytes of its transformed weights, in single precision: a larger `side` has larger ones.
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
        """Share of a direct convolution's multiplications, with those that overlapping tiles and uneven tasks do twice."""
        side, tiles = self.schedule.side, self.schedule.tiles
        computed = ceil(self.grid(side).count / tiles) * tiles
        return TRANSFORMS[side].cells * computed / (9 * self.height * self.width)

    @property
    def cost(self) -> OperatorCost:
        shape = (self.inputs, self.outputs, self.height, self.width)
        return convolution(f"winograd-f{self.schedule.side}", *shape, share=self.share, used=(("y", self.outputs / self.total),))

    # MARK: schedules

    def model(self) -> WinogradSchedule:
        """Fewest multiplications, most sums, as many tiles as the cache holds."""
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
        """Enough sums to hide a multiply-add's latency, a buffer that fits the cache, enough tasks, and no needless split."""
        cached = tiles <= TILES or TRANSFORMS[side].cells * tiles * self.inputs * 4 <= 2 * self.cpu.cache
        whole = split == 1 or tasks * split < 4 * TASKS
        return 2 * sums >= self.cpu.accumulators and cached and whole and tasks * split > 1

    def _sides(self) -> list[int]:
        pairs, smallest = self.inputs * self.outputs, min(self.height, self.width)
        sides = TRANSFORMS.items()
        return [side for side, transform in sides if side <= smallest and 4 * transform.cells * pairs <= self.most_weights]

    def _numbers_of_tiles(self, side: int) -> list[int]:
        """How many a task may take: equally many for all tasks, or a few computed twice."""
        count = self.grid(side).count
        uneven = {t for t in UNEVEN if ceil(count / t) * t <= count * (1 + REDUNDANT)}
        return sorted(uneven | {t for t in divisors(count) if t <= MOST_TILES})

    # MARK: code

    @property
    def shapes(self) -> dict[str, Shape]:
        v, vector, size = self.cpu.width, self.schedule.blocks * self.cpu.width, (self.height, self.width)
        weight = (self.outputs // vector, self.transform.cells, self.inputs, vector)
        x, y = self.cpu.blocks(self.inputs, *size), self.cpu.blocks(self.total, *size)
        return {"x": x, "weight": weight, "bias": (self.outputs // v, v), "y": y}

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(OC, IC, 3, 3) → transformed, [OC/(blocks·V), cells, IC, blocks·V]."""
        vector = self.schedule.blocks * self.cpu.width
        transformed = self.transform.weights(weight)
        split = transformed.reshape(self.transform.cells, self.outputs // vector, vector, self.inputs)
        return np.ascontiguousarray(split.transpose(1, 0, 3, 2), dtype=np.float32)

    def emit(self, x, weight, bias, *results) -> None:
        lanes, grid = Lanes(self.cpu.width), self.grid(self.schedule.side)
        tiles, split = self.schedule.tiles, self.schedule.split
        rounds = self.outputs // (self.schedule.blocks * self.cpu.width) // split
        self.begin(lanes, *results)
        with T.parallel(0, ceil(grid.count / tiles) * split) as number:
            task = self._task(lanes, number)
            self._transform_inputs(lanes, task, x)
            with T.serial(0, rounds) as part:
                block = number % split * rounds + part
                self._multiply(lanes, task, block, x, weight, results)
                self._transform_outputs(lanes, task, block, bias, results)
            with T.serial(0, tiles) as tile:
                self.end(lanes, tile, grid.tile(task.first + tile), *results, *task.held)

    def _task(self, lanes: Lanes, number) -> Task:
        """One-dimensional buffers: LLVM spills less with one address to compute, worth up to a quarter of a layer."""
        cells, v = self.transform.cells, self.cpu.width
        row = self.schedule.tiles * self.inputs + SKEW
        products_row = self.schedule.tiles * self.schedule.blocks * v + SKEW
        transformed = T.alloc_buffer((cells * row,), DTYPE)
        products = T.alloc_buffer((cells * products_row,), DTYPE)
        half = T.alloc_buffer((cells * v,), DTYPE, scope="global")
        first = number // self.schedule.split * self.schedule.tiles
        return Task(number, first, row, products_row, transformed, products, half, self.hold(lanes))

    def _transform_inputs(self, lanes: Lanes, task: Task, x) -> None:
        """Bᵀ d B of every tile and channel block."""
        window, tiles, v = self.transform.window, self.schedule.tiles, self.cpu.width
        with T.serial(0, self.inputs // v) as part, T.serial(0, tiles) as tile:
            at = self.grid(self.schedule.side).tile(task.first + tile)
            with T.serial(0, window) as j:
                column = [lanes.load(x, part, at.top + i, at.left + j) for i in range(window)]
                for i, value in enumerate(self.transform.inputs(lanes, column)):
                    T.buffer_store(task.half, value, [lanes.ramp((i * window + j) * v)])
            with T.serial(0, window) as i:
                values = [task.half[lanes.ramp((i * window + j) * v)] for j in range(window)]
                for j, value in enumerate(self.transform.inputs(lanes, values)):
                    cell = (i * window + j) * task.row + (part * tiles + tile) * v
                    T.buffer_store(task.transformed, value, [lanes.ramp(cell)])

    def _multiply(self, lanes: Lanes, task: Task, block, x, weight, results: tuple) -> None:
        """The matrix products of all cells, `step` tiles × `blocks` vectors of output channels at a time."""
        blocks, step, v = self.schedule.blocks, self.schedule.step, self.cpu.width
        with T.serial(0, self.transform.cells) as cell, T.serial(0, self.schedule.tiles // step) as group:
            for tile in self._tiles_to_prefetch(task.number, group):
                self.prefetch_outputs(cell, block, tile, *results)
            sums = [[lanes.register() for _ in range(blocks)] for _ in range(step)]
            for registers in sums:
                for register in registers:
                    lanes.put(register, lanes.constant(0.0))
            with T.serial(0, self.inputs // v) as part:
                for tile in self._tiles_to_prefetch(task.number + 1, group):
                    prefetch_tile(x, part, tile, cell, rows=self.transform.window)
                with T.serial(0, v) as channel:
                    self._multiply_channel(lanes, task, (block, cell, part, channel, group), weight, sums)
            for t, registers in enumerate(sums):
                for o, register in enumerate(registers):
                    at = cell * task.products_row + ((group * step + t) * blocks + o) * v
                    T.buffer_store(task.products, lanes.get(register), [lanes.ramp(at)])

    def _multiply_channel(self, lanes: Lanes, task: Task, at: tuple, weight, sums: list[list]) -> None:
        """Adds the products of one input channel."""
        block, cell, part, channel, group = at
        tiles, step, v = self.schedule.tiles, self.schedule.step, self.cpu.width
        self._prefetch_weights(weight, block, cell, part * v + channel)
        for t, registers in enumerate(sums):
            place = cell * task.row + (part * tiles + group * step + t) * v + channel
            scalar = lanes.splat(task.transformed[place])
            for o, register in enumerate(registers):
                w = weight[block, cell, part * v + channel, lanes.ramp(o * v)]
                lanes.put(register, lanes.get(register) + scalar * lanes.widen(w, self.storage))

    def _transform_outputs(self, lanes: Lanes, task: Task, block, bias, results: tuple) -> None:
        """Aᵀ m A of every tile, bias and ReLU."""
        window, blocks, v = self.transform.window, self.schedule.blocks, self.cpu.width
        with T.serial(0, self.schedule.tiles) as tile, T.serial(0, blocks) as o:
            start = (tile * blocks + o) * v
            with T.serial(0, window) as j:
                column = [task.products[lanes.ramp((i * window + j) * task.products_row + start)] for i in range(window)]
                for i, value in enumerate(self.transform.outputs(lanes, column)):
                    T.buffer_store(task.half, value, [lanes.ramp((i * window + j) * v)])
            shift = lanes.keep(lanes.load(bias, block * blocks + o))
            with T.serial(0, self.schedule.side) as i:
                values = [task.half[lanes.ramp((i * window + j) * v)] for j in range(window)]
                values = [lanes.relu(value + shift) for value in self.transform.outputs(lanes, values)]
                at = self.grid(self.schedule.side).tile(task.first + tile)
                self.finish(lanes, values, i, tile, block * blocks + o, at, *results, *task.held)

    def _tiles_to_prefetch(self, task, group) -> list[Tile]:
        """The tiles whose sums are in registers at a time; none where nothing is prefetched."""
        grid, step = self.grid(self.schedule.side), self.schedule.step
        first = task // self.schedule.split * self.schedule.tiles + group * step
        return [grid.tile(first + t) for t in range(step if self.cpu.prefetch else 0)]

    def _prefetch_weights(self, weight, block, cell, channel) -> None:
        """Prefetches `WEIGHTS_AHEAD` bytes ahead; beyond a cell's last channel the next cell's weights follow."""
        if self.cpu.prefetch:
            size, vector = np.dtype(self.storage).itemsize, self.schedule.blocks * self.cpu.width
            for o in range(0, vector, LINE // size):
                prefetch(weight, block, cell, channel + WEIGHTS_AHEAD // (vector * size), o)

    # MARK: output

    def begin(self, lanes: Lanes, y) -> None:
        lanes.clear_border(y, 0, self.outputs // self.cpu.width, self.height, self.width)

    def hold(self, lanes: Lanes) -> list:
        return []

    def prefetch_outputs(self, cell, block, tile: Tile, y) -> None:
        """Prefetches the lines that `finish` will write, a few during each cell's matrix product."""
        for o in range(self.schedule.blocks):
            channel = block * self.schedule.blocks + o
            prefetch_tile(y, channel, tile, cell, rows=self.schedule.side, border=1, to_write=True)

    def finish(self, lanes: Lanes, values: list, row, tile, channel, at: Tile, y) -> None:
        """Takes the `values` of a tile's row: vectors of channel block `channel`."""
        for j, value in enumerate(values):
            lanes.store(y, value, channel, at.row_of(row) + 1, at.column_of(j) + 1)

    def end(self, lanes: Lanes, tile, at: Tile, *results) -> None:
        """After all channels of a tile."""
