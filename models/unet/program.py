"""Reads an exported PyTorch program as the layers that the kernels know.

The program is walked in order; batch normalisation is folded into the convolution before it. What is not recognised raises
`Unsupported` with the operator's name, and the caller falls back to TVM's own legalisation: slower, but right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch.export import ExportedProgram


class Unsupported(Exception):
    """A layer for which there is no kernel; the message names it."""


@dataclass(eq=False)
class Layer:
    """What all layers have: how many channels come out, on how many pixels."""

    channels: int
    height: int
    width: int


@dataclass(eq=False)
class Image(Layer):
    """The network's input: `batch` images of one size, each of which the layers above see alone."""

    batch: int = 1


@dataclass(eq=False)
class Convolution(Layer):
    """3×3, padding 1, with folded batch normalisation; every one in this family ends in a ReLU."""

    source: Layer
    weight: np.ndarray
    bias: np.ndarray
    relu: bool = False
    # Channels of the buffer it writes into: more than its own if an up-convolution shares it.
    total: int = 0


@dataclass(eq=False)
class Pooling(Layer):
    source: Layer


@dataclass(eq=False)
class UpConvolution(Layer):
    source: Layer
    weight: np.ndarray
    bias: np.ndarray
    # The skip connection whose buffer it completes.
    beside: Convolution | None = None


@dataclass(eq=False)
class Concatenation(Layer):
    first: UpConvolution
    second: Convolution


@dataclass(eq=False)
class Head(Layer):
    """1×1 convolution to one channel, then sigmoid."""

    source: Layer
    weight: np.ndarray
    bias: np.ndarray
    sigmoid: bool = field(default=False)


def in_buffer_order(layer: Convolution) -> np.ndarray:
    """Its weights: PyTorch concatenates (up, skip); the shared buffer holds (skip, up)."""
    if not isinstance(layer.source, Concatenation):
        return layer.weight
    cut = layer.source.first.channels
    return np.concatenate((layer.weight[:, cut:], layer.weight[:, :cut]), axis=1)


def read(program: ExportedProgram) -> Head:
    """The layers of `program`, from the last one."""
    signature = program.graph_signature
    constants = {**program.state_dict, **program.constants}
    names = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}

    def array(node) -> np.ndarray:
        return constants[names[node.name]].detach().to(torch.float64).numpy()

    layers: dict[str, Layer] = {}
    last: Layer | None = None
    for node in program.graph.nodes:
        if node.op == "placeholder":
            if node.name in signature.user_inputs:
                batch, channels, height, width = node.meta["val"].shape
                layers[node.name] = Image(channels, height, width, batch)
        elif node.op == "call_function":
            last = layers[node.name] = _layer(node, layers, array)
    if not isinstance(last, Head) or not last.sigmoid:
        raise Unsupported("a network that does not end in a 1×1 convolution and a sigmoid")
    return last


def _layer(node, layers: dict[str, Layer], array) -> Layer:
    name = str(node.target)
    args = node.args
    shape = tuple(node.meta["val"].shape[1:])
    match name:
        case "aten.conv2d.default":
            return _convolution(node, layers[args[0].name], array, shape)
        case "aten.batch_norm.default":
            layer = layers[args[0].name]
            if not isinstance(layer, Convolution) or layer.relu:
                raise Unsupported(f"{name} not directly after a convolution")
            gamma, beta, mean, variance = (array(argument) for argument in args[1:5])
            scale = gamma / np.sqrt(variance + args[7])
            layer.weight = layer.weight * scale[:, None, None, None]
            layer.bias = beta + (layer.bias - mean) * scale
            return layer
        case "aten.relu.default" | "aten.relu_.default":
            layer = layers[args[0].name]
            if not isinstance(layer, Convolution):
                raise Unsupported(f"{name} not after a convolution")
            layer.relu = True
            return layer
        case "aten.max_pool2d.default":
            stride = list(args[2]) if len(args) > 2 and args[2] else list(args[1])
            if list(args[1]) != [2, 2] or stride != [2, 2] or len(args) > 3:
                raise Unsupported(f"{name} other than 2×2 with stride 2")
            return Pooling(*shape, source=layers[args[0].name])
        case "aten.conv_transpose2d.input":
            weight = array(args[1])
            if weight.shape[2:] != (2, 2) or list(args[3]) != [2, 2] or any(np.ravel(args[4:5])):
                raise Unsupported(f"{name} other than 2×2 with stride 2")
            bias = array(args[2]) if args[2] is not None else np.zeros(weight.shape[1])
            return UpConvolution(*shape, source=layers[args[0].name], weight=weight, bias=bias)
        case "aten.cat.default":
            return _concatenation(node, layers, shape)
        case "aten.sigmoid.default":
            layer = layers[args[0].name]
            if not isinstance(layer, Head):
                raise Unsupported(f"{name} not after the last 1×1 convolution")
            layer.sigmoid = True
            return layer
    raise Unsupported(name)


def _convolution(node, source: Layer, array, shape: tuple[int, int, int]) -> Layer:
    args = [*node.args, *([None] * (7 - len(node.args)))]
    weight = array(args[1])
    bias = array(args[2]) if args[2] is not None else np.zeros(weight.shape[0])
    stride, padding, dilation, groups = (args[3] or [1, 1], args[4] or [0, 0], args[5] or [1, 1], args[6] or 1)
    plain = list(stride) == [1, 1] and list(dilation) == [1, 1] and groups == 1
    if plain and weight.shape[2:] == (3, 3) and list(padding) == [1, 1]:
        return Convolution(*shape, source=source, weight=weight, bias=bias, total=shape[0])
    if plain and weight.shape[2:] == (1, 1) and list(padding) == [0, 0] and weight.shape[0] == 1:
        return Head(*shape, source=source, weight=weight, bias=bias)
    raise Unsupported(f"{node.target} with weights {tuple(weight.shape)}")


def _concatenation(node, layers: dict[str, Layer], shape: tuple[int, int, int]) -> Concatenation:
    parts = [layers[part.name] for part in node.args[0]]
    if len(parts) != 2 or node.args[1] != 1:
        raise Unsupported(f"{node.target} of {len(parts)} tensors")
    first, second = parts
    if not isinstance(first, UpConvolution) or not isinstance(second, Convolution) or second.total != second.channels:
        raise Unsupported(f"{node.target} other than of an up-convolution and a skip connection")
    second.total = first.channels + second.channels
    first.beside = second
    return Concatenation(*shape, first=first, second=second)
