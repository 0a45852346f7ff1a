"""Builds the network from the 8-bit kernels."""

from tvm import relax

from unet import layers
from unet.graph import constant, tensor
from unet.kernels.cpu.graph import Choose, CPUGraph, model
from unet.kernels.cpu.simd import CPU
from unet.kernels.int8.calibration import Calibration, Int8Layer
from unet.kernels.int8.convolution import Int8Convolution, Int8Stem
from unet.kernels.int8.head import Int8Head
from unet.kernels.int8.resample import Int8Pool, Int8UpConvolution


class Int8Graph(CPUGraph):
    """Activations are bytes in padded blocks of the vector's width, from the first convolution's result to the head."""

    def __init__(self, cpu: CPU, calibration: Calibration, choose: Choose = model) -> None:
        super().__init__(cpu, winograd=0, choose=choose)
        self.calibration, self.dot = calibration, calibration.dot

    def activation(self, layer: layers.Layer, channels: int) -> relax.TensorType:
        return tensor(*self.cpu.blocks(channels, layer.height, layer.width), dtype=self.dot.activation)

    def convolution(self, layer: layers.Convolution, x: relax.Var) -> relax.Var:
        total = self.network.buffer_channels(layer)
        shape = (layer.source.channels, layer.channels, layer.height, layer.width, total)
        if isinstance(layer.source, layers.Image):
            kernel = self.choose([Int8Stem(self.cpu, *shape, image=True, dot=self.dot)])
            weight, bias = self.calibration.entry(layer)
            constants = [constant(kernel.pack(weight)), constant(bias.reshape(-1, self.cpu.width))]
        else:
            kernel = self.choose([Int8Convolution(self.cpu, *shape, dot=self.dot)])
            constants = self._constants(kernel, self.calibration.convolution(layer))
        return self.call(kernel, [x, *constants], self.activation(layer, total))

    def pooling(self, layer: layers.Pooling, x: relax.Var, total: int) -> relax.Var:
        kernel = Int8Pool(self.cpu, layer.channels, total, layer.height, layer.width, self.dot)
        return self.call(kernel, [x], self.activation(layer, layer.channels))

    def up_convolution(self, layer: layers.UpConvolution, buffer: layers.SharedBuffer) -> tuple[object, list[relax.Expr]]:
        below = layer.source
        shape = (below.channels, layer.channels, below.height, below.width, buffer.channels, buffer.skip.channels)
        kernel = self.choose([Int8UpConvolution(self.cpu, *shape, dot=self.dot, zero=self.calibration.parameters_of(layer).zero)])
        return kernel, self._constants(kernel, self.calibration.up_convolution(layer))

    def ending(self, head: layers.Head) -> relax.Call:
        return self.head(head, self.value(head.source))

    def head(self, layer: layers.Head, x: relax.Var) -> relax.Call:
        kernel = Int8Head(self.cpu, layer.source.channels, layer.height, layer.width, self.dot)
        arguments = [x, constant(kernel.pack(self.calibration.head(layer))), constant(layer.bias)]
        return relax.call_tir(self.function(kernel), arguments, tensor(1, 1, layer.height, layer.width))

    def _constants(self, kernel: Int8Convolution | Int8UpConvolution, made: Int8Layer) -> list[relax.Expr]:
        weight = constant(kernel.pack(made.weight), "int8")
        return [weight, *(constant(v.reshape(-1, self.cpu.width)) for v in (made.multiplier, made.shift))]
