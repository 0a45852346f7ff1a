"""From layers to a Relax module over our kernels."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import tvm
from tvm import relax

from unet import layers
from unet.kernels.cost import annotated
from unet.kernels.cpu.batch import Place, Take

# Name of the function that computes the further parameters of `main`, if it has any.
PREPARE = "prepare"


def tensor(*shape: int, dtype: str = "float32") -> relax.TensorType:
    return relax.TensorType(shape, dtype)


def constant(values: np.ndarray, dtype: str = "float32") -> tvm.ir.GenericConst:
    return relax.const(np.ascontiguousarray(values, dtype=dtype))


def main(block: relax.BlockBuilder, parameters: list[relax.Var], body: Callable[[], relax.Expr]) -> tvm.IRModule:
    """The module of `block` with a function `main` of `parameters` that returns what `body` emits."""
    with block.function("main", parameters):
        with block.dataflow():
            output = block.emit_output(body())
        block.emit_func_output(output)
    return block.finalize()


class GraphBuilder(ABC):
    """Builds `main`: [N, C, H, W] → [N, 1, H, W]. A subclass chooses the kernels and the layout of activations."""

    network: layers.Network

    def __init__(self) -> None:
        self.block = relax.BlockBuilder()
        self.functions: dict[object, relax.GlobalVar] = {}
        self.values: dict[layers.Layer, relax.Var] = {}

    def build(self, network: layers.Network) -> tvm.IRModule:
        """The module of `network`; raises `Unsupported` for a layer without a kernel."""
        self.network = network
        image, head = network.image, network.head
        self.check()
        x = relax.Var("x", tensor(image.batch, image.channels, image.height, image.width))
        body = self._one if image.batch == 1 else self._batch
        return main(self.block, [x, *self.prepare()], lambda: body(head, image, x))

    def _one(self, head: layers.Head, image: layers.Image, x: relax.Var) -> relax.Expr:
        self.values = {image: self.stem(image, x)}
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

    def prepare(self) -> list[relax.Var]:
        """Further parameters of `main`: what the function `PREPARE` returns, once, when the module is loaded. None by default."""
        return []

    def check(self) -> None:
        """Raises `Unsupported` for a layer without a kernel."""
        for layer in self.network.layers:
            if isinstance(layer, layers.Convolution) and not layer.relu:
                raise layers.Unsupported("a 3×3 convolution without a ReLU of its own")
            if type(layer) in layers.WITHOUT_KERNEL and not self._is_shared(layer):
                raise layers.Unsupported(layers.WITHOUT_KERNEL[type(layer)])
            if isinstance(layer, layers.Head) and layer is not self.network.output:
                raise layers.Unsupported(layers.WITHOUT_KERNEL[layers.Classifier])

    def _is_shared(self, layer: layers.Layer) -> bool:
        """Whether it is the up-convolution of a shared buffer."""
        return any(isinstance(reader, layers.SharedBuffer) for reader in self.network.readers(layer))

    # MARK: what a family of kernels decides

    @abstractmethod
    def stem(self, image: layers.Image, x: relax.Var) -> relax.Var:
        """The image as the first layer reads it."""

    @abstractmethod
    def activation(self, layer: layers.Layer, channels: int) -> relax.TensorType:
        """A buffer of `channels` channels, of the size of `layer`'s output."""

    @abstractmethod
    def convolution(self, layer: layers.Convolution, x: relax.Var) -> relax.Var:
        """Writes the first channels of a buffer of `network.buffer_channels(layer)`."""

    @abstractmethod
    def pooling(self, layer: layers.Pooling, x: relax.Var, total: int) -> relax.Var:
        """`x` is a buffer of `total` channels."""

    @abstractmethod
    def up_convolution(self, layer: layers.UpConvolution, buffer: layers.SharedBuffer) -> tuple[object, list[relax.Expr]]:
        """The kernel that writes behind the channels of the buffer's skip connection, and its constants."""

    @abstractmethod
    def head(self, layer: layers.Head, x: relax.Var) -> relax.Call:
        """Writes probabilities."""

    def ending(self, head: layers.Head) -> relax.Call:
        """The head over its source; a family of kernels may compute both in one."""
        return self.head(head, self.value(head.source))

    # MARK: one method per layer

    def value(self, layer: layers.Layer) -> relax.Var:
        """The buffer that holds the output of `layer`."""
        if layer not in self.values:
            match layer:
                case layers.Convolution():
                    self.values[layer] = self.convolution(layer, self.value(layer.source))
                case layers.Pooling():
                    total = self.network.buffer_channels(layer.source)
                    self.values[layer] = self.pooling(layer, self.value(layer.source), total)
                case layers.SharedBuffer():
                    self.values[layer] = self._shared_buffer(layer)
                case _:
                    raise layers.Unsupported(layers.WITHOUT_KERNEL.get(type(layer), type(layer).__name__))
        return self.values[layer]

    def _shared_buffer(self, layer: layers.SharedBuffer) -> relax.Var:
        kernel, constants = self.up_convolution(layer.up, layer)
        arguments = [self.value(layer.up.source), *constants, self.value(layer.skip)]
        result = self.activation(layer, layer.channels)
        return self.block.emit(relax.op.call_tir_inplace(self.function(kernel), arguments, len(arguments) - 1, result))

    # MARK: helpers

    def call(self, kernel: Any, arguments: list, result: relax.TensorType) -> relax.Var:
        return self.block.emit(relax.call_tir(self.function(kernel), arguments, result))

    def function(self, kernel: Any) -> relax.GlobalVar:
        """Layers of equal shape share one function; a kernel's value is its shape."""
        if kernel not in self.functions:
            name = f"{type(kernel).__name__.lower()}_{len(self.functions)}"
            self.functions[kernel] = self.block.add_func(annotated(kernel.build(name), kernel), name)
        return self.functions[kernel]


def pipeline() -> Callable:
    """Relax passes that lower calls of our kernels; TVM's default pipeline would legalise and fuse again."""
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
