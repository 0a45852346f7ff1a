"""The network's first and last steps: from an NCHW image to padded planes, and from the last activation to probabilities."""

from dataclasses import dataclass

import numpy as np
from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost, convolution
from unet.kernels.cpu.kernel import Kernel, Shape
from unet.kernels.cpu.simd import CPU, DTYPE, Lanes


@dataclass(frozen=True)
class PadInput(Kernel):
    """[1, C, H, W] → planar [C, H+2, W+2] with a zero border."""

    channels: int
    height: int
    width: int

    @property
    def shapes(self) -> dict[str, Shape]:
        image = (1, self.channels, self.height, self.width)
        return {"x": image, "y": (self.channels, self.height + 2, self.width + 2)}

    @property
    def cost(self) -> OperatorCost:
        return OperatorCost("enter", None, 0, 0)

    def emit(self, x, y) -> None:
        zero = T.float32(0)
        with T.parallel(0, self.channels) as c:
            with T.serial(0, self.width + 2) as column:
                T.buffer_store(y, zero, [c, 0, column])
                T.buffer_store(y, zero, [c, self.height + 1, column])
            with T.serial(0, self.height) as row:
                T.buffer_store(y, zero, [c, row + 1, 0])
                T.buffer_store(y, zero, [c, row + 1, self.width + 1])
                with T.serial(0, self.width) as column:
                    T.buffer_store(y, x[0, c, row, column], [c, row + 1, column + 1])


@dataclass(frozen=True)
class Head(Kernel):
    """1×1 convolution to one channel and sigmoid: padded blocks → [1, 1, H, W].

    For a group of V pixels each pixel's products stay a vector, and V such vectors are summed into one, so that the exponential is
    computed for V pixels at once.
    """

    cpu: CPU
    channels: int
    height: int
    width: int

    def pack(self, weight: np.ndarray) -> np.ndarray:
        """(1, C, 1, 1) → [C/V, V]."""
        return np.ascontiguousarray(weight.reshape(-1, self.cpu.width))

    @property
    def shapes(self) -> dict[str, Shape]:
        v, size = self.cpu.width, (self.height, self.width)
        x, weight = self.cpu.blocks(self.channels, *size), (self.channels // v, v)
        return {"x": x, "weight": weight, "bias": (1,), "y": (1, 1, *size)}

    @property
    def cost(self) -> OperatorCost:
        return convolution("head", self.channels, 1, self.height, self.width, taps=1)

    def emit(self, x, weight, bias, y) -> None:
        lanes, v = self.lanes(), self.cpu.width
        with T.parallel(0, self.height) as row:
            products = T.alloc_buffer((v * v,), DTYPE, scope="global")
            with T.serial(0, self.width // v) as group:
                with T.serial(0, v) as pixel:
                    total = None
                    for block in range(self.channels // v):
                        at = (block, row + 1, group * v + pixel + 1)
                        product = self.pixel(lanes, x, *at) * lanes.load(weight, block)
                        total = product if total is None else total + product
                    T.buffer_store(products, total, [lanes.ramp(pixel * v)])
                value = probabilities(lanes, products, 0, bias)
                T.buffer_store(y, value, [0, 0, row, lanes.ramp(group * v)])

    def lanes(self) -> Lanes:
        return Lanes(self.cpu.width)

    def pixel(self, lanes: Lanes, x, *at):
        return lanes.load(x, *at)


def probabilities(lanes: Lanes, products, at, shift):
    """Sigmoid of V pixels' logits, from V consecutive vectors of products that begin at `at`."""
    v = lanes.width
    logit = lanes.splat(shift[0]) + lanes.sums([products[lanes.ramp(at + pixel * v)] for pixel in range(v)])
    one = lanes.constant(1.0)
    return one / (one + exponential(lanes, lanes.constant(0.0) - logit))


def exponential(lanes: Lanes, x):
    """eˣ of a vector, to about one unit in the last place, with x clamped to ±87. LLVM would call the C library for each lane.

    As Cephes' `expf` (Moshier 1989): eˣ = 2ⁿ·eʳ with |r| ≤ ln 2 / 2, ln 2 in two parts, and a polynomial for eʳ.
    """
    c, keep = lanes.constant, lanes.keep
    # In this order NaN stays NaN: comparisons with it are false.
    x = keep(T.min(c(87.0), T.max(c(-87.0), x)))
    n = keep(T.nearbyint(x * c(1.44269504)))
    r = keep(x - n * c(0.693359375) + n * c(2.12194440e-4))
    polynomial = c(1.9875691500e-4)
    for coefficient in (1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1):
        polynomial = keep(polynomial * r + c(coefficient))
    return lanes.power_of_two(n) * (polynomial * r * r + r + c(1.0))
