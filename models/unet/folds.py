"""Makes fewer layers of a network: what one kernel can compute becomes one layer.

A fold makes a new layer and happens only where the folded layer has no other reader; so nobody reads a value that is not the one
PyTorch computes, and nothing is computed twice.
"""

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
    Weighted,
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
        case Sigmoid(source=Classifier() as classifier) if network.has_one_reader(layer.sources[0]):
            size = (classifier.channels, classifier.height, classifier.width)
            return Head(*size, source=classifier.source, weight=classifier.weight, bias=classifier.bias)
    return moved


def share_buffers(network: Network, layer: Layer, moved: Layer) -> Layer:
    """A skip connection's concatenation into one buffer.

    The buffer begins with the skip connection's channels. Where PyTorch's begins with the up-convolution's, the weights of its
    readers are reordered instead.
    """
    if (parts := shareable(network, layer)) is not None:
        up, skip = (moved.sources[layer.sources.index(part)] for part in parts)
        assert isinstance(up, UpConvolution) and isinstance(skip, Convolution)
        return SharedBuffer(moved.channels, moved.height, moved.width, up=up, skip=skip)
    for source in layer.sources:
        if (parts := shareable(network, source)) is not None and source.sources[0] is parts[0]:
            return with_first_inputs_last(moved, parts[0].channels)
    return moved


def shareable(network: Network, layer: Layer) -> tuple[UpConvolution, Convolution] | None:
    """The up-convolution and the skip connection of a concatenation, if they can share a buffer.

    The up-convolution must have no other reader, and the skip connection none but poolings: other kernels would take the
    buffer's further channels for those of the skip connection.
    """
    match layer:
        case Concatenation(parts=(UpConvolution() as up, Convolution(relu=True) as skip)):
            weighted = all(isinstance(reader, Weighted) for reader in network.readers(layer))
            in_order = weighted and layer is not network.output
        case Concatenation(parts=(Convolution(relu=True) as skip, UpConvolution() as up)):
            in_order = True
        case _:
            return None
    others = [reader for reader in network.readers(skip) if reader is not layer]
    readable = skip is not network.output and all(isinstance(reader, Pooling) for reader in others)
    return (up, skip) if in_order and readable and network.has_one_reader(up) else None


def with_first_inputs_last(layer: Layer, count: int) -> Layer:
    """A layer with weights, whose first `count` input channels have become the last."""
    assert isinstance(layer, Weighted)
    axis = 0 if isinstance(layer, UpConvolution) else 1
    first, rest = np.split(layer.weight, [count], axis=axis)
    return replace(layer, weight=np.concatenate((rest, first), axis=axis))
