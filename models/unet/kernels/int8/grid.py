"""Dot products of bytes, and the quantization parameters that suit them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tvm.tirx.script import builder as T

WEIGHT_LIMIT = 127


@dataclass(frozen=True)
class Dot:
    """A CPU's dot product: `width` lanes of int32, to each of which it adds four products of bytes.

    x86's takes unsigned activations and signed weights, ARM's takes both signed: hence the range `low … high` of activations.
    """

    width: int
    intrinsic: str
    activation: str
    low: int
    high: int

    def multiply_add(self, sums, activations, weights):
        """`sums` + the dot products of four activations, the same for all lanes, with four weights of each lane."""
        spread = T.Broadcast(T.reinterpret("int32", activations), self.width)
        same = T.reinterpret(f"{self.activation}x{4 * self.width}", spread)
        return T.call_llvm_pure_intrin(f"int32x{self.width}", self.intrinsic, sums, same, weights)


def dot(features: Collection[str], width: int) -> Dot | None:
    """The dot product over `width` lanes of a CPU with LLVM's `features`, if it has one."""
    wide = "avx512vnni" in features
    # Every CPU with AVX-512's instruction has its shorter forms too; AVX-VNNI has those alone.
    if wide or ("avxvnni" in features and width <= 8):
        return Dot(width, f"llvm.x86.avx512.vpdpbusd.{32 * width}", "uint8", 0, 255)
    if "dotprod" in features and width == 4:
        return Dot(width, "llvm.aarch64.neon.sdot.v4i32.v16i8", "int8", -127, 127)
    return None


@dataclass(frozen=True)
class QuantizationParameters:
    """A tensor's values: `scale`·(q − `zero`)."""

    scale: float
    zero: int

    @classmethod
    def of(cls, dot: Dot, lowest: float, highest: float) -> QuantizationParameters:
        """The finest scale that covers `lowest … highest`; 0 is exact, as the border of an image needs it."""
        if lowest >= 0:
            return cls(max(highest, 1e-12) / dot.high, 0)
        reach = max(-lowest, highest)
        if dot.low < 0:
            return cls(reach / dot.high, 0)
        middle = (dot.high + 1) // 2
        return cls(reach / (middle - 1), middle)
