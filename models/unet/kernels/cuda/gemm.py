"""Convolutions as implicit matrix products: what becomes of a product's sums."""

import itertools
from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cuda.launch import kernel, ramp
from unet.kernels.cuda.product import FLOAT, Product


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

        buffers = {**p.factors(), "bias": ((p.outputs,), FLOAT), "y": ((1, self.total, p.height, p.width), FLOAT)}
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

    Each input pixel alone determines four output pixels of a channel, so this is a product with four rows a channel.
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

        buffers = {**p.factors(), "bias": ((p.outputs // 4,), FLOAT), "y": ((1, self.total, 2 * p.height, 2 * p.width), FLOAT)}
        return kernel(name, buffers, p.grid(), p.tile.threads, body)
