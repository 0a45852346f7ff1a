"""From bytes to probabilities."""

from __future__ import annotations

from dataclasses import dataclass

from unet.int8.grid import Dot
from unet.int8.lanes import ByteLanes
from unet.kernels.ends import Head


@dataclass(frozen=True)
class ByteHead(Head):
    """`Head` over bytes, in floating point; its weights come multiplied by the input's scale."""

    dot: Dot

    @property
    def types(self) -> dict[str, str]:
        return {"x": self.dot.activation}

    def lanes(self) -> ByteLanes:
        return ByteLanes(self.cpu.width, self.dot)

    def pixel(self, lanes: ByteLanes, x, *at):
        return lanes.number(lanes.load(x, *at))
