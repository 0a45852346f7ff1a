"""Modules that do a known amount of work: a chain of multiplications and additions, each of which depends on the one before."""

from __future__ import annotations

from pathlib import Path

from tvm import relax
from tvm.tirx.script import builder as T

from unet import bundle, checkpoint, graph, targets
from unet.kernels.cpu.kernel import function

ROOT = Path(__file__).resolve().parents[2]


def write(steps: int, out: Path, name: str) -> Path:
    """A bundle whose call takes `steps` steps, in the folder `out`."""
    trained = checkpoint.load(ROOT / "build/fixtures/unet.pt")
    host = targets.BoardTarget("x86", targets.resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
    shape = bundle.Shape()

    def body(x, y):
        first = [0, 0, 0, 0]
        T.buffer_store(y, x[0, 0, 0, 0], first)
        # Converges to 1, whatever the image.
        with T.serial(0, steps):
            T.buffer_store(y, y[0, 0, 0, 0] * T.float32(0.999) + T.float32(0.001), first)

    block = relax.BlockBuilder()
    image = relax.Var("x", graph.tensor(*shape.image))
    with block.function("main", [image]):
        with block.dataflow():
            work = block.add_func(function("work", {"x": shape.image, "y": shape.mask}, body), "work")
            output = block.emit_output(relax.call_tir(work, [image], graph.tensor(*shape.mask)))
        block.emit_func_output(output)
    lowering = bundle.Lowering("work", block.finalize(), graph.pipeline(), shape.image, shape.mask)
    return bundle.write(trained, host, lowering, out, name, None)
