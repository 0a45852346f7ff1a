"""What each compiled function computes: bundle.json's `operators`, by which a profile knows how well it does.

A kernel says what it is; what it must move is read off its buffers. That goes with the function as an attribute through TVM's passes.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

import tvm

ATTRIBUTE = "unet.work"


@dataclass(frozen=True)
class Work:
    """One call of a function."""

    # What it is: direct-3x3, winograd-f4 …
    kind: str
    # For people: which layer, as 64→32 at 256×256.
    layer: str | None = None
    # Multiplications and additions of the layer as it is defined, whatever the algorithm; None if nobody knows.
    flop: int | None = None
    # Those that are really done in matrix products; fewer in Winograd's.
    arithmetic: int | None = None
    # Of a buffer, by its name, the share that is read or written, if not all.
    used: tuple[tuple[str, float], ...] = ()


def convolution(kind: str, inputs: int, outputs: int, height: int, width: int, taps: int = 9, share: float = 1.0, **more) -> Work:
    """A convolution with `taps` weights a pair of channels for each of `height` × `width` outputs; `share` of it is left to do."""
    flop = 2 * taps * inputs * outputs * height * width
    return Work(kind, f"{inputs}→{outputs} at {height}×{width}", flop, round(flop * share), **more)


def described(function: tvm.tirx.PrimFunc, kernel: object) -> tvm.tirx.PrimFunc:
    """`function` with what `kernel` says of itself, if it says anything."""
    work = getattr(kernel, "work", None)
    return function if work is None else function.with_attr(ATTRIBUTE, json.dumps(asdict(work)))


def operators(lowered: tvm.IRModule) -> list[dict]:
    """All functions of a lowered module that its virtual machine calls, by name."""
    found = []
    for name, function in sorted(lowered.functions.items(), key=lambda item: item[0].name_hint):
        if not isinstance(function, tvm.tirx.PrimFunc):
            continue
        text = (function.attrs or {}).get(ATTRIBUTE)
        work = json.loads(str(text)) if text is not None else {"kind": None, "layer": None, "flop": None, "arithmetic": None, "used": []}
        used = dict(work.pop("used"))
        found.append({"function": name.name_hint, **work, "bytes": traffic(function, used)})
    return found


def traffic(function: tvm.tirx.PrimFunc, used: dict[str, float]) -> int | None:
    """Bytes that must move at least: each buffer once, read or written. None where a size is only known when it runs."""
    total = 0.0
    for buffer in function.params:
        try:
            count = math.prod(int(extent) for extent in buffer.shape)
        except (AttributeError, TypeError):
            return None
        total += count * tvm.DataType(str(buffer.dtype)).itemsize * used.get(buffer.name, 1.0)
    return round(total)
