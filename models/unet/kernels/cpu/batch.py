"""Several images in one call: the network runs on one after the other, with one copy of its functions and weights."""

from dataclasses import dataclass

from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cpu.kernel import Kernel, Shape


@dataclass(frozen=True)
class Take(Kernel):
    """Image `index` of a batch: [N, C, H, W] → [1, C, H, W]."""

    batch: int
    index: int
    channels: int
    height: int
    width: int

    @property
    def shapes(self) -> dict[str, Shape]:
        image = (self.channels, self.height, self.width)
        return {"x": (self.batch, *image), "y": (1, *image)}

    @property
    def cost(self) -> OperatorCost:
        return OperatorCost("take", None, 0, 0, used=(("x", 1 / self.batch),))

    def emit(self, x, y) -> None:
        with T.parallel(0, self.channels * self.height) as task:
            channel, row = task // self.height, task % self.height
            with T.serial(0, self.width) as column:
                T.buffer_store(y, x[self.index, channel, row, column], [0, channel, row, column])


@dataclass(frozen=True)
class Place(Kernel):
    """Probabilities [1, 1, H, W] → number `index` of a batch's, [N, 1, H, W]."""

    batch: int
    index: int
    height: int
    width: int

    @property
    def shapes(self) -> dict[str, Shape]:
        return {"x": (1, 1, self.height, self.width), "y": (self.batch, 1, self.height, self.width)}

    @property
    def cost(self) -> OperatorCost:
        return OperatorCost("place", None, 0, 0, used=(("y", 1 / self.batch),))

    def emit(self, x, y) -> None:
        with T.parallel(0, self.height) as row:
            with T.serial(0, self.width) as column:
                T.buffer_store(y, x[0, 0, row, column], [self.index, 0, row, column])
