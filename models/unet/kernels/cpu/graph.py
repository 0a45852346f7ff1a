"""Builds the network from the CPU's kernels."""

from collections.abc import Callable
from dataclasses import replace

from tvm import relax

from unet import layers
from unet.graph import PREPARE, GraphBuilder, constant, tensor
from unet.kernels.cpu.direct import Direct
from unet.kernels.cpu.fused import WinogradHead
from unet.kernels.cpu.kernel import Tunable
from unet.kernels.cpu.resample import Pool, UpConvolution
from unet.kernels.cpu.simd import CPU, DTYPE
from unet.kernels.cpu.stem_head import Head, PadInput
from unet.kernels.cpu.transform_weights import TransformWeights
from unet.kernels.cpu.winograd import Winograd

Choose = Callable[[list[Tunable]], Tunable]


def model(kernels: list[Tunable]) -> Tunable:
    """The kernel to take where nothing was measured."""
    return kernels[0]


class CPUGraph(GraphBuilder):
    """Activations in padded blocks of the vector's width.

    A layer may use Winograd where it fits and its transformed weights take at most `winograd` bytes; `choose` picks one of a
    layer's kernels, the first being the model's choice; weights are stored as `storage`. With `at_load` the module holds Winograd's
    weights as they are and transforms them when it is loaded.
    """

    def __init__(self, cpu: CPU, winograd: float, choose: Choose = model, storage: str = DTYPE, at_load: bool = False) -> None:
        super().__init__()
        self.at_load = at_load
        self.prepared: dict[layers.Convolution, relax.Var] = {}
        self.cpu, self.winograd, self.choose, self.storage = cpu, winograd, choose, storage
        self.kernels: dict[layers.Convolution, Tunable] = {}

    def check(self) -> None:
        super().check()
        v, image = self.cpu.width, self.network.image
        for layer in self.network.layers:
            if isinstance(layer, (layers.Convolution, layers.UpConvolution)) and layer.channels % v:
                raise layers.Unsupported(f"{layer.channels} channels, not a multiple of {v}")
        if image.width % v:
            raise layers.Unsupported(f"an image {image.width} pixels wide, not a multiple of {v}")
        if not all(isinstance(reader, layers.Convolution) for reader in self.network.readers(image)):
            raise layers.Unsupported("an image that layers other than 3×3 convolutions read")

    def stem(self, image: layers.Image, x: relax.Var) -> relax.Var:
        planar = tensor(image.channels, image.height + 2, image.width + 2)
        return self.call(PadInput(image.channels, image.height, image.width), [x], planar)

    def activation(self, layer: layers.Layer, channels: int) -> relax.TensorType:
        return tensor(*self.cpu.blocks(channels, layer.height, layer.width))

    def prepare(self) -> list[relax.Var]:
        if not self.at_load:
            return []
        convolutions = [layer for layer in self.network.layers if isinstance(layer, layers.Convolution)]
        winograd = [layer for layer in convolutions if isinstance(self._kernel(layer), Winograd)]
        transformed = []
        with self.block.function(PREPARE, []):
            for layer in winograd:
                transform = TransformWeights(self._kernel(layer))
                transformed.append(self.call(transform, [constant(transform.pack(layer.weight))], self._weights(layer)))
            self.block.emit_func_output(relax.Tuple(transformed))
        for index, layer in enumerate(winograd):
            self.prepared[layer] = relax.Var(f"weight{index}", self._weights(layer))
        return list(self.prepared.values())

    def _weights(self, layer: layers.Convolution) -> relax.TensorType:
        return tensor(*self._kernel(layer).shapes["weight"], dtype=self.storage)

    def _packed(self, layer: layers.Convolution, kernel: Tunable) -> relax.Expr:
        return self.prepared[layer] if layer in self.prepared else constant(kernel.pack(layer.weight), self.storage)

    def convolution(self, layer: layers.Convolution, x: relax.Var) -> relax.Var:
        kernel = self._kernel(layer)
        return self.call(kernel, [x, self._packed(layer, kernel), self._bias(layer)], self.activation(layer, kernel.total))

    def _kernel(self, layer: layers.Convolution) -> Tunable:
        """Chosen once, so that a choice is counted once."""
        if layer not in self.kernels:
            total = self.network.buffer_channels(layer)
            shape = (self.cpu, layer.source.channels, layer.channels, layer.height, layer.width, total)
            of_image = isinstance(layer.source, layers.Image)
            chosen = self.choose([*([] if of_image else self._winograd(shape)), Direct(*shape, image=of_image)])
            self.kernels[layer] = replace(chosen, storage=self.storage)
        return self.kernels[layer]

    def ending(self, head: layers.Head) -> relax.Call:
        layer = head.source
        alone = isinstance(layer, layers.Convolution) and self.network.has_one_reader(layer)
        kernel = self._kernel(layer) if alone else None
        both = WinogradHead.of(kernel) if isinstance(kernel, Winograd) else None
        if both is None:
            return super().ending(head)
        weights = [self._packed(layer, both), self._bias(layer)]
        ends = [constant(head.weight.reshape(-1, self.cpu.width)), constant(head.bias)]
        arguments = [self.value(layer.source), *weights, *ends]
        return relax.call_tir(self.function(both), arguments, tensor(1, 1, head.height, head.width))

    def _winograd(self, shape: tuple) -> list[Tunable]:
        kernel = Winograd(*shape, most_weights=self.winograd)
        return [kernel] if kernel.fits else []

    def pooling(self, layer: layers.Pooling, x: relax.Var, total: int) -> relax.Var:
        kernel = Pool(self.cpu, layer.channels, total, layer.height, layer.width)
        return self.call(kernel, [x], self.activation(layer, layer.channels))

    def up_convolution(self, layer: layers.UpConvolution, buffer: layers.SharedBuffer) -> tuple[object, list[relax.Expr]]:
        below = layer.source
        shape = (below.channels, layer.channels, below.height, below.width)
        chosen = self.choose([UpConvolution(self.cpu, *shape, buffer.channels, buffer.skip.channels)])
        kernel = replace(chosen, storage=self.storage)
        return kernel, [constant(kernel.pack(layer.weight), self.storage), self._bias(layer)]

    def head(self, layer: layers.Head, x: relax.Var) -> relax.Call:
        kernel = Head(self.cpu, layer.source.channels, layer.height, layer.width)
        arguments = [x, constant(kernel.pack(layer.weight)), constant(layer.bias)]
        return relax.call_tir(self.function(kernel), arguments, tensor(1, 1, layer.height, layer.width))

    def _bias(self, layer: layers.Convolution | layers.UpConvolution) -> relax.Expr:
        return constant(layer.bias.reshape(-1, self.cpu.width))
