"""Kernels in which every thread computes its own few outputs."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import tvm
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cuda.launch import kernel, ramp, when

FLOAT = "float32"
THREADS = 256


class Pointwise(ABC):
    """A kernel of `count` independent threads over buffers of `shapes`, in order; it writes the last."""

    count: int
    shapes: dict[str, tuple[int, ...]]

    @abstractmethod
    def emit(self, index, *buffers) -> None:
        """The code of thread `index`."""

    def local(self) -> list:
        """The thread's own buffers, which `emit` gets last."""
        return []

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        def body(*arguments) -> None:
            *buffers, block, thread = arguments
            buffers += self.local()
            index = block[0] * THREADS + thread
            when(self.count % THREADS == 0 or index < self.count, lambda: self.emit(index, *buffers))

        buffers = {name: (shape, FLOAT) for name, shape in self.shapes.items()}
        return kernel(name, buffers, (-(-self.count // THREADS), 1, 1), THREADS, body)


@dataclass(frozen=True)
class Total(Pointwise):
    """Adds up partial sums, the bias and applies the ReLU: [splits, outputs, H, W] → channels `0 … outputs` of [1, total, H, W]."""

    splits: int
    outputs: int
    height: int
    width: int
    total: int

    @property
    def cost(self) -> OperatorCost:
        return OperatorCost("sum-of-splits", None, 0, 0, used=(("y", self.outputs / self.total),))

    @property
    def count(self) -> int:
        return self.outputs * self.height * self.width // 4

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        size = (self.height, self.width)
        return {"x": (self.splits, self.outputs, *size), "bias": (self.outputs,), "y": (1, self.total, *size)}

    def emit(self, index, x, bias, y) -> None:
        fours = self.width // 4
        channel = index // (self.height * fours)
        at = (channel, index // fours % self.height, ramp(4 * (index % fours)))
        value = T.Broadcast(bias[channel], 4)
        for split in range(self.splits):
            value = value + x[(split, *at)]
        T.buffer_store(y, T.max(value, T.Broadcast(T.float32(0), 4)), [0, *at])


@dataclass(frozen=True)
class Pool(Pointwise):
    """Maximum over 2×2: channels `0 … channels` of [1, total, 2H, 2W] → [1, channels, H, W]."""

    channels: int
    total: int
    height: int
    width: int

    @property
    def cost(self) -> OperatorCost:
        layer = f"{self.channels} to {self.height}×{self.width}"
        return OperatorCost("pool-2x2", layer, 0, 0, used=(("x", self.channels / self.total),))

    @property
    def count(self) -> int:
        return self.channels * self.height * self.width

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"x": (1, self.total, 2 * self.height, 2 * self.width), "y": (1, self.channels, self.height, self.width)}

    def emit(self, index, x, y) -> None:
        channel, place = index // (self.height * self.width), index % (self.height * self.width)
        row, column = place // self.width, place % self.width
        four = [x[0, channel, 2 * row + dy, 2 * column + dx] for dy in range(2) for dx in range(2)]
        T.buffer_store(y, T.max(T.max(four[0], four[1]), T.max(four[2], four[3])), [0, channel, row, column])


@dataclass(frozen=True)
class Head(Pointwise):
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

    @property
    def count(self) -> int:
        return self.height * self.width

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        size = (self.height, self.width)
        return {"x": (1, self.channels, *size), "weight": (self.channels,), "bias": (1,), "y": (1, 1, *size)}

    def local(self) -> list:
        return [T.alloc_buffer((1,), FLOAT, scope="local")]

    def emit(self, index, x, weight, bias, y, logit) -> None:
        at = (index // self.width, index % self.width)
        T.buffer_store(logit, bias[0], [0])
        with T.serial(0, self.channels) as channel:
            T.buffer_store(logit, logit[0] + x[(0, channel, *at)] * weight[channel], [0])
        one = T.float32(1)
        T.buffer_store(y, one / (one + T.exp(T.float32(0) - logit[0])), [0, 0, *at])
