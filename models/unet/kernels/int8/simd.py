"""Vectors of sums and of bytes in TIR."""

from dataclasses import dataclass

from tvm.tirx.script import builder as T

from unet.kernels.cpu.simd import Lanes
from unet.kernels.int8.grid import Dot


@dataclass(frozen=True)
class Int8Lanes(Lanes):
    """Operations on `width` lanes: int32 while summing, bytes in memory."""

    dot: Dot

    def sum(self):
        register = T.alloc_buffer((self.width,), "int32", scope="global")
        self.put(register, T.Broadcast(T.int32(0), self.width))
        return register

    def byte(self, sums, multiplier, shift, channel, least: int):
        """round(sums·multiplier + shift) as bytes of at least `least`."""
        value = T.Cast(f"float32x{self.width}", sums) * self.load(multiplier, channel) + self.load(shift, channel)
        return self.rounded(value, least)

    def rounded(self, value, least: int):
        """To the nearest even integer, as PyTorch and the simulation round, clamped to the range of a byte."""
        cut = T.min(T.max(value, self.constant(float(least))), self.constant(float(self.dot.high)))
        integer = T.Cast(f"int32x{self.width}", T.nearbyint(cut))
        return T.Cast(f"{self.dot.activation}x{self.width}", integer)

    def number(self, value):
        """Bytes as floating point."""
        return T.Cast(f"float32x{self.width}", T.Cast(f"int32x{self.width}", value))

    def zero_byte(self, value: int):
        return T.Broadcast(T.Cast(self.dot.activation, T.int32(value)), self.width)

    def clear_border(self, buffer, first: int, blocks: int, height: int, width: int, zero: int = 0) -> None:
        self.fill_border(buffer, self.zero_byte(zero), first, blocks, height, width)
