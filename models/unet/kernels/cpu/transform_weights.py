"""Winograd's transformation of weights as a kernel, which runs when a module is loaded."""

from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cpu.kernel import Kernel, Shape
from unet.kernels.cpu.winograd import Winograd


@dataclass(frozen=True)
class TransformWeights(Kernel):
    """G g Gᵀ of every pair of channels, in double precision like `Transform.weights`, packed like `Winograd.pack`."""

    of: Winograd

    @property
    def shapes(self) -> dict[str, Shape]:
        return {"g": (self.of.outputs, self.of.inputs, 9), "weight": self.of.shapes["weight"]}

    @property
    def types(self) -> dict[str, str]:
        return {"weight": self.of.storage}

    @property
    def cost(self) -> OperatorCost:
        return OperatorCost("transform-weights", f"{self.of.inputs}→{self.of.outputs}", 0, 0)

    def pack(self, weight: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(weight.reshape(*weight.shape[:2], 9))

    def emit(self, g, weight) -> None:
        transform, vector = self.of.transform, self.of.shapes["weight"][-1]
        window, rows = transform.window, transform.filter
        with T.parallel(0, self.of.outputs // vector) as block:
            half = T.alloc_buffer((window * 3,), "float64")
            with T.serial(0, self.of.inputs) as channel, T.serial(0, vector) as lane:
                for i, row in enumerate(rows):
                    for j in range(3):
                        values = [g[block * vector + lane, channel, k * 3 + j] for k in range(3)]
                        T.buffer_store(half, _dot(row, [T.Cast("float64", value) for value in values]), [i * 3 + j])
                for i in range(window):
                    for j, row in enumerate(rows):
                        value = T.Cast(self.of.storage, _dot(row, [half[i * 3 + k] for k in range(3)]))
                        T.buffer_store(weight, value, [block, i * window + j, channel, lane])


def _dot(factors: tuple[float, float, float], values: list):
    total = T.float64(factors[0]) * values[0]
    for factor, value in zip(factors[1:], values[1:]):
        total = total + T.float64(factor) * value
    return total
