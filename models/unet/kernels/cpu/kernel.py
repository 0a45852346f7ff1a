"""What all CPU kernels have in common: a shape and a schedule, from which follow their buffers and their code."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import tvm
from tvm.script.ir_builder import IRBuilder
from tvm.tirx.script import builder as T

from unet.kernels.cpu.simd import CPU, DTYPE

Shape = tuple[int, ...]


class Kernel(ABC):
    """A frozen dataclass: kernels with equal values become one function."""

    @property
    @abstractmethod
    def shapes(self) -> dict[str, Shape]:
        """Its buffers in order; it writes the last."""

    @property
    def types(self) -> dict[str, str]:
        """Types of those of its buffers that are not float32."""
        return {}

    @abstractmethod
    def emit(self, *buffers) -> None:
        """Writes its code over those buffers, within a TIR function."""

    def build(self, name: str) -> tvm.tirx.PrimFunc:
        return function(name, self.shapes, self.emit, self.types)


@dataclass(frozen=True)
class Tunable(Kernel):
    """A kernel with choices that change only its speed: `chosen`, or those of a model of the target.

    It computes `inputs` → `outputs` channels of `height` × `width` pixels, and writes into a buffer of `total` channels.
    """

    # Its name in tuning databases, which are stored data, and what its choices are.
    stored_name: ClassVar[str]
    schedule_type: ClassVar[type]

    cpu: CPU
    inputs: int
    outputs: int
    height: int
    width: int
    total: int

    # Declared by subclasses, whose own fields may come before: the schedule, if not the model's, and the type of the weights in
    # memory. float16 halves them; in registers they are float32 in either case.
    chosen = None
    storage = DTYPE

    @property
    def types(self) -> dict[str, str]:
        return {"weight": self.storage}

    @property
    def schedule(self):
        return self.chosen or self.model()

    @abstractmethod
    def model(self):
        """The schedule for a machine on which nothing was measured."""

    @abstractmethod
    def schedules(self) -> Iterator:
        """The schedules that a search may try."""

    @abstractmethod
    def pack(self, weight: np.ndarray) -> np.ndarray:
        """PyTorch's weights in the order in which this kernel reads them."""

    def scheduled(self, schedule) -> Self:
        return replace(self, chosen=schedule)

    @property
    def layer(self) -> str:
        """What it computes, for messages."""
        return f"{self.inputs}→{self.outputs} at {self.height}×{self.width}"


def function(
    name: str, shapes: dict[str, Shape], body: Callable[..., None], types: dict[str, str] | None = None
) -> tvm.tirx.PrimFunc:
    """A TIR function called `name` over buffers of the given shapes, in order; float32 where `types` does not name another type."""
    with IRBuilder() as builder:
        with T.prim_func(s_tir=True):
            T.func_name(name)
            T.func_attr({"tirx.noalias": True, "global_symbol": name})
            buffers = [T.arg(key, T.Buffer(shape, (types or {}).get(key, DTYPE))) for key, shape in shapes.items()]
            body(*buffers)
    return builder.get()
