"""Convolutions as implicit matrix products, on FP32 cores.

Output channels × pixels = weights × patches; the matrix of patches is never stored (Chetlur et al., “cuDNN”, 2014). A block
of threads computes a tile of the product. Slice by slice along the sum it copies `depth` rows of both factors into shared memory,
and each thread multiplies its rows × columns out of registers. While a slice is multiplied, the next one is already on its way from
global memory into registers, so that no thread waits for it (the structure of CUTLASS, “Efficient GEMM in CUDA”).

The sum runs over blocks of `depth` input channels, and in each over the nine taps: the nine slices read nearly the same
pixels, which stay in the first-level cache, and all of a slice's pixels have one offset.
"""

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cuda.launch import Buffers, ramp, when
from unet.kernels.cuda.tiles import Tile
from unet.kernels.cuda.warp_tiles import WarpTile

FLOAT = "float32"


@dataclass(frozen=True)
class Part:
    """A thread's part in its block's tile: indices and buffers of the code being written."""

    block: tuple
    thread: object
    # Of the block, in shared memory: a slice of both factors.
    weights: object
    patches: object
    # Of the thread, in registers: sums, the next slice on its way, and what is multiplied.
    sums: object
    next_weights: object
    next_pixels: object
    a: object
    b: object


@dataclass(frozen=True)
class Product:
    """The shape of a product and how it is cut: `outputs` rows × `height`·`width` columns, a sum over `inputs`·`taps`."""

    inputs: int
    outputs: int
    height: int
    width: int
    taps: int
    tile: Tile | WarpTile

    @property
    def pixels(self) -> int:
        return self.height * self.width

    @property
    def _even(self) -> bool:
        """Whether the tiles end where the image ends."""
        return self.pixels % self.tile.columns == 0

    @property
    def steps(self) -> int:
        """Slices of the sum that one block adds up."""
        return self.inputs // self.tile.depth * self.taps // self.tile.splits

    def cost(self, kind: str, **more) -> OperatorCost:
        return convolution(kind, self.inputs, self.outputs, self.height, self.width, self.taps, **more)

    def pack(self, matrix: np.ndarray) -> np.ndarray:
        """(outputs, inputs, taps) → [slices, depth, outputs]: slices in the order of the sum."""
        depth = self.tile.depth
        split = matrix.reshape(self.outputs, self.inputs // depth, depth, self.taps)
        return np.ascontiguousarray(split.transpose(1, 3, 2, 0).reshape(-1, depth, self.outputs))

    def factors(self) -> Buffers:
        """The buffers of input and weights."""
        slices = self.inputs // self.tile.depth * self.taps
        return {"x": ((1, self.inputs, self.height, self.width), FLOAT), "weight": ((slices, self.tile.depth, self.outputs), FLOAT)}

    def grid(self) -> tuple[int, int, int]:
        return -(-self.pixels // self.tile.columns), self.outputs // self.tile.rows, self.tile.splits

    def accumulate(self, x, weight, block, thread, write) -> None:
        """The tile's product; then `write(row, column, sums, first)` for each 4×4 outputs of the thread.

        Output (row + i, column + j) is `sums[first + i · thread_columns + j]`; `lines` yields them row by row.
        """
        part = self.allocate(block, thread)
        with T.unroll(0, self.sums) as i:
            T.buffer_store(part.sums, T.float32(0), [i])
        self.load_slice(part, x, weight, 0)
        with T.serial(0, self.steps) as step:
            self.share_slice(part)
            when(step + 1 < self.steps, lambda: self.load_slice(part, x, weight, step + 1))
            self.multiply_slice(part)
        self.write_sums(part, write)

    # MARK: its stages

    @property
    def sums(self) -> int:
        """A thread's."""
        return self.tile.thread_rows * self.tile.thread_columns

    @property
    def row_of_patches(self) -> int:
        """Floats from one row of patches in shared memory to the next."""
        return self.tile.columns

    @property
    def fragments(self) -> tuple[int, int]:
        """Numbers of weights and of pixels that a thread multiplies at a time."""
        return self.tile.thread_rows, self.tile.thread_columns

    def allocate(self, block, thread) -> Part:
        """The buffers of a block and its threads."""
        tile = self.tile
        # Four weights a load: rows are a multiple of four, and packed side by side.
        local = (self.sums, 4 * tile.loads(tile.rows // 4), tile.loads(tile.columns), *self.fragments)
        shared = (tile.depth * tile.rows, tile.depth * self.row_of_patches)
        buffers = [T.alloc_buffer((size,), FLOAT, scope="shared") for size in shared]
        return Part(block, thread, *buffers, *(T.alloc_buffer((size,), FLOAT, scope="local") for size in local))

    def load_slice(self, part: Part, x, weight, step) -> None:
        """From global memory into registers."""
        tile, (column_block, row_block, split) = self.tile, part.block
        index = split * self.steps + step
        channels, tap = index // self.taps, index % self.taps

        def load_weights(load, element) -> None:
            T.buffer_store(part.next_weights, self.four_weights(weight, index, row_block, element), [ramp(4 * load)])

        def load_pixel(load, element) -> None:
            row, place = element // tile.columns, element % tile.columns
            value = self._pixel(x, channels * tile.depth + row, column_block * tile.columns + place, tap)
            T.buffer_store(part.next_pixels, value, [load])

        loads(tile, part.thread, tile.rows // 4, load_weights)
        loads(tile, part.thread, tile.columns, load_pixel)

    def four_weights(self, weight, index, row_block, element):
        """Four of the weights of slice `index` for the block's rows."""
        row, place = element // (self.tile.rows // 4), element % (self.tile.rows // 4)
        return weight[index, row, ramp(row_block * self.tile.rows + 4 * place)]

    def share_slice(self, part: Part) -> None:
        """From registers into shared memory."""
        tile = self.tile

        def store_weights(load, element) -> None:
            T.buffer_store(part.weights, part.next_weights[ramp(4 * load)], [ramp(self.place_of_weights(element))])

        def store_pixel(load, element) -> None:
            place = element // tile.columns * self.row_of_patches + element % tile.columns
            T.buffer_store(part.patches, self.factor(part.next_pixels[load]), [place])

        loads(tile, part.thread, tile.rows // 4, store_weights)
        loads(tile, part.thread, tile.columns, store_pixel)

    def place_of_weights(self, element):
        row, place = element // (self.tile.rows // 4), element % (self.tile.rows // 4)
        return row * self.tile.rows + 4 * place

    def factor(self, pixel):
        """A pixel as it is multiplied."""
        return pixel

    def multiply_slice(self, part: Part) -> None:
        """Adds the products of a slice to the thread's sums."""
        tile, (thread_row, thread_column) = self.tile, self._position(part.thread)
        with T.serial(0, tile.depth) as k:
            for i in range(0, tile.thread_rows, 4):
                at = k * tile.rows + spread(i, tile.rows, tile.thread_rows) + 4 * thread_row
                T.buffer_store(part.a, part.weights[ramp(at)], [ramp(i)])
            for j in range(0, tile.thread_columns, 4):
                at = k * tile.columns + spread(j, tile.columns, tile.thread_columns) + 4 * thread_column
                T.buffer_store(part.b, part.patches[ramp(at)], [ramp(j)])
            with T.unroll(0, tile.thread_rows) as i, T.unroll(0, tile.thread_columns) as j:
                at = i * tile.thread_columns + j
                T.buffer_store(part.sums, part.sums[at] + part.a[i] * part.b[j], [at])

    def write_sums(self, part: Part, write) -> None:
        """Calls `write` for the thread's sums."""
        tile, (column_block, row_block, _) = self.tile, part.block
        thread_row, thread_column = self._position(part.thread)
        for i, j in itertools.product(range(0, tile.thread_rows, 4), range(0, tile.thread_columns, 4)):
            row = row_block * tile.rows + spread(i, tile.rows, tile.thread_rows) + 4 * thread_row
            column = column_block * tile.columns + spread(j, tile.columns, tile.thread_columns) + 4 * thread_column
            first = i * tile.thread_columns + j
            when(self._even or column < self.pixels, functools.partial(write, row, column, part.sums, first))

    def _position(self, thread) -> tuple:
        """The thread's row and column among those of the block."""
        across = self.tile.columns // self.tile.thread_columns
        return thread // across, thread % across

    def lines(self, row, sums, first: int) -> list[tuple]:
        """What `write` was called for: row, its neighbouring sums as one vector, and how many they are."""
        return [(row + i, sums[ramp(first + i * self.tile.thread_columns)], 4) for i in range(4)]

    def _pixel(self, x, channel, column, tap):
        """Input pixel under tap `tap` of output pixel `column`; 0 outside the image."""
        row, place = column // self.width, column % self.width
        inside = T.bool(True) if self._even else column < self.pixels
        if self.taps == 9:
            row, place = row + tap // 3 - 1, place + tap % 3 - 1
            inside = T.And(inside, T.And(T.And(row >= 0, row < self.height), T.And(place >= 0, place < self.width)))
        return T.if_then_else(inside, x[0, channel, row, place], T.float32(0))


def spread(index: int, total: int, own: int) -> int:
    """Offset of a thread's `index`-th row or column of `own`: groups of four far apart, so that a warp reads neighbouring banks."""
    return index // 4 * (total // (own // 4))


def loads(tile: Tile | WarpTile, thread, wide: int, body) -> None:
    """`body(load, element)` for the thread's loads of a slice of `depth` rows of `wide` elements."""
    elements = tile.depth * wide
    for load in range(tile.loads(wide)):
        element = load * tile.threads + thread
        whole = (load + 1) * tile.threads <= elements
        when(whole or element < elements, functools.partial(body, load, element))
