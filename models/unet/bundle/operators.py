"""bundle.json's `operators`: what each compiled function computes and moves."""

import json
import math

import tvm

from unet.kernels.cost import ATTRIBUTE

# Of a function that states no cost.
UNKNOWN: dict = {"kind": None, "layer": None, "flop": None, "arithmetic": None, "used": []}


def operators(lowered: tvm.IRModule) -> list[dict]:
    """All functions of a lowered module that its virtual machine calls, by name."""
    found = []
    for name, function in sorted(lowered.functions.items(), key=lambda item: item[0].name_hint):
        if not isinstance(function, tvm.tirx.PrimFunc):
            continue
        text = (function.attrs or {}).get(ATTRIBUTE)
        work = json.loads(str(text)) if text is not None else dict(UNKNOWN)
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
