"""The network over the kernels of bytes."""

from __future__ import annotations

import numpy as np
from tvm import relax

from unet import program as layers
from unet.graph import constant, tensor
from unet.int8.calibration import ByteLayer, Calibration
from unet.int8.convolution import ByteConvolution, ByteEntry
from unet.int8.head import ByteHead
from unet.int8.resample import BytePool, ByteUp
from unet.kernels.graph import Choose, CPUGraph, model
from unet.kernels.lanes import CPU


class ByteGraph(CPUGraph):
    """Activations are bytes in padded blocks of the vector's width, from the first convolution's result to the head."""

    def __init__(self, cpu: CPU, calibration: Calibration, choose: Choose = model) -> None:
        super().__init__(cpu, winograd=0, choose=choose)
        self.calibration, self.dot = calibration, calibration.dot

    def activation(self, layer: layers.Layer, channels: int) -> relax.TensorType:
        shape = (channels // self.cpu.width, layer.height + 2, layer.width + 2, self.cpu.width)
        return tensor(*shape, dtype=self.dot.activation)

    def convolution(self, layer: layers.Convolution, x: relax.Var, weight: np.ndarray) -> relax.Var:
        shape = (layer.source.channels, layer.channels, layer.height, layer.width, layer.total)
        if isinstance(layer.source, layers.Image):
            kernel = self.choose([ByteEntry(self.cpu, *shape, dot=self.dot)])
            weight, bias = self.calibration.entry(layer)
            constants = [constant(kernel.pack(weight)), constant(bias.reshape(-1, self.cpu.width))]
        else:
            kernel = self.choose([ByteConvolution(self.cpu, *shape, dot=self.dot)])
            constants = self._constants(kernel, self.calibration.convolution(layer, weight))
        return self.call(kernel, [x, *constants], self.activation(layer, layer.total))

    def pooling(self, layer: layers.Pooling, x: relax.Var, total: int) -> relax.Var:
        kernel = BytePool(self.cpu, layer.channels, total, layer.height, layer.width, self.dot)
        return self.call(kernel, [x], self.activation(layer, layer.channels))

    def up_convolution(self, layer: layers.UpConvolution, skip: layers.Convolution) -> tuple[object, list[relax.Expr]]:
        below = layer.source
        shape = (below.channels, layer.channels, below.height, below.width, skip.total, skip.channels)
        kernel = self.choose([ByteUp(self.cpu, *shape, dot=self.dot, zero=self.calibration.quantity(layer).zero)])
        return kernel, self._constants(kernel, self.calibration.up_convolution(layer))

    def ending(self, head: layers.Head) -> relax.Call:
        return self.head(head, self.value(head.source))

    def head(self, layer: layers.Head, x: relax.Var) -> relax.Call:
        kernel = ByteHead(self.cpu, layer.source.channels, layer.height, layer.width, self.dot)
        arguments = [x, constant(kernel.pack(self.calibration.head(layer))), constant(layer.bias)]
        return relax.call_tir(self.function(kernel), arguments, tensor(1, 1, layer.height, layer.width))

    def _constants(self, kernel: ByteConvolution | ByteUp, made: ByteLayer) -> list[relax.Expr]:
        weight = constant(kernel.pack(made.weight), "int8")
        return [weight, *(constant(v.reshape(-1, self.cpu.width)) for v in (made.multiplier, made.shift))]
