"""A single kernel: as a function to call here, or as a bundle that an agent runs like any other."""

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tvm
from tvm import relax
from tvm.tirx.script import builder as T

from unet import bundle, graph
from unet.checkpoint import Checkpoint
from unet.kernels.cpu.kernel import Shape, Tunable, function
from unet.kernels.cpu.simd import DTYPE
from unet.targets import BoardTarget


def arguments(kernel: Tunable) -> list[tvm.runtime.Tensor]:
    """Its buffers, filled with small numbers: subnormal ones or infinities would change how long a multiplication takes."""
    rng = np.random.default_rng(0)

    def some(name: str, shape: Shape) -> np.ndarray:
        kind = np.dtype(kernel.types.get(name, DTYPE))
        if kind.kind == "f":
            return rng.random(shape, np.float32) - np.float32(0.5)
        return rng.integers(0, 100, shape).astype(kind)

    return [tvm.runtime.tensor(some(name, shape)) for name, shape in kernel.shapes.items()]


def compile_here(kernel: Tunable, target: BoardTarget) -> Callable[..., None]:
    """A function of `arguments`."""
    return tvm.compile(kernel.build("main"), target=target.target())["main"]


def write(kernel: Tunable, checkpoint: Checkpoint, target: BoardTarget, out: Path, name: str) -> Path:
    """The bundle `out/name`: its single input holds everything that the kernel reads, so that no weights have to be sent.

    The result is one number, so that copying it back takes negligible time.
    """
    *inputs, result = kernel.shapes
    kinds = {name: np.dtype(kernel.types.get(name, DTYPE)) for name in kernel.shapes}
    sizes = [_aligned(prod(kernel.shapes[name]) * kinds[name].itemsize) for name in inputs]
    image = (1, sum(sizes) // 64, 4, 4)
    y_shape, y_type = kernel.shapes[result], str(kinds[result])

    def body(x: Any, y: Any) -> None:
        views, at = [], 0
        for name, size in zip(inputs, sizes):
            kind = kinds[name]
            views.append(T.decl_buffer(kernel.shapes[name], str(kind), data=x.data, elem_offset=at // kind.itemsize))
            at += size
        kernel.emit(*views, y)

    def one(y: Any, z: Any) -> None:
        T.buffer_store(z, T.Cast(DTYPE, y[(0,) * len(y_shape)]), [0, 0, 0, 0])

    block = relax.BlockBuilder()
    x = relax.Var("x", graph.tensor(*image))
    run = block.add_func(function("candidate", {"x": image, "y": y_shape}, body, {"y": y_type}), "candidate")
    pick = block.add_func(function("one", {"y": y_shape, "z": (1, 1, 1, 1)}, one, {"y": y_type}), "one")

    def picked() -> relax.Expr:
        y = block.emit(relax.call_tir(run, [x], graph.tensor(*y_shape, dtype=y_type)))
        return relax.call_tir(pick, [y], graph.tensor(1, 1, 1, 1))

    lowering = bundle.Lowering("candidate", graph.main(block, [x], picked), graph.pipeline(), image, (1, 1, 1, 1))
    return bundle.write(checkpoint, target, lowering, out, name, None)


def _aligned(size: int) -> int:
    """Bytes rounded up to whole cache lines: vector loads that cross a line would make a kernel look slower."""
    return -(-size // 64) * 64
