"""What one call of a kernel computes: bundle.json's `operators`, by which a profile relates its time to the board's peaks.

A kernel states it; the bytes it must move follow from its buffers. The statement is an attribute of the function, through TVM's
passes.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import tvm

ATTRIBUTE = "unet.cost"


@dataclass(frozen=True)
class OperatorCost:
    """What one call of a function computes."""

    # The algorithm: direct-3x3, winograd-f4 …
    kind: str
    # The layer, for messages: 64→32 at 256×256.
    layer: str | None = None
    # Multiplications and additions of the layer as it is defined, whatever the algorithm; None if unknown.
    flop: int | None = None
    # Those done in matrix products; fewer than `flop` with Winograd.
    arithmetic: int | None = None
    # The share of a buffer, by its name, that is read or written, if not all of it.
    used: tuple[tuple[str, float], ...] = ()


def convolution(
    kind: str, inputs: int, outputs: int, height: int, width: int, taps: int = 9, share: float = 1.0, **more: Any
) -> OperatorCost:
    """With `taps` weights per pair of channels for each of `height` × `width` outputs; the algorithm does `share` of it."""
    flop = 2 * taps * inputs * outputs * height * width
    return OperatorCost(kind, f"{inputs}→{outputs} at {height}×{width}", flop, round(flop * share), **more)


def annotated(function: tvm.tirx.PrimFunc, kernel: object) -> tvm.tirx.PrimFunc:
    """`function` with the cost that `kernel` states, if it states one."""
    cost = getattr(kernel, "cost", None)
    return function if cost is None else function.with_attr(ATTRIBUTE, json.dumps(asdict(cost)))
