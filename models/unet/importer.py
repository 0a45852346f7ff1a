"""Reads an exported PyTorch program as the layers that the kernels know.

What is not recognised raises `Unsupported` with the operator's name, and the caller falls back to TVM's own legalisation: slower,
but correct.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.export import ExportedProgram
from torch.fx import Node

from unet import layers
from unet.folds import fold
from unet.layers import Layer, Network, Unsupported


def read(program: ExportedProgram) -> Network:
    """The folded layers of `program`, from its output; raises `Unsupported`."""
    return fold(Network(_Importer(functional(program)).output()))


def functional(program: ExportedProgram) -> ExportedProgram:
    """`program` without operators that write into their arguments: else a later reader of an argument might see either value."""
    mutating = any(node.op == "call_function" and _schema(node) and _schema(node).is_mutable for node in program.graph.nodes)
    return program.run_decompositions({}) if mutating else program


def _schema(node: Node) -> Any:
    return getattr(node.target, "_schema", None)


class _Importer:
    def __init__(self, program: ExportedProgram) -> None:
        self.program = program
        self.layers: dict[Node, Layer] = {}
        signature = program.graph_signature
        tensors = {**program.state_dict, **program.constants}
        names = {**signature.inputs_to_parameters, **signature.inputs_to_buffers, **signature.inputs_to_lifted_tensor_constants}
        self.constants = {node: tensors[name] for node, name in names.items()}

    def output(self) -> Layer:
        """Reads what the output depends on, in the program's order: networks may be deeper than Python's stack."""
        outputs = self.program.graph_signature.user_outputs
        if len(outputs) != 1:
            raise Unsupported(f"a network of {len(outputs)} outputs")
        output = next((node for node in self.program.graph.nodes if node.name == outputs[0]), None)
        if output is None:
            raise Unsupported("a constant output")
        needed, waiting = set(), [output]
        while waiting:
            node = waiting.pop()
            if node not in needed:
                needed.add(node)
                waiting.extend(node.all_input_nodes)
        for node in self.program.graph.nodes:
            if node in needed and node.name not in self.constants:
                self.layers[node] = self._image(node) if node.op == "placeholder" else self._call(node)
        return self.layer(output)

    def layer(self, node: Node) -> Layer:
        if node not in self.layers:
            raise Unsupported("a parameter in place of an activation")
        return self.layers[node]

    def _image(self, node: Node) -> layers.Image:
        value = node.meta["val"]
        if value.dtype != torch.float32 or value.ndim != 4 or not all(isinstance(extent, int) for extent in value.shape):
            raise Unsupported(f"an input of {value.dtype}, {tuple(value.shape)}")
        batch, channels, height, width = value.shape
        return layers.Image(channels, height, width, batch)

    def _call(self, node: Node) -> Layer:
        name, schema = str(node.target), _schema(node)
        if name == "<built-in function getitem>" and node.args[1] == 0:
            return self.layer(node.all_input_nodes[0])  # of the functional batch normalisation's results
        if name not in READERS or schema is None:
            raise Unsupported(name)
        # By name, whether given by position, by keyword or by default.
        found = {argument.name: argument.default_value for argument in schema.arguments}
        found.update(zip(found, node.args, strict=False))
        return READERS[name](self, Call(name, {**found, **node.kwargs}, node))

    def array(self, node: Node | None, default: np.ndarray | None = None) -> np.ndarray:
        """A parameter or constant, in double precision; `default` where the program has none."""
        if node is None and default is not None:
            return default
        if node is None or node.name not in self.constants:
            raise Unsupported("weights that are computed when the network runs")
        return self.constants[node.name].detach().to(torch.float64).numpy()


class Call:
    """An operator's call: its arguments by name, and the shape of the result for one image."""

    def __init__(self, name: str, arguments: dict[str, Any], node: Node) -> None:
        self.name, self.arguments = name, arguments
        value = node.meta["val"]
        value = value[0] if isinstance(value, (tuple, list)) else value
        if value.ndim != 4:
            raise Unsupported(f"{name} with a result of {value.ndim} dimensions")
        self.shape: tuple[int, int, int] = tuple(value.shape[1:])

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    def pair(self, name: str) -> tuple[int, int]:
        """An argument for rows and columns, which may be given as one number."""
        values = np.ravel(self.arguments[name]).tolist()
        return (values[0], values[-1])

    def require(self, **expected: object) -> None:
        """Raises `Unsupported` unless the arguments have these values."""
        for name, value in expected.items():
            found = self.pair(name) if isinstance(value, tuple) else self.arguments[name]
            if found != value:
                raise Unsupported(f"{self.name} with {name} {found}")


def _convolution(read: _Importer, call: Call) -> Layer:
    weight = read.array(call["weight"])
    bias = read.array(call["bias"], np.zeros(weight.shape[0]))
    outputs, _, *window = weight.shape
    call.require(stride=(1, 1), dilation=(1, 1), groups=1)
    if window == [3, 3]:
        call.require(padding=(1, 1))
        return layers.Convolution(*call.shape, source=read.layer(call["input"]), weight=weight, bias=bias)
    if window == [1, 1] and outputs == 1:
        call.require(padding=(0, 0))
        return layers.Classifier(*call.shape, source=read.layer(call["input"]), weight=weight, bias=bias)
    raise Unsupported(f"{call.name} with weights {weight.shape}")


def _up_convolution(read: _Importer, call: Call) -> Layer:
    weight = read.array(call["weight"])
    if weight.shape[2:] != (2, 2):
        raise Unsupported(f"{call.name} with weights {weight.shape}")
    call.require(stride=(2, 2), padding=(0, 0), output_padding=(0, 0), dilation=(1, 1), groups=1)
    bias = read.array(call["bias"], np.zeros(weight.shape[1]))
    return layers.UpConvolution(*call.shape, source=read.layer(call["input"]), weight=weight, bias=bias)


def _normalisation(read: _Importer, call: Call) -> Layer:
    if call.arguments.get("training"):
        raise Unsupported(f"{call.name} with the statistics of the batch")
    ones = np.ones(call.shape[0])
    scale = read.array(call["weight"], ones) / np.sqrt(read.array(call["running_var"]) + call["eps"])
    mean, shift = read.array(call["running_mean"]), read.array(call["bias"], 0 * ones)
    return layers.BatchNormalisation(*call.shape, source=read.layer(call["input"]), mean=mean, scale=scale, shift=shift)


def _pooling(read: _Importer, call: Call) -> Layer:
    source = read.layer(call["self"])
    if not call["stride"]:
        call.arguments["stride"] = call["kernel_size"]
    call.require(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1))
    if (2 * call.shape[1], 2 * call.shape[2]) != (source.height, source.width):
        raise Unsupported(f"{call.name} of {source.height}×{source.width} pixels")
    return layers.Pooling(*call.shape, source=source)


def _concatenation(read: _Importer, call: Call) -> Layer:
    if call["dim"] not in (1, -3):
        raise Unsupported(f"{call.name} along dimension {call['dim']}")
    return layers.Concatenation(*call.shape, parts=tuple(map(read.layer, call["tensors"])))


def _identity(read: _Importer, call: Call) -> Layer:
    """Dropout that is switched off, and what only concerns memory."""
    if call.arguments.get("train"):
        raise Unsupported(f"{call.name} in training")
    return read.layer(call["input"] if "input" in call.arguments else call["self"])


def _pointwise(kind: type[layers.ReLU] | type[layers.Sigmoid]) -> Callable[[_Importer, Call], Layer]:
    return lambda read, call: kind(*call.shape, source=read.layer(call["self"]))


READERS: dict[str, Callable[[_Importer, Call], Layer]] = {
    "aten.conv2d.default": _convolution,
    "aten.conv_transpose2d.input": _up_convolution,
    "aten.batch_norm.default": _normalisation,
    "aten._native_batch_norm_legit_no_training.default": _normalisation,
    "aten.relu.default": _pointwise(layers.ReLU),
    "aten.sigmoid.default": _pointwise(layers.Sigmoid),
    "aten.max_pool2d.default": _pooling,
    "aten.cat.default": _concatenation,
    "aten.dropout.default": _identity,
    "aten.feature_dropout.default": _identity,
    "aten.clone.default": _identity,
    "aten.contiguous.default": _identity,
}
