"""One process, one module: what each layer takes, and what the machine's multipliers could do at most. FILE IMAGE.

Prints JSON: the median seconds of each call of a kernel in order, under the VM's instrument, and the peak of all threads in
FLOP/s, measured in the same process by a kernel that only multiplies and adds in registers.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import tvm
from tvm import relax
from tvm.tirx.script import builder as T

from unet.kernels.kernel import function
from unet.kernels.lanes import CPU, Lanes
from unet.targets import BoardTarget, resolve

ROUNDS = 200_000
CALLS = 15


def peak() -> float:
    host = BoardTarget("host", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
    cpu = host.cpu()
    threads = tvm.get_global_func("runtime.NumThreads")()
    run = tvm.compile(multipliers(cpu, threads), target=host.target())["peak"]
    arrays = [tvm.runtime.tensor(np.full((2, cpu.width), 0.5, np.float32)), tvm.runtime.tensor(np.zeros((threads, cpu.width), np.float32))]
    best = min(timed(lambda: run(*arrays)) for _ in range(CALLS))
    return threads * ROUNDS * (cpu.registers - 4) * cpu.width * 2 / best


def multipliers(cpu: CPU, threads: int) -> tvm.tirx.PrimFunc:
    lanes = Lanes(cpu.width)

    def body(x, y):
        with T.parallel(0, threads) as task:
            sums = [lanes.register() for _ in range(cpu.registers - 4)]
            for register in sums:
                lanes.put(register, lanes.constant(1.0))
            with T.serial(0, ROUNDS):
                for register in sums:
                    lanes.put(register, lanes.load(x, 1) + lanes.get(register) * lanes.load(x, 0))
            total = lanes.constant(0.0)
            for register in sums:
                total = lanes.keep(total + lanes.get(register))
            lanes.store(y, total, task)

    return function("peak", {"x": (2, cpu.width), "y": (threads, cpu.width)}, body)


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
    json.dump({"layers": layers(*sys.argv[1:]), "peak": peak()}, sys.stdout)
