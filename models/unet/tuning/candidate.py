"""A kernel on its own: as a function to call here, or as a bundle that an agent runs like any other."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
import tvm
from tvm import relax
from tvm.tirx.script import builder as T

from unet import bundle, graph
from unet.checkpoint import Checkpoint
from unet.kernels.kernel import Tunable, function
from unet.kernels.lanes import DTYPE
from unet.targets import BoardTarget


def arguments(kernel: Tunable) -> list[tvm.runtime.Tensor]:
    """Its buffers, filled with small numbers: an exhausted exponent range would change how long a multiplication takes."""
    rng = np.random.default_rng(0)
    return [tvm.runtime.tensor(rng.random(shape, np.float32) - np.float32(0.5)) for shape in kernel.shapes.values()]


def compile_here(kernel: Tunable, target: BoardTarget):
    """A function of `arguments`."""
    return tvm.compile(kernel.build("main"), target=target.target())["main"]


def write(kernel: Tunable, checkpoint: Checkpoint, target: BoardTarget, out: Path, name: str) -> Path:
    """The bundle `out/name`: its one input holds all that the kernel reads, so that no weights have to be sent.

    The result is one number, so that copying it back takes no time beside the kernel's.
    """
    *inputs, result = kernel.shapes.values()
    sizes = [_aligned(prod(shape)) for shape in inputs]
    image = (1, sum(sizes) // 16, 4, 4)

    def body(x, y):
        views, at = [], 0
        for shape, size in zip(inputs, sizes):
            views.append(T.decl_buffer(shape, DTYPE, data=x.data, elem_offset=at))
            at += size
        kernel.emit(*views, y)

    def one(y, z):
        T.buffer_store(z, y[(0,) * len(result)], [0, 0, 0, 0])

    block = relax.BlockBuilder()
    x = relax.Var("x", graph.tensor(*image))
    with block.function("main", [x]):
        with block.dataflow():
            run = block.add_func(function("candidate", {"x": image, "y": result}, body), "candidate")
            y = block.emit(relax.call_tir(run, [x], graph.tensor(*result)))
            pick = block.add_func(function("one", {"y": result, "z": (1, 1, 1, 1)}, one), "one")
            output = block.emit_output(relax.call_tir(pick, [y], graph.tensor(1, 1, 1, 1)))
        block.emit_func_output(output)
    lowering = bundle.Lowering("candidate", block.finalize(), graph.pipeline(), image, (1, 1, 1, 1))
    return bundle.write(checkpoint, target, lowering, out, name, None)


def _aligned(elements: int) -> int:
    """Rounded up to 64 bytes: where a vector load would cross a cache line, a kernel looks slower than it is."""
    return -(-elements // 16) * 16
