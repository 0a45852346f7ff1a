"""Convolutions as implicit matrix products: what becomes of a product's sums."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cuda.launch import Buffers, kernel, ramp
from unet.kernels.cuda.product import FLOAT, Product


@dataclass(frozen=True)
class ProductKernel(ABC):
    """A kernel that computes a product and writes its sums."""

    product: Product

    @abstractmethod
    def results(self) -> Buffers:
        """Its buffers besides those of the product's factors; it writes the last."""

    @abstractmethod
    def writer(self, block, *results) -> Callable[..., None]:
        """What `Product.accumulate` calls, in the code being written."""

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """PyTorch's weights of a 3×3 convolution → the product's."""
        return self.product.pack(weight.reshape(*weight.shape[:2], 9))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        def body(x, weight, *others) -> None:
            *results, block, thread = others
            self.product.accumulate(x, weight, block, thread, self.writer(block, *results))

        buffers = {**self.product.factors(), **self.results()}
        return kernel(name, buffers, self.product.grid(), self.product.tile.threads, body)


@dataclass(frozen=True)
class Convolution(ProductKernel):
    """3×3, padding 1, bias, ReLU: [1, inputs, H, W] → channels `0 … outputs` of [1, total, H, W]."""

    total: int

    @property
    def cost(self) -> OperatorCost:
        return self.product.cost("gemm-3x3", used=(("y", self.product.outputs / self.total),))

    def results(self) -> Buffers:
        p = self.product
        return {"bias": ((p.outputs,), FLOAT), "y": ((1, self.total, p.height, p.width), FLOAT)}

    def writer(self, block, bias, y) -> Callable[..., None]:
        def write(row, column, sums, first) -> None:
            width = self.product.width
            for channel, values, many in self.product.lines(row, sums, first):
                active = T.max(values + T.Broadcast(bias[channel], many), T.Broadcast(T.float32(0), many))
                T.buffer_store(y, active, [0, channel, column // width, ramp(column % width, many)])

        return write


@dataclass(frozen=True)
class PartialConvolution(ProductKernel):
    """A 3×3 convolution whose sum is split: [1, inputs, H, W] → [splits, outputs, H, W], for `Total` to add up."""

    @property
    def cost(self) -> OperatorCost:
        return self.product.cost("gemm-3x3-split")

    def results(self) -> Buffers:
        p = self.product
        return {"y": ((p.tile.splits, p.outputs, p.height, p.width), FLOAT)}

    def writer(self, block, y) -> Callable[..., None]:
        def write(row, column, sums, first) -> None:
            width = self.product.width
            for channel, values, many in self.product.lines(row, sums, first):
                T.buffer_store(y, values, [block[2], channel, column // width, ramp(column % width, many)])

        return write


@dataclass(frozen=True)
class UpConvolution(ProductKernel):
    """2×2 with stride 2, and bias: [1, inputs, H, W] → channels `offset …` of [1, total, 2H, 2W].

    Each input pixel alone determines four output pixels of a channel, so this is a product with four rows a channel.
    """

    total: int
    offset: int

    @property
    def cost(self) -> OperatorCost:
        return self.product.cost("gemm-up-2x2", used=(("y", self.product.outputs / 4 / self.total),))

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(inputs, channels, 2, 2) → the product's weights, whose row is channel, dy, dx."""
        return self.product.pack(weight.reshape(weight.shape[0], -1).T[:, :, None])

    def results(self) -> Buffers:
        p = self.product
        return {"bias": ((p.outputs // 4,), FLOAT), "y": ((1, self.total, 2 * p.height, 2 * p.width), FLOAT)}

    def writer(self, block, bias, y) -> Callable[..., None]:
        line = T.alloc_buffer((8,), FLOAT, scope="local")
        width, stride = self.product.width, self.product.tile.thread_columns

        def write(row, column, sums, first) -> None:
            channel, above, left = row // 4, column // width, column % width
            for dy in range(2):
                for j, dx in itertools.product(range(4), range(2)):
                    T.buffer_store(line, sums[first + (2 * dy + dx) * stride + j] + bias[channel], [2 * j + dx])
                for half in range(2):
                    at = [0, self.offset + channel, 2 * above + dy, ramp(2 * left + 4 * half)]
                    T.buffer_store(y, line[ramp(4 * half)], at)

        return write
