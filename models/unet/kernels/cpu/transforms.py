"""The transforms of Winograd's minimal filtering F(m×m, 3×3), for m of 2, 4 and 6 (Lavin and Gray, CVPR 2016, section 4).

With Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A a tile of m×m outputs needs (m+2)² multiplications instead of 9·m². Each function here is
one side of such a product, on vectors; it is applied to columns and then to rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from unet.kernels.cpu.simd import Lanes

Vectors = list


@dataclass(frozen=True)
class Transform:
    """F(`side`×`side`, 3×3)."""

    side: int
    # Bᵀ d and Aᵀ m, of side+2 vectors.
    inputs: Callable[[Lanes, Vectors], Vectors]
    outputs: Callable[[Lanes, Vectors], Vectors]
    # G, as rows.
    filter: tuple[tuple[float, float, float], ...]

    @property
    def window(self) -> int:
        """Side of the input window that a tile reads."""
        return self.side + 2

    @property
    def cells(self) -> int:
        """Matrix products that a tile takes part in."""
        return self.window**2

    def weights(self, weight: np.ndarray) -> np.ndarray:
        """(OC, IC, 3, 3) → (cells, OC, IC), in double precision."""
        g = np.array(self.filter)
        transformed = np.einsum("ei,ocij,fj->efoc", g, weight.astype(np.float64), g)
        return transformed.reshape(self.cells, *weight.shape[:2])


def _inputs2(lanes: Lanes, d: Vectors) -> Vectors:
    keep = lanes.keep
    return [keep(d[0] - d[2]), keep(d[1] + d[2]), keep(d[2] - d[1]), keep(d[1] - d[3])]


def _outputs2(lanes: Lanes, m: Vectors) -> Vectors:
    return [lanes.keep(m[0] + m[1] + m[2]), lanes.keep(m[1] - m[2] - m[3])]


def _inputs4(lanes: Lanes, d: Vectors) -> Vectors:
    c, keep = lanes.constant, lanes.keep
    even, odd = keep(d[4] - c(4) * d[2]), keep(d[3] - c(4) * d[1])
    even2, odd2 = keep(d[4] - d[2]), keep(c(2) * (d[3] - d[1]))
    return [
        keep(c(4) * d[0] - c(5) * d[2] + d[4]),
        keep(even + odd),
        keep(even - odd),
        keep(even2 + odd2),
        keep(even2 - odd2),
        keep(c(4) * d[1] - c(5) * d[3] + d[5]),
    ]


def _outputs4(lanes: Lanes, m: Vectors) -> Vectors:
    c, keep = lanes.constant, lanes.keep
    sum1, difference1 = keep(m[1] + m[2]), keep(m[1] - m[2])
    sum2, difference2 = keep(m[3] + m[4]), keep(m[3] - m[4])
    return [
        keep(m[0] + sum1 + sum2),
        keep(difference1 + c(2) * difference2),
        keep(sum1 + c(4) * sum2),
        keep(difference1 + c(8) * difference2 + m[5]),
    ]


def _inputs6(lanes: Lanes, d: Vectors) -> Vectors:
    c, keep = lanes.constant, lanes.keep
    even1, odd1 = keep(d[2] + d[6] - c(17 / 4) * d[4]), keep(d[1] + d[5] - c(17 / 4) * d[3])
    even2, odd2 = keep(d[6] + c(1 / 4) * d[2] - c(5 / 4) * d[4]), keep(c(1 / 2) * d[1] - c(5 / 2) * d[3] + c(2) * d[5])
    even3, odd3 = keep(d[6] + c(4) * d[2] - c(5) * d[4]), keep(c(2) * d[1] - c(5 / 2) * d[3] + c(1 / 2) * d[5])
    return [
        keep(d[0] - d[6] + c(21 / 4) * (d[4] - d[2])),
        keep(even1 + odd1),
        keep(even1 - odd1),
        keep(even2 + odd2),
        keep(even2 - odd2),
        keep(even3 + odd3),
        keep(even3 - odd3),
        keep(d[7] - d[1] + c(21 / 4) * (d[3] - d[5])),
    ]


def _outputs6(lanes: Lanes, m: Vectors) -> Vectors:
    c, keep = lanes.constant, lanes.keep
    sum1, difference1 = keep(m[1] + m[2]), keep(m[1] - m[2])
    sum2, difference2 = keep(m[3] + m[4]), keep(m[3] - m[4])
    sum3, difference3 = keep(m[5] + m[6]), keep(m[5] - m[6])
    return [
        keep(m[0] + sum1 + c(1 / 32) * sum2 + sum3),
        keep(difference1 + c(1 / 16) * difference2 + c(1 / 2) * difference3),
        keep(sum1 + c(1 / 8) * sum2 + c(1 / 4) * sum3),
        keep(difference1 + c(1 / 4) * difference2 + c(1 / 8) * difference3),
        keep(sum1 + c(1 / 2) * sum2 + c(1 / 16) * sum3),
        keep(difference1 + difference2 + c(1 / 32) * difference3 + m[7]),
    ]


F2 = Transform(2, _inputs2, _outputs2, ((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)))
# Points 0, ±1, ±2, ∞.
F4 = Transform(
    4,
    _inputs4,
    _outputs4,
    (
        (1 / 4, 0, 0),
        (-1 / 6, -1 / 6, -1 / 6),
        (-1 / 6, 1 / 6, -1 / 6),
        (1 / 24, 1 / 12, 1 / 6),
        (1 / 24, -1 / 12, 1 / 6),
        (0, 0, 1),
    ),
)
# Points 0, ±1, ±2, ±1/2, ∞. The rows of ±2 are 32 times those of the literature, and the outputs' a 32nd: without rounding, and
# transformed weights are of like sizes, which half precision needs.
F6 = Transform(
    6,
    _inputs6,
    _outputs6,
    (
        (1, 0, 0),
        (-2 / 9, -2 / 9, -2 / 9),
        (-2 / 9, 2 / 9, -2 / 9),
        (16 / 45, 32 / 45, 64 / 45),
        (16 / 45, -32 / 45, 64 / 45),
        (32 / 45, 16 / 45, 8 / 45),
        (32 / 45, -16 / 45, 8 / 45),
        (0, 0, 1),
    ),
)
TRANSFORMS = {2: F2, 4: F4, 6: F6}
