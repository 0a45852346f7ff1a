"""From layers to a Relax module over our kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tvm
from tvm import relax

from unet import program as layers
from unet.kernels.direct import Direct
from unet.kernels.ends import Enter, Head
from unet.kernels.lanes import CPU
from unet.kernels.resample import Pool, Up
from unet.kernels.winograd import Winograd


def tensor(*shape: int) -> relax.TensorType:
    return relax.TensorType(shape, "float32")


def constant(values: np.ndarray) -> relax.Constant:
    return relax.const(np.ascontiguousarray(values, dtype=np.float32))


class GraphBuilder:
    """Builds `main`: [1, C, H, W] → [1, 1, H, W]. `winograd` chooses F(4×4) where it fits."""

    def __init__(self, cpu: CPU, winograd: bool) -> None:
        self.cpu, self.winograd = cpu, winograd
        self.block = relax.BlockBuilder()
        self.functions: dict[object, relax.GlobalVar] = {}
        self.values: dict[layers.Layer, relax.Var] = {}

    def build(self, head: layers.Head) -> tvm.IRModule:
        image = _image(head)
        self._check(head, image)
        x = relax.Var("x", tensor(1, image.channels, image.height, image.width))
        with self.block.function("main", [x]):
            with self.block.dataflow():
                enter = Enter(image.channels, image.height, image.width)
                self.values[image] = self._call(enter, [x], self._planar(image))
                output = self.block.emit_output(self._head(head))
            self.block.emit_func_output(output)
        return self.block.finalize()

    def _check(self, head: layers.Head, image: layers.Image) -> None:
        v = self.cpu.width
        for layer in _chain(head):
            if isinstance(layer, layers.Convolution) and not layer.relu:
                raise layers.Unsupported("a 3×3 convolution without a ReLU")
            if isinstance(layer, (layers.Convolution, layers.UpConvolution)) and layer.channels % v:
                raise layers.Unsupported(f"{layer.channels} channels, no multiple of {v}")
        if image.channels % v == 0 or image.width % v:
            raise layers.Unsupported(f"an image of {image.channels} channels and width {image.width}")

    # MARK: one method a layer

    def _value(self, layer: layers.Layer) -> relax.Var:
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
        source, weight = layer.source, layer.weight
        if isinstance(source, layers.Concatenation):
            # PyTorch concatenates (up, skip); the shared buffer holds (skip, up).
            cut = source.first.channels
            weight = np.concatenate((weight[:, cut:], weight[:, :cut]), axis=1)
        shape = (self.cpu, source.channels, layer.channels, layer.height, layer.width, layer.total)
        fits = self.winograd and Winograd.fits(self.cpu, source.channels, layer.height, layer.width)
        kernel = Winograd(*shape) if fits else Direct(*shape)
        bias = layer.bias.reshape(-1, self.cpu.width)
        arguments = [self._value(source), constant(kernel.pack(weight)), constant(bias)]
        return self._call(kernel, arguments, self._padded(layer, layer.total))

    def _pooling(self, layer: layers.Pooling) -> relax.Var:
        total = layer.source.total if isinstance(layer.source, layers.Convolution) else layer.source.channels
        kernel = Pool(self.cpu, layer.channels, total, layer.height, layer.width)
        return self._call(kernel, [self._value(layer.source)], self._padded(layer, layer.channels))

    def _concatenation(self, layer: layers.Concatenation) -> relax.Var:
        up, skip = layer.first, layer.second
        below = self._value(up.source)
        kernel = Up(
            self.cpu, up.source.channels, up.channels, up.source.height, up.source.width, skip.total, skip.channels
        )
        bias = constant(up.bias.reshape(-1, self.cpu.width))
        arguments = [below, constant(kernel.pack(up.weight)), bias, self._value(skip)]
        function = self._function(kernel)
        return self.block.emit(relax.op.call_tir_inplace(function, arguments, 3, self._padded(layer, skip.total)))

    def _head(self, layer: layers.Head) -> relax.Call:
        kernel = Head(self.cpu, layer.source.channels, layer.height, layer.width)
        arguments = [self._value(layer.source), constant(kernel.pack(layer.weight)), constant(layer.bias)]
        return relax.call_tir(self._function(kernel), arguments, tensor(1, 1, layer.height, layer.width))

    # MARK: helpers

    def _planar(self, layer: layers.Layer) -> relax.TensorType:
        return tensor(layer.channels, layer.height + 2, layer.width + 2)

    def _padded(self, layer: layers.Layer, channels: int) -> relax.TensorType:
        return tensor(channels // self.cpu.width, layer.height + 2, layer.width + 2, self.cpu.width)

    def _call(self, kernel, arguments: list, result: relax.TensorType) -> relax.Var:
        return self.block.emit(relax.call_tir(self._function(kernel), arguments, result))

    def _function(self, kernel) -> relax.GlobalVar:
        """Layers of equal shape share one function; a kernel's value is its shape."""
        if kernel not in self.functions:
            name = f"{type(kernel).__name__.lower()}_{len(self.functions)}"
            self.functions[kernel] = self.block.add_func(kernel.build(name), name)
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


def _image(head: layers.Head) -> layers.Image:
    return next(layer for layer in _chain(head) if isinstance(layer, layers.Image))


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
