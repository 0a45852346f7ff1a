"""What a board computes with bytes, in PyTorch: for the accuracy gate without the board, and for tests."""

import functools

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from unet import layers
from unet.kernels.int8.calibration import Calibration, Int8Layer, parts
from unet.layers import Layer, Network


def simulate(network: Network, calibration: Calibration, image: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """Probabilities (1, 1, H, W) of `image` (1, C, H, W). Sums are exact in double precision."""
    dot = calibration.dot

    def rounded(value: Tensor, least: int) -> Tensor:
        return value.to(torch.float32).clamp(least, dot.high).round().to(dtype)

    def read(layer: Layer) -> Tensor:
        """A layer's bytes minus their zeros: so the border, which represents 0, adds nothing."""
        return torch.cat([value(part) - calibration.parameters_of(part).zero for part in parts(layer)], dim=1)

    def finish(sums: Tensor, made: Int8Layer, zeros: Tensor, least: int) -> Tensor:
        shaped = [torch.from_numpy(np.asarray(v, np.float32)).reshape(1, -1, 1, 1) for v in (made.multiplier, made.shift)]
        return rounded((sums + zeros).to(torch.float32) * shaped[0] + shaped[1], least)

    @functools.cache
    def value(layer: Layer) -> Tensor:
        """A layer's bytes."""
        match layer:
            case layers.Convolution(source=layers.Image()):
                weight, bias = (torch.from_numpy(v).to(torch.float32) for v in calibration.entry(layer))
                return rounded(functional.conv2d(image, weight, bias, padding=1), 0)
            case layers.Convolution():
                made = calibration.convolution(layer)
                weight = torch.from_numpy(made.weight).to(dtype)
                _, zeros = calibration.inputs(layer.source)
                offset = (made.weight * zeros[None, :, None, None]).sum(axis=(1, 2, 3))
                sums = functional.conv2d(read(layer.source), weight, padding=1)
                return finish(sums, made, torch.from_numpy(offset).to(dtype).reshape(1, -1, 1, 1), 0)
            case layers.Pooling():
                return functional.max_pool2d(value(layer.source), 2)
            case layers.UpConvolution():
                made = calibration.up_convolution(layer)
                weight = torch.from_numpy(np.ascontiguousarray(made.weight)).to(dtype)
                return finish(functional.conv_transpose2d(read(layer.source), weight, stride=2), made, torch.zeros(1), dot.low)
        raise layers.Unsupported(layers.WITHOUT_KERNEL.get(type(layer), type(layer).__name__))

    head = network.head
    with torch.no_grad():
        weight, bias = torch.from_numpy(calibration.head(head)).to(torch.float32), torch.from_numpy(head.bias).to(torch.float32)
        return torch.sigmoid(functional.conv2d(value(head.source).to(torch.float32), weight, bias))
