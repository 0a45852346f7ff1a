"""From bytes to probabilities."""

from dataclasses import dataclass

from unet.kernels.cpu.stem_head import Head
from unet.kernels.int8.grid import Dot
from unet.kernels.int8.simd import Int8Lanes


@dataclass(frozen=True)
class Int8Head(Head):
    """`Head` over bytes, in floating point; its weights are given multiplied by the input's scale."""

    dot: Dot

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.dot.activation}

    def lanes(self) -> Int8Lanes:
        return Int8Lanes(self.cpu.width, self.dot)

    def pixel(self, lanes: Int8Lanes, x, *at):
        return lanes.number(lanes.load(x, *at))
