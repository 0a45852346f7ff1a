"""Convolutions as implicit matrix products on tensor cores: factors in TF32, sums in FP32.

TF32 is FP32 with 10 bits of mantissa instead of 23. The weights are rounded to it when they are packed and the pixels on their way
into shared memory, both to the nearest; the tensor cores would cut the bits off. All of shared memory is thus of one type.

A warp multiplies 16 rows × 8 columns over a sum of 8 with one instruction, `mma.sync.m16n8k8`, whose factors and sums lie
scattered over the registers of its 32 threads, as the PTX manual says (“Matrix fragments for mma.m16n8k8”). Thread 4·g + t has

    of the weights  (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)      row, place in the sum
    of the pixels   (t, g), (t + 4, g)                                  place in the sum, column
    of the sums     (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)  row, column

The weights are packed so that a thread's four lie side by side. TVM has no schedule for this instruction, but calls CUDA
functions that come with their source.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import tvm
from tvm.backend.cuda.op import cuda_func_call
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cuda.gemm import FLOAT, Product, loads
from unet.kernels.cuda.launch import kernel, ramp, when
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

    def factors(self) -> dict[str, tuple[tuple[int, ...], str]]:
        slices = self.inputs // self.tile.depth * self.taps
        return {**super().factors(), "weight": ((slices, self.outputs * self.tile.depth), FLOAT)}

    def accumulate(self, x, weight, block, thread, write) -> None:
        """The tile's product; then `write(row, column, sums, first)` for each 2×2 outputs of the thread.

        Output (row + 8·i, column + j) stands in `sums[first + 2·i + j]`.
        """
        tile, (column_block, row_block, split) = self.tile, block
        warp, lane = thread // WARP, thread % WARP
        group, place = lane // 4, lane % 4
        across = tile.columns // tile.warp_columns
        warp_row, warp_column = warp // across, warp % across
        down, wide, steps = tile.warp_rows // ROWS, tile.warp_columns // COLUMNS, tile.depth // DEPTH
        stride = tile.columns + PADDING
        weights = T.alloc_buffer((tile.depth * tile.rows,), FLOAT, scope="shared")
        patches = T.alloc_buffer((tile.depth * stride,), FLOAT, scope="shared")
        sums = T.alloc_buffer((4 * down * wide,), FLOAT, scope="local")
        next_weights = T.alloc_buffer((4 * tile.loads(tile.rows // 4),), FLOAT, scope="local")
        next_pixels = T.alloc_buffer((tile.loads(tile.columns),), FLOAT, scope="local")
        a = T.alloc_buffer((4 * down,), FLOAT, scope="local")
        b = T.alloc_buffer((2 * wide,), FLOAT, scope="local")

        def fetch(step) -> None:
            index = split * self.steps + step
            part, tap = index // self.taps, index % self.taps

            def weight_load(load, element) -> None:
                four = weight[index, ramp(row_block * tile.rows * tile.depth + 4 * element)]
                T.buffer_store(next_weights, four, [ramp(4 * load)])

            def pixel_load(load, element) -> None:
                channel, column = part * tile.depth + element // tile.columns, element % tile.columns
                T.buffer_store(next_pixels, self._pixel(x, channel, column_block * tile.columns + column, tap), [load])

            loads(tile, thread, tile.rows // 4, weight_load)
            loads(tile, thread, tile.columns, pixel_load)

        def share() -> None:
            def weight_store(load, element) -> None:
                T.buffer_store(weights, next_weights[ramp(4 * load)], [ramp(4 * element)])

            def pixel_store(load, element) -> None:
                value = cuda_func_call("tf32_round", next_pixels[load], source_code=ROUND, return_type=FLOAT)
                T.buffer_store(patches, value, [element // tile.columns * stride + element % tile.columns])

            loads(tile, thread, tile.rows // 4, weight_store)
            loads(tile, thread, tile.columns, pixel_store)

        def multiply(step: int) -> None:
            for i in range(down):
                at = ((warp_row * down + i) * steps + step) * ROWS * DEPTH + 4 * lane
                T.buffer_store(a, weights[ramp(at)], [ramp(4 * i)])
            for j, high in itertools.product(range(wide), range(2)):
                at = (DEPTH * step + 4 * high + place) * stride + warp_column * tile.warp_columns + COLUMNS * j + group
                T.buffer_store(b, patches[at], [2 * j + high])
            for i, j in itertools.product(range(down), range(wide)):
                into = T.address_of(sums[4 * (i * wide + j)])
                factors = [*(a[4 * i + n] for n in range(4)), *(b[2 * j + n] for n in range(2))]
                T.evaluate(cuda_func_call("tf32_multiply", into, *factors, source_code=MULTIPLY))

        with T.unroll(0, 4 * down * wide) as i:
            T.buffer_store(sums, T.float32(0), [i])
        fetch(0)
        with T.serial(0, self.steps) as step:
            share()
            when(step + 1 < self.steps, lambda: fetch(step + 1))
            for part in range(steps):
                multiply(part)
        for i, j in itertools.product(range(down), range(wide)):
            row = row_block * tile.rows + warp_row * tile.warp_rows + ROWS * i + group
            column = column_block * tile.columns + warp_column * tile.warp_columns + COLUMNS * j + 2 * place
            when(self._even or column < self.pixels, lambda: write(row, column, sums, 4 * (i * wide + j)))

    def lines(self, row, sums, first: int) -> list[tuple]:
        return [(row + 8 * i, sums[ramp(first + 2 * i, 2)], 2) for i in range(2)]


@dataclass(frozen=True)
class TensorUpConvolution:
    """2×2 with stride 2, and bias: [1, inputs, H, W] → channels `offset …` of [1, total, 2H, 2W].

    As `gemm.UpConvolution`, but of each sixteen rows the first eight are left outputs and the last eight their right neighbours:
    so a thread has four outputs in a line.
    """

    product: TensorProduct
    total: int
    offset: int

    @property
    def cost(self) -> OperatorCost:
        return self.product.cost("gemm-up-2x2", used=(("y", self.product.outputs / 4 / self.total),))

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(inputs, channels, 2, 2) → the product's weights."""
        # Row: sixteen, eighth (channel, dy), dx → sixteen, dx, eighth.
        rows = weight.reshape(weight.shape[0], -1).T.reshape(-1, 8, 2, weight.shape[0])
        return self.product.pack(rows.transpose(0, 2, 1, 3).reshape(-1, weight.shape[0], 1))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        p = self.product

        def body(x, weight, bias, y, block, thread) -> None:
            line = T.alloc_buffer((4,), FLOAT, scope="local")

            def write(row, column, sums, first) -> None:
                # `row` is 16 · sixteen + eighth.
                channel, dy = row // ROWS * 4 + row % ROWS // 2, row % 2
                for j, dx in itertools.product(range(2), range(2)):
                    T.buffer_store(line, sums[first + 2 * dx + j] + bias[channel], [2 * j + dx])
                at = [0, self.offset + channel, 2 * (column // p.width) + dy, ramp(2 * (column % p.width))]
                T.buffer_store(y, line[ramp(0)], at)

            p.accumulate(x, weight, block, thread, write)

        buffers = {
            **p.factors(),
            "bias": ((p.outputs // 4,), FLOAT),
            "y": ((1, self.total, 2 * p.height, 2 * p.width), FLOAT),
        }
        return kernel(name, buffers, p.grid(), p.tile.threads, body)
