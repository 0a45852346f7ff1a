"""Builds the network from the kernels for NVIDIA GPUs."""

from tvm import relax

from unet import layers
from unet.graph import GraphBuilder, constant, tensor
from unet.kernels.cuda import tiles, warp_tiles
from unet.kernels.cuda.gemm import Convolution, PartialConvolution, UpConvolution
from unet.kernels.cuda.pointwise import Head, Pool, Total
from unet.kernels.cuda.product import Product
from unet.kernels.cuda.tensor_cores import TensorProduct, TensorUpConvolution


class CUDAGraph(GraphBuilder):
    """Activations in PyTorch's layout, [1, C, H, W]; tiles chosen for the architecture `arch`."""

    def __init__(self, arch: str) -> None:
        super().__init__()
        self.arch = arch

    def check(self) -> None:
        super().check()
        if self.network.image.batch != 1:
            raise layers.Unsupported(f"a batch of {self.network.image.batch} images on a GPU")
        for layer in self.network.layers:
            if isinstance(layer, (layers.Convolution, layers.UpConvolution)) and layer.channels % 4:
                raise layers.Unsupported(f"{layer.channels} channels, not a multiple of 4")
            if layer.width % 4:
                raise layers.Unsupported(f"a layer {layer.width} pixels wide, not a multiple of 4")

    def stem(self, image: layers.Image, x: relax.Var) -> relax.Var:
        return x

    def activation(self, layer: layers.Layer, channels: int) -> relax.TensorType:
        return tensor(1, channels, layer.height, layer.width)

    def convolution(self, layer: layers.Convolution, x: relax.Var) -> relax.Var:
        total, weight = self.network.buffer_channels(layer), layer.weight
        product = self._product(layer.source, layer.channels, taps=9)
        bias, result = constant(layer.bias), self.activation(layer, total)
        if product.tile.splits == 1:
            kernel = Convolution(product, total)
            return self.call(kernel, [x, constant(kernel.pack(weight)), bias], result)
        kernel = PartialConvolution(product)
        size = (layer.channels, layer.height, layer.width)
        sums = self.call(kernel, [x, constant(kernel.pack(weight))], tensor(product.tile.splits, *size))
        return self.call(Total(product.tile.splits, *size, total), [sums, bias], result)

    def pooling(self, layer: layers.Pooling, x: relax.Var, total: int) -> relax.Var:
        kernel = Pool(layer.channels, total, layer.height, layer.width)
        return self.call(kernel, [x], self.activation(layer, layer.channels))

    def up_convolution(self, layer: layers.UpConvolution, buffer: layers.SharedBuffer) -> tuple[object, list[relax.Expr]]:
        product = self._product(layer.source, 4 * layer.channels, taps=1)
        kind = TensorUpConvolution if isinstance(product, TensorProduct) else UpConvolution
        kernel = kind(product, buffer.channels, buffer.skip.channels)
        return kernel, [constant(kernel.pack(layer.weight)), constant(layer.bias)]

    def head(self, layer: layers.Head, x: relax.Var) -> relax.Call:
        kernel = Head(layer.source.channels, layer.height, layer.width)
        arguments = [x, constant(kernel.pack(layer.weight)), constant(layer.bias)]
        return relax.call_tir(self.function(kernel), arguments, tensor(1, 1, layer.height, layer.width))

    def _product(self, source: layers.Layer, outputs: int, taps: int) -> Product:
        size = (source.height, source.width)
        tile = tiles.choose(outputs, size[0] * size[1], source.channels, taps, self.arch, may_split=taps == 9)
        return Product(source.channels, outputs, *size, taps, tile)


class TensorGraph(CUDAGraph):
    """The same on tensor cores, where a layer's channels fill whole instructions: the first layer, of three, does not."""

    def _product(self, source: layers.Layer, outputs: int, taps: int) -> Product:
        if not warp_tiles.fits(source.channels, outputs):
            return super()._product(source, outputs, taps)
        pixels = source.height * source.width
        tile = warp_tiles.choose(outputs, pixels, source.channels, taps, self.arch, may_split=taps == 9)
        return TensorProduct(source.channels, outputs, source.height, source.width, taps, tile)
