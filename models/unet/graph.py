"""From layers to a Relax module over our kernels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import tvm
from tvm import relax

from unet import program as layers
from unet.kernels.batch import Place, Take
from unet.operators import described


# Name of the function that makes a module's further inputs, where it has any.
PREPARE = "prepare"


def tensor(*shape: int, dtype: str = "float32") -> relax.TensorType:
    return relax.TensorType(shape, dtype)


def constant(values: np.ndarray, dtype: str = "float32") -> tvm.ir.GenericConst:
    return relax.const(np.ascontiguousarray(values, dtype=dtype))


class GraphBuilder(ABC):
    """Builds `main`: [N, C, H, W] → [N, 1, H, W]. A subclass chooses the kernels and what lies between them."""

    def __init__(self) -> None:
        self.block = relax.BlockBuilder()
        self.functions: dict[object, relax.GlobalVar] = {}
        self.values: dict[layers.Layer, relax.Var] = {}

    def build(self, head: layers.Head) -> tvm.IRModule:
        chain = _chain(head)
        image = next(layer for layer in chain if isinstance(layer, layers.Image))
        self.check(chain, image)
        x = relax.Var("x", tensor(image.batch, image.channels, image.height, image.width))
        with self.block.function("main", [x, *self.prepare(chain)]):
            with self.block.dataflow():
                output = self.block.emit_output(self._one(head, image, x) if image.batch == 1 else self._batch(head, image, x))
            self.block.emit_func_output(output)
        return self.block.finalize()

    def _one(self, head: layers.Head, image: layers.Image, x: relax.Var) -> relax.Expr:
        self.values = {image: self.enter(image, x)}
        return self.ending(head)

    def _batch(self, head: layers.Head, image: layers.Image, x: relax.Var) -> relax.Expr:
        size = (image.height, image.width)
        result = tensor(image.batch, 1, *size)
        output = None
        for index in range(image.batch):
            taken = self.call(Take(image.batch, index, image.channels, *size), [x], tensor(1, image.channels, *size))
            mask = self.block.emit(self._one(head, image, taken))
            place = self.function(Place(image.batch, index, *size))
            if output is None:
                output = self.block.emit(relax.call_tir(place, [mask], result))
            else:
                output = self.block.emit(relax.op.call_tir_inplace(place, [mask, output], 1, result))
        return output

    def prepare(self, chain: list[layers.Layer]) -> list[relax.Var]:
        """Further parameters of `main`: what the function `PREPARE` returns, once, when the module is loaded. None by default."""
        return []

    # MARK: what a family of kernels decides

    @abstractmethod
    def check(self, chain: list[layers.Layer], image: layers.Image) -> None:
        """Raises `Unsupported` for a layer without a kernel."""

    @abstractmethod
    def enter(self, image: layers.Image, x: relax.Var) -> relax.Var:
        """The image as the first layer reads it."""

    @abstractmethod
    def activation(self, layer: layers.Layer, channels: int) -> relax.TensorType:
        """A buffer of `channels` channels, of the size of `layer`'s output."""

    @abstractmethod
    def convolution(self, layer: layers.Convolution, x: relax.Var, weight: np.ndarray) -> relax.Var:
        """Writes the first channels of a buffer of `layer.total`."""

    @abstractmethod
    def pooling(self, layer: layers.Pooling, x: relax.Var, total: int) -> relax.Var:
        """`x` is a buffer of `total` channels."""

    @abstractmethod
    def up_convolution(self, layer: layers.UpConvolution, skip: layers.Convolution) -> tuple[object, list[relax.Expr]]:
        """The kernel that writes behind `skip`'s channels, and its constants."""

    @abstractmethod
    def head(self, layer: layers.Head, x: relax.Var) -> relax.Call: ...

    def ending(self, head: layers.Head) -> relax.Call:
        """The head over its source; a family of kernels may compute both in one."""
        return self.head(head, self.value(head.source))

    # MARK: one method a layer

    def value(self, layer: layers.Layer) -> relax.Var:
        """The buffer that holds what `layer` gives."""
        if layer not in self.values:
            match layer:
                case layers.Convolution():
                    self.values[layer] = self._convolution(layer)
                case layers.Pooling():
                    self.values[layer] = self._pooling(layer)
                case layers.Concatenation():
                    self.values[layer] = self._concatenation(layer)
                case layers.UpConvolution():
                    raise layers.Unsupported("an up-convolution without a skip connection")
        return self.values[layer]

    def _convolution(self, layer: layers.Convolution) -> relax.Var:
        return self.convolution(layer, self.value(layer.source), layers.in_buffer_order(layer))

    def _pooling(self, layer: layers.Pooling) -> relax.Var:
        total = layer.source.total if isinstance(layer.source, layers.Convolution) else layer.source.channels
        return self.pooling(layer, self.value(layer.source), total)

    def _concatenation(self, layer: layers.Concatenation) -> relax.Var:
        up, skip = layer.first, layer.second
        kernel, constants = self.up_convolution(up, skip)
        arguments = [self.value(up.source), *constants, self.value(skip)]
        result = self.activation(layer, skip.total)
        return self.block.emit(relax.op.call_tir_inplace(self.function(kernel), arguments, len(arguments) - 1, result))

    # MARK: helpers

    def call(self, kernel, arguments: list, result: relax.TensorType) -> relax.Var:
        return self.block.emit(relax.call_tir(self.function(kernel), arguments, result))

    def function(self, kernel) -> relax.GlobalVar:
        """Layers of equal shape share one function; a kernel's value is its shape."""
        if kernel not in self.functions:
            name = f"{type(kernel).__name__.lower()}_{len(self.functions)}"
            self.functions[kernel] = self.block.add_func(described(kernel.build(name), kernel), name)
        return self.functions[kernel]


def _chain(layer: layers.Layer) -> list[layers.Layer]:
    """All layers that `layer` needs, itself included."""
    seen: dict[layers.Layer, None] = {}
    waiting = [layer]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen[current] = None
        for name in ("source", "first", "second"):
            if (other := getattr(current, name, None)) is not None:
                waiting.append(other)
    return list(seen)


def pipeline() -> Callable:
    """Relax passes that lower calls of our kernels; TVM's default pipeline would legalise and fuse what is already done."""
    t = relax.transform
    return tvm.transform.Sequential(
        [
            t.ToNonDataflow(),
            t.RemovePurityChecking(),
            t.CallTIRRewrite(),
            t.StaticPlanBlockMemory(),
            t.LowerAllocTensor(),
            t.KillAfterLastUse(),
            t.LowerRuntimeBuiltin(),
            t.ComputePrimValue(),
            t.VMShapeLower(),
            t.AttachGlobalSymbol(),
        ]
    )
