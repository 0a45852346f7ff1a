"""Makes fewer layers of a network: what one kernel can compute becomes one layer.

A fold makes a new layer and happens only where the folded layer has no other reader; so nobody reads a value that is not the one
PyTorch computes, and nothing is computed twice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from unet.layers import (
    BatchNormalisation,
    Classifier,
    Concatenation,
    Convolution,
    Head,
    Layer,
    Network,
    Pooling,
    ReLU,
    SharedBuffer,
    Sigmoid,
    UpConvolution,
)


def fold(network: Network) -> Network:
    """The network with all folds made."""
    for rule in (fold_normalisation, fold_relu, fold_sigmoid, share_buffers):
        network = network.rewritten(rule)
    return network


def fold_normalisation(network: Network, layer: Layer, moved: Layer) -> Layer:
    """A batch normalisation into the weights and bias of the convolution before it."""
    match moved:
        case BatchNormalisation(source=Convolution(relu=False) as convolution) if network.has_one_reader(layer.sources[0]):
            weight = convolution.weight * moved.scale[:, None, None, None]
            return replace(convolution, weight=weight, bias=moved.shift + (convolution.bias - moved.mean) * moved.scale)
    return moved


def fold_relu(network: Network, layer: Layer, moved: Layer) -> Layer:
    """A ReLU into the convolution before it; one of what is never negative changes nothing."""
    match moved:
        case ReLU(source=Convolution(relu=False) as convolution) if network.has_one_reader(layer.sources[0]):
            return replace(convolution, relu=True)
        case ReLU() if is_non_negative(moved.source):
            return moved.source
    return moved


def is_non_negative(layer: Layer) -> bool:
    match layer:
        case Convolution():
            return layer.relu
        case Pooling() | Concatenation():
            return all(map(is_non_negative, layer.sources))
    return isinstance(layer, (ReLU, Sigmoid, Head))


def fold_sigmoid(network: Network, layer: Layer, moved: Layer) -> Layer:
    """A sigmoid into the classifier before it."""
    match moved:
        case Sigmoid(source=Classifier() as classifier) if (
            network.has_one_reader(layer.sources[0]) and type(classifier) is Classifier
        ):
            size = (classifier.channels, classifier.height, classifier.width)
            return Head(*size, source=classifier.source, weight=classifier.weight, bias=classifier.bias)
    return moved


def share_buffers(network: Network, layer: Layer, moved: Layer) -> Layer:
    """A skip connection's concatenation into one buffer.

    The buffer begins with the skip connection's channels. Where PyTorch's begins with the up-convolution's, the weights of its
    readers are reordered instead.
    """
    if isinstance(layer, Concatenation) and can_share_buffer(network, layer):
        up, skip = moved.sources if _up_comes_first(layer) else reversed(moved.sources)
        assert isinstance(up, UpConvolution) and isinstance(skip, Convolution)
        return SharedBuffer(moved.channels, moved.height, moved.width, up=up, skip=skip)
    if (
        layer.sources
        and isinstance(source := layer.sources[0], Concatenation)
        and can_share_buffer(network, source)
        and _up_comes_first(source)
    ):
        return with_first_inputs_last(moved, source.parts[0].channels)
    return moved


def can_share_buffer(network: Network, layer: Concatenation) -> bool:
    """Whether it is of an up-convolution that nobody else reads and a skip connection that only poolings read besides.

    Other kernels would take the buffer's further channels for those of the skip connection.
    """
    up, skip = layer.parts if _up_comes_first(layer) else reversed(layer.parts) if len(layer.parts) == 2 else (None, None)
    if not isinstance(up, UpConvolution) or not isinstance(skip, Convolution) or not skip.relu:
        return False
    others = [reader for reader in network.readers(skip) if reader is not layer]
    alone = network.has_one_reader(up) and skip is not network.output and len(network.readers(skip)) == len(others) + 1
    if not alone or not all(isinstance(reader, Pooling) for reader in others):
        return False
    reorderable = all(isinstance(reader, (Convolution, UpConvolution, Classifier)) for reader in network.readers(layer))
    return not _up_comes_first(layer) or (reorderable and layer is not network.output)


def _up_comes_first(layer: Concatenation) -> bool:
    return len(layer.parts) == 2 and isinstance(layer.parts[0], UpConvolution)


def with_first_inputs_last(layer: Layer, count: int) -> Layer:
    """A layer with weights, whose first `count` input channels have become the last."""
    assert isinstance(layer, (Convolution, UpConvolution, Classifier))
    axis = 0 if isinstance(layer, UpConvolution) else 1
    first, rest = np.split(layer.weight, [count], axis=axis)
    return replace(layer, weight=np.concatenate((rest, first), axis=axis))
