"""A network as a graph of layers: frozen values that know what they read, in a `Network` that knows who reads them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from unet.errors import UserError


class Unsupported(UserError):
    """There is no kernel for what the message names."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no kernel for {what}")


@dataclass(frozen=True, eq=False)
class Layer:
    """What all layers have: the shape of their output for one image. Layers are compared by identity."""

    channels: int
    height: int
    width: int

    @property
    def sources(self) -> tuple[Layer, ...]:
        """The layers it reads, a layer that it reads twice twice."""
        return ()

    def reading(self, sources: tuple[Layer, ...]) -> Self:
        """The same layer over other sources; itself if they are those it has."""
        return self


@dataclass(frozen=True, eq=False)
class Image(Layer):
    """The network's input: `batch` images of one size, each of which the layers above see alone."""

    batch: int = 1


@dataclass(frozen=True, eq=False)
class Unary(Layer):
    """A layer that reads one other."""

    source: Layer

    @property
    def sources(self) -> tuple[Layer, ...]:
        return (self.source,)

    def reading(self, sources: tuple[Layer, ...]) -> Self:
        return self if sources == self.sources else replace(self, source=sources[0])


@dataclass(frozen=True, eq=False)
class Weighted(Unary):
    """A layer whose input channels can be reordered by reordering its weights."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True, eq=False)
class Convolution(Weighted):
    """3×3, padding 1, with bias and perhaps a ReLU; `weight` is (outputs, inputs, 3, 3)."""

    relu: bool = False


@dataclass(frozen=True, eq=False)
class Classifier(Weighted):
    """1×1 convolution to one channel; `weight` is (1, inputs, 1, 1)."""


@dataclass(frozen=True, eq=False)
class Head(Weighted):
    """A classifier and the sigmoid after it."""


@dataclass(frozen=True, eq=False)
class BatchNormalisation(Unary):
    """(x − mean) · scale + shift, for each channel."""

    mean: np.ndarray
    scale: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True, eq=False)
class ReLU(Unary):
    """Zero where the source is negative."""


@dataclass(frozen=True, eq=False)
class Sigmoid(Unary):
    """1 / (1 + e⁻ˣ)."""


@dataclass(frozen=True, eq=False)
class Pooling(Unary):
    """Maximum over 2×2 pixels, stride 2, of a source of even size."""


@dataclass(frozen=True, eq=False)
class UpConvolution(Weighted):
    """Transposed 2×2 convolution, stride 2, with bias; `weight` is (inputs, outputs, 2, 2)."""


@dataclass(frozen=True, eq=False)
class Concatenation(Layer):
    """The channels of `parts`, one part after the other."""

    parts: tuple[Layer, ...]

    @property
    def sources(self) -> tuple[Layer, ...]:
        return self.parts

    def reading(self, sources: tuple[Layer, ...]) -> Self:
        return self if sources == self.parts else replace(self, parts=sources)


@dataclass(frozen=True, eq=False)
class SharedBuffer(Layer):
    """The channels of `skip`, then those of `up`, which is written into the buffer of `skip`: nothing is copied."""

    up: UpConvolution
    skip: Convolution

    @property
    def sources(self) -> tuple[Layer, ...]:
        return (self.up, self.skip)

    def reading(self, sources: tuple[Layer, ...]) -> Self:
        up, skip = sources
        assert isinstance(up, UpConvolution) and isinstance(skip, Convolution)
        return self if sources == self.sources else replace(self, up=up, skip=skip)


# For messages: what a layer is that no fold has made part of another.
WITHOUT_KERNEL: dict[type[Layer], str] = {
    BatchNormalisation: "a batch normalisation without a convolution of its own before it",
    Classifier: "a 1×1 convolution that is not the network's end",
    Concatenation: "a concatenation other than of an up-convolution and a skip connection whose other readers are poolings",
    ReLU: "a ReLU without a convolution of its own before it",
    Sigmoid: "a sigmoid not after the last 1×1 convolution",
    UpConvolution: "an up-convolution without a skip connection",
}


@dataclass(frozen=True, eq=False)
class Network:
    """All layers that `output` depends on, and who reads them."""

    output: Layer

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Each once, from the output down, depth first."""
        seen: dict[Layer, None] = {}
        waiting = [self.output]
        while waiting:
            layer = waiting.pop()
            if layer not in seen:
                seen[layer] = None
                waiting.extend(layer.sources)
        return tuple(seen)

    @cached_property
    def _readers(self) -> dict[Layer, list[Layer]]:
        readers: dict[Layer, list[Layer]] = {layer: [] for layer in self.layers}
        for layer in self.layers:
            for source in layer.sources:
                readers[source].append(layer)
        return readers

    def readers(self, layer: Layer) -> list[Layer]:
        """The layers that read `layer`, one that reads it twice twice."""
        return self._readers[layer]

    def has_one_reader(self, layer: Layer) -> bool:
        """Whether one layer reads it, once. Being the network's output counts as being read."""
        return len(self.readers(layer)) + (layer is self.output) == 1

    @cached_property
    def image(self) -> Image:
        """The input; raises `Unsupported` where the output does not depend on one."""
        found = [layer for layer in self.layers if isinstance(layer, Image)]
        if len(found) != 1:
            raise Unsupported(f"a network of {len(found)} inputs")
        return found[0]

    @property
    def head(self) -> Head:
        """The output; raises `Unsupported` if it is not a classifier with a sigmoid."""
        if not isinstance(self.output, Head):
            raise Unsupported("a network that does not end in a 1×1 convolution to one channel and a sigmoid")
        return self.output

    @property
    def common_channels(self) -> int:
        """What divides the channels of all convolutions: a vector of as many fits every layer."""
        return math.gcd(*(layer.channels for layer in self.layers if isinstance(layer, (Convolution, UpConvolution))))

    def buffer_channels(self, layer: Layer) -> int:
        """Channels of the buffer that `layer` is written into: more than its own where an up-convolution shares it."""
        shared = (reader.channels for reader in self.readers(layer) if isinstance(reader, SharedBuffer) and reader.skip is layer)
        return next(shared, layer.channels)

    def rewritten(self, rule: Callable[[Network, Layer, Layer], Layer]) -> Network:
        """The network with `rule(network, layer, moved)` for each layer; `moved` is the layer over its rewritten sources."""
        found: dict[Layer, Layer] = {}
        waiting = [self.output]
        while waiting:
            layer = waiting[-1]
            if missing := [source for source in layer.sources if source not in found]:
                waiting.extend(missing)
                continue
            waiting.pop()
            if layer not in found:
                found[layer] = rule(self, layer, layer.reading(tuple(found[source] for source in layer.sources)))
        return Network(found[self.output])
