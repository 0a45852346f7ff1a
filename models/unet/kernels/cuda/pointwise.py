"""Kernels in which every thread computes its own few outputs."""

from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cuda.launch import kernel, ramp, when

FLOAT = "float32"
THREADS = 256


def _each(count: int, block, thread, body) -> None:
    """`body(index)` for this thread's index of `count`."""
    index = block[0] * THREADS + thread
    when(count % THREADS == 0 or index < count, lambda: body(index))


def _grid(count: int) -> tuple[int, int, int]:
    return -(-count // THREADS), 1, 1


@dataclass(frozen=True)
class Total:
    """Adds up partial sums, the bias and applies the ReLU: [splits, outputs, H, W] → channels `0 … outputs` of [1, total, H, W]."""

    splits: int
    outputs: int
    height: int
    width: int
    total: int

    @property
    def cost(self) -> OperatorCost:
        return OperatorCost("sum-of-splits", None, 0, 0, used=(("y", self.outputs / self.total),))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        fours = self.width // 4
        count = self.outputs * self.height * fours

        def body(x, bias, y, block, thread) -> None:
            def add(index) -> None:
                channel = index // (self.height * fours)
                at = (channel, index // fours % self.height, ramp(4 * (index % fours)))
                value = T.Broadcast(bias[channel], 4)
                for split in range(self.splits):
                    value = value + x[(split, *at)]
                active = T.max(value, T.Broadcast(T.float32(0), 4))
                T.buffer_store(y, active, [0, *at])

            _each(count, block, thread, add)

        image = (self.height, self.width)
        buffers = {
            "x": ((self.splits, self.outputs, *image), FLOAT),
            "bias": ((self.outputs,), FLOAT),
            "y": ((1, self.total, *image), FLOAT),
        }
        return kernel(name, buffers, _grid(count), THREADS, body)


@dataclass(frozen=True)
class Pool:
    """Maximum over 2×2: channels `0 … channels` of [1, total, 2H, 2W] → [1, channels, H, W]."""

    channels: int
    total: int
    height: int
    width: int

    @property
    def cost(self) -> OperatorCost:
        layer = f"{self.channels} to {self.height}×{self.width}"
        return OperatorCost("pool-2x2", layer, 0, 0, used=(("x", self.channels / self.total),))

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        count = self.channels * self.height * self.width

        def body(x, y, block, thread) -> None:
            def largest(index) -> None:
                channel, place = index // (self.height * self.width), index % (self.height * self.width)
                row, column = place // self.width, place % self.width
                four = [x[0, channel, 2 * row + dy, 2 * column + dx] for dy in range(2) for dx in range(2)]
                value = T.max(T.max(four[0], four[1]), T.max(four[2], four[3]))
                T.buffer_store(y, value, [0, channel, row, column])

            _each(count, block, thread, largest)

        buffers = {
            "x": ((1, self.total, 2 * self.height, 2 * self.width), FLOAT),
            "y": ((1, self.channels, self.height, self.width), FLOAT),
        }
        return kernel(name, buffers, _grid(count), THREADS, body)


@dataclass(frozen=True)
class Head:
    """1×1 convolution to one channel and sigmoid: [1, channels, H, W] → [1, 1, H, W]. One thread per pixel."""

    channels: int
    height: int
    width: int

    @property
    def cost(self) -> OperatorCost:
        return convolution("head", self.channels, 1, self.height, self.width, taps=1)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(1, C, 1, 1) → [C]."""
        return weight.reshape(-1)

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        count = self.height * self.width

        def body(x, weight, bias, y, block, thread) -> None:
            logit = T.alloc_buffer((1,), FLOAT, scope="local")

            def classify(index) -> None:
                at = (index // self.width, index % self.width)
                T.buffer_store(logit, bias[0], [0])
                with T.serial(0, self.channels) as channel:
                    product = x[(0, channel, *at)] * weight[channel]
                    T.buffer_store(logit, logit[0] + product, [0])
                one = T.float32(1)
                T.buffer_store(y, one / (one + T.exp(T.float32(0) - logit[0])), [0, 0, *at])

            _each(count, block, thread, classify)

        buffers = {
            "x": ((1, self.channels, self.height, self.width), FLOAT),
            "weight": ((self.channels,), FLOAT),
            "bias": ((1,), FLOAT),
            "y": ((1, 1, self.height, self.width), FLOAT),
        }
        return kernel(name, buffers, _grid(count), THREADS, body)
