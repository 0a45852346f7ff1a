"""From the numbers that layers give on real images to the bytes that stand for them, and what a layer computes with those."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from unet import program as layers
from unet.int8.grid import WEIGHT_LIMIT, Dot, Quantity

Layer = layers.Layer


def evaluate(head: layers.Head, image: torch.Tensor, observe: Callable[[Layer, torch.Tensor], None]) -> torch.Tensor:
    """The network's probabilities (1, 1, H, W) in floating point; `observe` sees what each layer gives."""
    values: dict[Layer, torch.Tensor] = {}

    def value(layer: Layer) -> torch.Tensor:
        if layer not in values:
            values[layer] = compute(layer)
            observe(layer, values[layer])
        return values[layer]

    def compute(layer: Layer) -> torch.Tensor:
        match layer:
            case layers.Image():
                return image
            case layers.Convolution():
                return functional.conv2d(value(layer.source), _tensor(layer.weight), _tensor(layer.bias), padding=1).relu()
            case layers.Pooling():
                return functional.max_pool2d(value(layer.source), 2)
            case layers.UpConvolution():
                return functional.conv_transpose2d(value(layer.source), _tensor(layer.weight), _tensor(layer.bias), stride=2)
            case layers.Concatenation():
                return torch.cat((value(layer.first), value(layer.second)), dim=1)
            case layers.Head():
                return torch.sigmoid(functional.conv2d(value(layer.source), _tensor(layer.weight), _tensor(layer.bias)))
        raise layers.Unsupported(type(layer).__name__)

    return value(head)


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


@dataclass(frozen=True)
class ByteLayer:
    """A layer's integer weights, and what makes the output's byte of a sum: round(sum·multiplier + shift)."""

    weight: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray


class Calibration:
    """What each layer's bytes stand for, after it has seen `images`, each (1, C, H, W)."""

    def __init__(self, head: layers.Head, dot: Dot, images: Iterable[torch.Tensor]) -> None:
        self.dot = dot
        ranges: dict[Layer, tuple[float, float]] = {}

        def observe(layer: Layer, value: torch.Tensor) -> None:
            low, high = ranges.get(layer, (0.0, 0.0))
            ranges[layer] = (min(low, value.min().item()), max(high, value.max().item()))

        with torch.no_grad():
            for image in images:
                evaluate(head, image, observe)
        found = {layer: Quantity.of(dot, *span) for layer, span in ranges.items()}
        self.quantities = {k: q for k, q in found.items() if isinstance(k, (layers.Convolution, layers.UpConvolution))}

    def quantity(self, layer: Layer) -> Quantity:
        """Of a layer's output; a maximum has its input's."""
        return self.quantities[layer.source if isinstance(layer, layers.Pooling) else layer]

    def inputs(self, source: Layer) -> tuple[np.ndarray, np.ndarray]:
        """Scale and zero of each channel that a layer above `source` reads, in the buffer's order: skip connection first."""
        parts = [source.second, source.first] if isinstance(source, layers.Concatenation) else [source]
        scales = [np.full(part.channels, self.quantity(part).scale) for part in parts]
        zeros = [np.full(part.channels, self.quantity(part).zero) for part in parts]
        return np.concatenate(scales), np.concatenate(zeros)

    def convolution(self, layer: layers.Convolution, weight: np.ndarray) -> ByteLayer:
        """`weight`, (OC, IC, 3, 3), has its input channels in the buffer's order."""
        return self._layer(layer, weight, *self.inputs(layer.source))

    def up_convolution(self, layer: layers.UpConvolution) -> ByteLayer:
        scales, zeros = self.inputs(layer.source)
        if zeros.any():
            raise layers.Unsupported("an up-convolution not after a ReLU")
        made = self._layer(layer, layer.weight.swapaxes(0, 1), scales, zeros)
        return ByteLayer(made.weight.swapaxes(0, 1), made.multiplier, made.shift)

    def entry(self, layer: layers.Convolution) -> tuple[np.ndarray, np.ndarray]:
        """Weights and bias of the convolution of the image, in units of its output's bytes."""
        scale = self.quantity(layer).scale
        return layer.weight / scale, layer.bias / scale

    def head(self, layer: layers.Head) -> np.ndarray:
        """The head's weights for bytes; its input ends in a ReLU, so that their zero is 0."""
        return layer.weight * self.quantity(layer.source).scale

    def _layer(self, layer, weight: np.ndarray, scales: np.ndarray, zeros: np.ndarray) -> ByteLayer:
        """An input's scale goes into its weights, so that the two halves of a concatenation may have different ones."""
        scaled = weight * scales[None, :, None, None]
        step = np.maximum(np.abs(scaled).max(axis=(1, 2, 3)), 1e-12) / WEIGHT_LIMIT
        integer = np.rint(scaled / step[:, None, None, None]).astype(np.int8)
        # What inputs of zero add to a sum. Only a convolution has such inputs: what an up-convolution reads ends in a ReLU.
        offset = (integer * zeros[None, :, None, None]).sum(axis=(1, 2, 3))
        out = self.quantity(layer)
        return ByteLayer(integer, step / out.scale, (layer.bias - step * offset) / out.scale + out.zero)
