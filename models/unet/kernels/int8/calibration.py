"""Calibration: from the ranges of activations on real images to quantization parameters and integer weights."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from unet import layers
from unet.kernels.int8.grid import WEIGHT_LIMIT, Dot, QuantizationParameters

Layer = layers.Layer


def evaluate(network: layers.Network, image: torch.Tensor, observe: Callable[[Layer, torch.Tensor], None]) -> torch.Tensor:
    """The network's probabilities (1, 1, H, W) in floating point; `observe` gets each layer's output."""

    @functools.cache
    def value(layer: Layer) -> torch.Tensor:
        observe(layer, found := compute(layer))
        return found

    def compute(layer: Layer) -> torch.Tensor:
        match layer:
            case layers.Image():
                return image
            case layers.Convolution():
                sums = functional.conv2d(value(layer.source), _tensor(layer.weight), _tensor(layer.bias), padding=1)
                return sums.relu() if layer.relu else sums
            case layers.Pooling():
                return functional.max_pool2d(value(layer.source), 2)
            case layers.UpConvolution():
                return functional.conv_transpose2d(value(layer.source), _tensor(layer.weight), _tensor(layer.bias), stride=2)
            case layers.SharedBuffer():
                return torch.cat((value(layer.skip), value(layer.up)), dim=1)
            case layers.Head():
                return torch.sigmoid(functional.conv2d(value(layer.source), _tensor(layer.weight), _tensor(layer.bias)))
        raise layers.Unsupported(layers.WITHOUT_KERNEL.get(type(layer), type(layer).__name__))

    return value(network.head)


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


def parts(source: Layer) -> list[Layer]:
    """The layers whose outputs form the buffer of `source`, in order."""
    return [source.skip, source.up] if isinstance(source, layers.SharedBuffer) else [source]


@dataclass(frozen=True)
class Int8Layer:
    """A layer's integer weights, and what turns a sum into the output's byte: round(sum·multiplier + shift)."""

    weight: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray


class Calibration:
    """Each layer's quantization parameters, from its outputs on `images`, each (1, C, H, W)."""

    def __init__(self, network: layers.Network, dot: Dot, images: Iterable[torch.Tensor]) -> None:
        self.dot = dot
        ranges: dict[Layer, tuple[float, float]] = {}

        def observe(layer: Layer, value: torch.Tensor) -> None:
            low, high = ranges.get(layer, (0.0, 0.0))
            ranges[layer] = (min(low, value.min().item()), max(high, value.max().item()))

        with torch.no_grad():
            for image in images:
                evaluate(network, image, observe)
        found = {layer: QuantizationParameters.of(dot, *span) for layer, span in ranges.items()}
        self.parameters = {k: q for k, q in found.items() if isinstance(k, (layers.Convolution, layers.UpConvolution))}

    def parameters_of(self, layer: Layer) -> QuantizationParameters:
        """Of a layer's output; a maximum has its input's."""
        if isinstance(layer, layers.Pooling):
            return self.parameters_of(layer.source)
        if layer not in self.parameters:
            raise layers.Unsupported(f"8-bit integers where a layer other than a convolution reads {type(layer).__name__}")
        return self.parameters[layer]

    def inputs(self, source: Layer) -> tuple[np.ndarray, np.ndarray]:
        """Scale and zero of each channel of `source`, in the buffer's order."""
        found = [(part.channels, self.parameters_of(part)) for part in parts(source)]
        scales = [np.full(channels, parameters.scale) for channels, parameters in found]
        zeros = [np.full(channels, parameters.zero) for channels, parameters in found]
        return np.concatenate(scales), np.concatenate(zeros)

    def convolution(self, layer: layers.Convolution) -> Int8Layer:
        return self._layer(layer, layer.weight, *self.inputs(layer.source))

    def up_convolution(self, layer: layers.UpConvolution) -> Int8Layer:
        scales, zeros = self.inputs(layer.source)
        if zeros.any():
            raise layers.Unsupported("8-bit integers where an up-convolution reads what may be negative")
        made = self._layer(layer, layer.weight.swapaxes(0, 1), scales, zeros)
        return Int8Layer(made.weight.swapaxes(0, 1), made.multiplier, made.shift)

    def entry(self, layer: layers.Convolution) -> tuple[np.ndarray, np.ndarray]:
        """Weights and bias of the stem, the convolution of the image, in units of its output's bytes."""
        scale = self.parameters_of(layer).scale
        return layer.weight / scale, layer.bias / scale

    def head(self, layer: layers.Head) -> np.ndarray:
        """The head's weights for bytes, whose zero must be 0: after a ReLU it is."""
        parameters = self.parameters_of(layer.source)
        if parameters.zero:
            raise layers.Unsupported("8-bit integers where the head reads what may be negative")
        return layer.weight * parameters.scale

    def _layer(self, layer: layers.Weighted, weight: np.ndarray, scales: np.ndarray, zeros: np.ndarray) -> Int8Layer:
        """Multiplies an input's scale into its weights, so that the two halves of a concatenation may have different scales."""
        scaled = weight * scales[None, :, None, None]
        step = np.maximum(np.abs(scaled).max(axis=(1, 2, 3)), 1e-12) / WEIGHT_LIMIT
        integer = np.rint(scaled / step[:, None, None, None]).astype(np.int8)
        # What the inputs' zeros add to a sum. Only a convolution has inputs with a zero other than 0.
        offset = (integer * zeros[None, :, None, None]).sum(axis=(1, 2, 3))
        out = self.parameters_of(layer)
        return Int8Layer(integer, step / out.scale, (layer.bias - step * offset) / out.scale + out.zero)
