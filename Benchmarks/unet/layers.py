"""One process, one module: what each layer takes, and what the machine's multipliers could do at most. FILE IMAGE.

Prints JSON: the median seconds of each call of a kernel in order, under the VM's instrument, and the peaks of all threads,
measured in the same process by kernels that only multiply and add in registers.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import tvm
from tvm import relax
from tvm.tirx.script import builder as T

from unet.int8.grid import Dot
from unet.kernels.kernel import function
from unet.kernels.lanes import CPU, Lanes
from unet.targets import BoardTarget, resolve

ROUNDS = 200_000
CALLS = 15


def peaks() -> dict[str, float | None]:
    """Of multiply-adds in floating point, and of dot products of bytes where the CPU has them, in operations a second."""
    host = BoardTarget("host", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
    cpu = host.cpu()
    dot = host.dot(cpu.width)
    return {
        "peak": rate(host, Multiply(cpu), np.full((2, cpu.width), 0.5, np.float32)),
        "peak_of_bytes": rate(host, MultiplyBytes(cpu, dot), np.ones((1, 8 * cpu.width), np.int8)) if dot else None,
    }


def rate(host: BoardTarget, kernel: Multiply, x: np.ndarray) -> float:
    threads = tvm.get_global_func("runtime.NumThreads")()
    shapes = {"x": x.shape, "y": (threads, kernel.cpu.width)}
    function_ = function("peak", shapes, lambda x, y: kernel.emit(x, y, threads), {"x": str(x.dtype), "y": kernel.kind})
    run = tvm.compile(function_, target=host.target())["peak"]
    arrays = [tvm.runtime.tensor(x), tvm.runtime.tensor(np.zeros(shapes["y"], kernel.kind))]
    best = min(timed(lambda: run(*arrays)) for _ in range(CALLS))
    return threads * ROUNDS * kernel.sums * kernel.cpu.width * kernel.operations / best


@dataclass(frozen=True)
class Multiply:
    """Multiply-adds in registers, as many independent ones as fit."""

    cpu: CPU
    kind = "float32"
    operations = 2

    @property
    def sums(self) -> int:
        return self.cpu.registers - 4

    def emit(self, x, y, threads: int) -> None:
        lanes = Lanes(self.cpu.width)
        with T.parallel(0, threads) as task:
            registers = [T.alloc_buffer((self.cpu.width,), self.kind, scope="global") for _ in range(self.sums)]
            for register in registers:
                lanes.put(register, self.zero())
            with T.serial(0, ROUNDS):
                for register in registers:
                    lanes.put(register, self.step(lanes.get(register), x))
            total = registers[0]
            for register in registers[1:]:
                lanes.put(total, lanes.get(total) + lanes.get(register))
            lanes.store(y, lanes.get(total), task)

    def zero(self):
        return T.Broadcast(T.float32(0), self.cpu.width)

    def step(self, value, x):
        lanes = Lanes(self.cpu.width)
        return lanes.load(x, 1) + value * lanes.load(x, 0)


@dataclass(frozen=True)
class MultiplyBytes(Multiply):
    dot: Dot
    kind = "int32"
    operations = 8

    def zero(self):
        return T.Broadcast(T.int32(0), self.cpu.width)

    def step(self, value, x):
        activations = T.reinterpret(f"{self.dot.activation}x4", x[0, T.Ramp(0, 1, 4)])
        return self.dot.multiply_add(value, activations, x[0, T.Ramp(4 * self.cpu.width, 1, 4 * self.cpu.width)])


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
