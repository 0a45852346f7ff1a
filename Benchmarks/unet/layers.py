"""One process, one module: the time of each layer, and the machine's peak performance. Arguments: FILE IMAGE.

Prints JSON: the median seconds of each call of a kernel in order, under the VM's instrument, and the peaks of all threads,
measured in the same process with kernels that only multiply and add in registers.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import tvm
from tvm import relax

from unet.kernels.cpu.peaks import Multiply, MultiplyInt8
from unet.targets import BoardTarget, resolve

CALLS = 15


def peaks() -> dict[str, float | None]:
    """Of multiply-adds in floating point, and of dot products of bytes where the CPU has them, in operations per second."""
    host = BoardTarget("host", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
    cpu = host.cpu()
    dot = host.dot(cpu.width)
    return {"peak": rate(host, Multiply(cpu)), "peak_of_bytes": rate(host, MultiplyInt8(cpu, dot)) if dot else None}


def rate(host: BoardTarget, kernel: Multiply) -> float:
    """Measured with the kernels of `unet roofline`, as a profile's peaks are."""
    run = tvm.compile(kernel.build("peak"), target=host.target())["peak"]
    arrays = []
    for name, shape in kernel.shapes.items():
        kind = np.dtype(kernel.types.get(name, "float32"))
        value = 1 if kind.kind == "i" else 0.5
        arrays.append(tvm.runtime.tensor(np.full(shape, value, kind)))
    return kernel.cost.arithmetic / min(timed(lambda: run(*arrays)) for _ in range(CALLS))


def timed(call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def layers(file: str, image: str) -> list[tuple[str, float]]:
    machine = relax.VirtualMachine(tvm.runtime.load_module(file), tvm.cpu())
    x = tvm.runtime.tensor(np.load(image))
    started, seconds = [0.0], []

    def instrument(_, name: str, before: bool, *__) -> None:
        if before:
            started[0] = time.perf_counter()
        else:
            seconds.append((name, time.perf_counter() - started[0]))

    machine.set_instrument(instrument)
    rounds = []
    for _ in range(CALLS):
        seconds.clear()
        machine["main"](x)
        rounds.append(list(seconds))
    names = [name for name, _ in rounds[0]]
    return list(zip(names, np.median([[value for _, value in calls] for calls in rounds], axis=0).tolist()))


if __name__ == "__main__":
    json.dump({"layers": layers(*sys.argv[1:]), **peaks()}, sys.stdout)
