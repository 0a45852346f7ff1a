"""Convolutions as implicit matrix products, on FP32 cores.

Output channels × pixels = weights × patches; the matrix of patches is never stored (Chetlur et al., “cuDNN”, 2014). A block
of threads makes a tile of the product. Slice by slice along the sum it copies `depth` rows of both factors into shared memory, and each
thread multiplies its rows × columns out of registers. While a slice is multiplied, the next one is already on its way from
global memory into registers, so that no thread waits for it (the structure of CUTLASS, “Efficient GEMM in CUDA”).

The sum runs over blocks of `depth` input channels, and in each over the nine taps: the nine slices read nearly the same
pixels, which stay in the first-level cache, and all of a slice's pixels have one offset.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cuda.launch import kernel, ramp, when
from unet.kernels.cuda.tiles import Tile
from unet.kernels.cuda.warp_tiles import WarpTile

FLOAT = "float32"


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

    def factors(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """The buffers of input and weights."""
        slices = self.inputs // self.tile.depth * self.taps
        return {
            "x": ((1, self.inputs, self.height, self.width), FLOAT),
            "weight": ((slices, self.tile.depth, self.outputs), FLOAT),
        }

    def grid(self) -> tuple[int, int, int]:
        return -(-self.pixels // self.tile.columns), self.outputs // self.tile.rows, self.tile.splits

    def accumulate(self, x, weight, block, thread, write) -> None:
        """The tile's product; then `write(row, column, sums, first)` for each 4×4 outputs of the thread.

        Output (row + i, column + j) stands in `sums[first + i · thread_columns + j]`; `lines` gives them row by row.
        """
        tile, (column_block, row_block, split) = self.tile, block
        across = tile.columns // tile.thread_columns
        thread_row, thread_column = thread // across, thread % across
        weights = T.alloc_buffer((tile.depth * tile.rows,), FLOAT, scope="shared")
        patches = T.alloc_buffer((tile.depth * tile.columns,), FLOAT, scope="shared")
        sums = T.alloc_buffer((tile.thread_rows * tile.thread_columns,), FLOAT, scope="local")
        # Four weights a load: rows are a multiple of four, and packed side by side.
        weight_loads, pixel_loads = tile.loads(tile.rows // 4), tile.loads(tile.columns)
        next_weights = T.alloc_buffer((4 * weight_loads,), FLOAT, scope="local")
        next_pixels = T.alloc_buffer((pixel_loads,), FLOAT, scope="local")
        a = T.alloc_buffer((tile.thread_rows,), FLOAT, scope="local")
        b = T.alloc_buffer((tile.thread_columns,), FLOAT, scope="local")

        def each_load(wide: int, body) -> None:
            """`body(load, row, place)` for the thread's loads of a slice of `depth` rows of `wide` elements."""
            loads(tile, thread, wide, lambda load, element: body(load, element // wide, element % wide))

        def fetch(step) -> None:
            index = split * self.steps + step
            part, tap = index // self.taps, index % self.taps

            def weight_load(load, row, place) -> None:
                four = weight[index, row, ramp(row_block * tile.rows + 4 * place)]
                T.buffer_store(next_weights, four, [ramp(4 * load)])

            def pixel_load(load, row, place) -> None:
                value = self._pixel(x, part * tile.depth + row, column_block * tile.columns + place, tap)
                T.buffer_store(next_pixels, value, [load])

            each_load(tile.rows // 4, weight_load)
            each_load(tile.columns, pixel_load)

        def share() -> None:
            def weight_store(load, row, place) -> None:
                T.buffer_store(weights, next_weights[ramp(4 * load)], [ramp(row * tile.rows + 4 * place)])

            def pixel_store(load, row, place) -> None:
                T.buffer_store(patches, next_pixels[load], [row * tile.columns + place])

            each_load(tile.rows // 4, weight_store)
            each_load(tile.columns, pixel_store)

        with T.unroll(0, tile.thread_rows * tile.thread_columns) as i:
            T.buffer_store(sums, T.float32(0), [i])
        fetch(0)
        with T.serial(0, self.steps) as step:
            share()
            when(step + 1 < self.steps, lambda: fetch(step + 1))
            with T.serial(0, tile.depth) as k:
                for i in range(0, tile.thread_rows, 4):
                    at = k * tile.rows + spread(i, tile.rows, tile.thread_rows) + 4 * thread_row
                    T.buffer_store(a, weights[ramp(at)], [ramp(i)])
                for j in range(0, tile.thread_columns, 4):
                    at = k * tile.columns + spread(j, tile.columns, tile.thread_columns) + 4 * thread_column
                    T.buffer_store(b, patches[ramp(at)], [ramp(j)])
                with T.unroll(0, tile.thread_rows) as i, T.unroll(0, tile.thread_columns) as j:
                    at = i * tile.thread_columns + j
                    T.buffer_store(sums, sums[at] + a[i] * b[j], [at])
        for i, j in itertools.product(range(0, tile.thread_rows, 4), range(0, tile.thread_columns, 4)):
            row = row_block * tile.rows + spread(i, tile.rows, tile.thread_rows) + 4 * thread_row
            column = column_block * tile.columns + spread(j, tile.columns, tile.thread_columns) + 4 * thread_column
            first = i * tile.thread_columns + j
            when(self._even or column < self.pixels, lambda: write(row, column, sums, first))

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
    """Where a thread's `index`-th row or column of `own` lies: fours far apart, so that a warp reads neighbouring banks."""
    return index // 4 * (total // (own // 4))


def loads(tile: Tile | WarpTile, thread, wide: int, body) -> None:
    """`body(load, element)` for the thread's loads of a slice of `depth` rows of `wide` elements."""
    elements = tile.depth * wide
    for load in range(tile.loads(wide)):
        element = load * tile.threads + thread
        whole = (load + 1) * tile.threads <= elements
        when(whole or element < elements, functools.partial(body, load, element))


@dataclass(frozen=True)
class Convolution:
    """3×3, padding 1, bias, ReLU: [1, inputs, H, W] → channels `0 … outputs` of [1, total, H, W]."""

    product: Product
    total: int

    @property
    def cost(self) -> OperatorCost:
        return self.product.cost("gemm-3x3", used=(("y", self.product.outputs / self.total),))

    def pack(self, weight: np.ndarray) -> np.ndarray:
        return self.product.pack(weight.reshape(*weight.shape[:2], 9))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        p = self.product

        def body(x, weight, bias, y, block, thread) -> None:
            def write(row, column, sums, first) -> None:
                for channel, values, many in p.lines(row, sums, first):
                    active = T.max(values + T.Broadcast(bias[channel], many), T.Broadcast(T.float32(0), many))
                    T.buffer_store(y, active, [0, channel, column // p.width, ramp(column % p.width, many)])

            p.accumulate(x, weight, block, thread, write)

        buffers = {
            **p.factors(),
            "bias": ((p.outputs,), FLOAT),
            "y": ((1, self.total, p.height, p.width), FLOAT),
        }
        return kernel(name, buffers, p.grid(), p.tile.threads, body)


@dataclass(frozen=True)
class PartialConvolution:
    """A 3×3 convolution whose sum is split: [1, inputs, H, W] → [splits, outputs, H, W], for `Total` to add up."""

    product: Product

    @property
    def cost(self) -> OperatorCost:
        return self.product.cost("gemm-3x3-split")

    def pack(self, weight: np.ndarray) -> np.ndarray:
        return self.product.pack(weight.reshape(*weight.shape[:2], 9))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        p = self.product

        def body(x, weight, y, block, thread) -> None:
            def write(row, column, sums, first) -> None:
                for channel, values, many in p.lines(row, sums, first):
                    T.buffer_store(y, values, [block[2], channel, column // p.width, ramp(column % p.width, many)])

            p.accumulate(x, weight, block, thread, write)

        buffers = {**p.factors(), "y": ((p.tile.splits, p.outputs, p.height, p.width), FLOAT)}
        return kernel(name, buffers, p.grid(), p.tile.threads, body)


@dataclass(frozen=True)
class UpConvolution:
    """2×2 with stride 2, and bias: [1, inputs, H, W] → channels `offset …` of [1, total, 2H, 2W].

    Each input pixel makes four output pixels of a channel by itself, so this is a product with four rows a channel.
    """

    product: Product
    total: int
    offset: int

    @property
    def cost(self) -> OperatorCost:
        return self.product.cost("gemm-up-2x2", used=(("y", self.product.outputs / 4 / self.total),))

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(inputs, channels, 2, 2) → the product's weights, whose row is channel, dy, dx."""
        return self.product.pack(weight.reshape(weight.shape[0], -1).T[:, :, None])

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        p = self.product

        def body(x, weight, bias, y, block, thread) -> None:
            line = T.alloc_buffer((8,), FLOAT, scope="local")

            def write(row, column, sums, first) -> None:
                channel, above, left = row // 4, column // p.width, column % p.width
                for dy in range(2):
                    for j, dx in itertools.product(range(4), range(2)):
                        value = sums[first + (2 * dy + dx) * p.tile.thread_columns + j] + bias[channel]
                        T.buffer_store(line, value, [2 * j + dx])
                    for half in range(2):
                        at = [0, self.offset + channel, 2 * above + dy, ramp(2 * left + 4 * half)]
                        T.buffer_store(y, line[ramp(4 * half)], at)

            p.accumulate(x, weight, block, thread, write)

        buffers = {
            **p.factors(),
            "bias": ((p.outputs // 4,), FLOAT),
            "y": ((1, self.total, 2 * p.height, 2 * p.width), FLOAT),
        }
        return kernel(name, buffers, p.grid(), p.tile.threads, body)
