"""Convolutions as implicit matrix products on tensor cores: factors in TF32, sums in FP32.

TF32 is FP32 with 10 bits of mantissa instead of 23. The weights are rounded to it when they are packed and the pixels on their way
into shared memory, both to the nearest; the tensor cores would truncate. So all of shared memory has one type.

A warp multiplies 16 rows × 8 columns over a sum of 8 with one instruction, `mma.sync.m16n8k8`, whose factors and sums lie
scattered over the registers of its 32 threads, as the PTX manual says (“Matrix fragments for mma.m16n8k8”). Thread 4·g + t has

    of the weights  (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)      row, place in the sum
    of the pixels   (t, g), (t + 4, g)                                  place in the sum, column
    of the sums     (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)  row, column

The weights are packed so that a thread's four lie side by side. TVM has no schedule for this instruction, but can call CUDA
functions given as source.
"""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tvm.backend.cuda.op import cuda_func_call
from tvm.tirx.script import builder as T

from unet.kernels.cuda.gemm import UpConvolution
from unet.kernels.cuda.launch import Buffers, ramp, when
from unet.kernels.cuda.product import FLOAT, Part, Product
from unet.kernels.cuda.warp_tiles import COLUMNS, DEPTH, PADDING, ROWS, WARP

ROUND = """
__device__ __forceinline__ float tf32_round(float value) {
  unsigned rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(value));
  return __uint_as_float(rounded);
}
"""
MULTIPLY = """
__device__ __forceinline__ void tf32_multiply(float* sums, float a0, float a1, float a2, float a3, float b0, float b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(__float_as_uint(a0)), "r"(__float_as_uint(a1)), "r"(__float_as_uint(a2)), "r"(__float_as_uint(a3)),
        "r"(__float_as_uint(b0)), "r"(__float_as_uint(b1)));
}
"""
# Bits of FP32's mantissa that TF32 lacks.
LACKING = 13


def rounded(values: np.ndarray) -> np.ndarray:
    """To the nearest TF32, ties away from zero: what `cvt.rna.tf32.f32` does."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + np.uint32(1 << (LACKING - 1))) & np.uint32(~((1 << LACKING) - 1) & 0xFFFFFFFF)).view(np.float32)


@dataclass(frozen=True)
class TensorProduct(Product):
    """A product whose `tile` is a `WarpTile`."""

    def pack(self, matrix: np.ndarray) -> np.ndarray:
        """(outputs, inputs, taps) → [slices, outputs · depth]: sixteen rows after sixteen, each as the warp's threads want it."""
        depth = self.tile.depth
        # Row: sixteen, half, g. Input: part, step, high, t.
        cut = (self.outputs // ROWS, 2, 8, self.inputs // depth, depth // DEPTH, 2, 4, self.taps)
        # → part, tap | sixteen, step, g, t, high, half
        ordered = rounded(matrix).reshape(cut).transpose(3, 7, 0, 4, 2, 6, 5, 1)
        return np.ascontiguousarray(ordered.reshape(-1, self.outputs * depth))

    def factors(self) -> Buffers:
        slices = self.inputs // self.tile.depth * self.taps
        return {**super().factors(), "weight": ((slices, self.outputs * self.tile.depth), FLOAT)}

    # MARK: stages of `accumulate`, which calls `write` for each 2×2 outputs: (row + 8·i, column + j) is `sums[first + 2·i + j]`

    @property
    def sums(self) -> int:
        return 4 * self._down * self._wide

    @property
    def _down(self) -> int:
        """Instructions of a warp, one below the other."""
        return self.tile.warp_rows // ROWS

    @property
    def _wide(self) -> int:
        """Instructions of a warp, side by side."""
        return self.tile.warp_columns // COLUMNS

    @property
    def row_of_patches(self) -> int:
        return self.tile.columns + PADDING

    @property
    def fragments(self) -> tuple[int, int]:
        return 4 * self._down, 2 * self._wide

    def four_weights(self, weight, index, row_block, element):
        return weight[index, ramp(row_block * self.tile.rows * self.tile.depth + 4 * element)]

    def place_of_weights(self, element):
        return 4 * element

    def factor(self, pixel):
        return cuda_func_call("tf32_round", pixel, source_code=ROUND, return_type=FLOAT)

    def multiply_slice(self, part: Part) -> None:
        for step in range(self.tile.depth // DEPTH):
            self._load_fragments(part, step)
            for i, j in itertools.product(range(self._down), range(self._wide)):
                into = T.address_of(part.sums[4 * (i * self._wide + j)])
                factors = [*(part.a[4 * i + n] for n in range(4)), *(part.b[2 * j + n] for n in range(2))]
                T.evaluate(cuda_func_call("tf32_multiply", into, *factors, source_code=MULTIPLY))

    def _load_fragments(self, part: Part, step: int) -> None:
        """From shared memory into the registers that the instruction reads."""
        tile, steps = self.tile, self.tile.depth // DEPTH
        warp_row, warp_column, group, place = self._place(part.thread)
        for i in range(self._down):
            at = ((warp_row * self._down + i) * steps + step) * ROWS * DEPTH + 4 * (part.thread % WARP)
            T.buffer_store(part.a, part.weights[ramp(at)], [ramp(4 * i)])
        for j, high in itertools.product(range(self._wide), range(2)):
            row = DEPTH * step + 4 * high + place
            at = row * self.row_of_patches + warp_column * tile.warp_columns + COLUMNS * j + group
            T.buffer_store(part.b, part.patches[at], [2 * j + high])

    def write_sums(self, part: Part, write) -> None:
        tile, (column_block, row_block, _) = self.tile, part.block
        warp_row, warp_column, group, place = self._place(part.thread)
        for i, j in itertools.product(range(self._down), range(self._wide)):
            row = row_block * tile.rows + warp_row * tile.warp_rows + ROWS * i + group
            column = column_block * tile.columns + warp_column * tile.warp_columns + COLUMNS * j + 2 * place
            first = 4 * (i * self._wide + j)
            when(self._even or column < self.pixels, functools.partial(write, row, column, part.sums, first))

    def _place(self, thread) -> tuple:
        """Row and column of the thread's warp in the block, and the thread's group and place in the warp: g and t above."""
        warp, lane = thread // WARP, thread % WARP
        across = self.tile.columns // self.tile.warp_columns
        return warp // across, warp % across, lane // 4, lane % 4

    def lines(self, row, sums, first: int) -> list[tuple]:
        return [(row + 8 * i, sums[ramp(first + 2 * i, 2)], 2) for i in range(2)]


@dataclass(frozen=True)
class TensorUpConvolution(UpConvolution):
    """The same over a `TensorProduct`.

    Of each sixteen rows the first eight are left outputs and the last eight their right neighbours: so a thread has four outputs
    in a line.
    """

    def pack(self, weight: np.ndarray) -> np.ndarray:
        # Row: sixteen, eighth (channel, dy), dx → sixteen, dx, eighth.
        rows = weight.reshape(weight.shape[0], -1).T.reshape(-1, 8, 2, weight.shape[0])
        return self.product.pack(rows.transpose(0, 2, 1, 3).reshape(-1, weight.shape[0], 1))

    def writer(self, block, bias, y) -> Callable[..., None]:
        line = T.alloc_buffer((4,), FLOAT, scope="local")
        width = self.product.width

        def write(row, column, sums, first) -> None:
            # `row` is 16 · sixteen + eighth.
            channel, dy = row // ROWS * 4 + row % ROWS // 2, row % 2
            for j, dx in itertools.product(range(2), range(2)):
                T.buffer_store(line, sums[first + 2 * dx + j] + bias[channel], [2 * j + dx])
            at = [0, self.offset + channel, 2 * (column // width) + dy, ramp(2 * (column % width))]
            T.buffer_store(y, line[ramp(0)], at)

        return write
