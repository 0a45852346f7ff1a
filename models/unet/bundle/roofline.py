"""A bundle that measures what a board can do at most (Williams, Waterman and Patterson, “Roofline”, 2009).

Its functions do a known amount of work, so that a profile of it gives the peaks of the same board, threads and minute. `harness
profile` relates other bundles' operators to them.
"""

from pathlib import Path

from tvm import relax

from unet import bundle, graph
from unet.checkpoint import Checkpoint
from unet.kernels.cost import annotated
from unet.kernels.cpu.kernel import Kernel
from unet.kernels.cpu.peaks import TASKS, Fill, Gather, Int8Values, Multiply, MultiplyInt8, Triad
from unet.targets import BoardTarget

VARIANT = "roofline"
# Of each of three arrays; at least four times the last cache (McCalpin, STREAM), of which a board with little memory has a small
# one.
BYTES = 64 * 2**20
LITTLE_BYTES = 16 * 2**20


def lowering(target: BoardTarget) -> bundle.Lowering:
    """A module whose call runs every kernel once."""
    cpu = target.cpu()
    dot = target.dot(cpu.width)
    size = (LITTLE_BYTES if target.little_memory else BYTES) // 4
    count = size // (TASKS * cpu.width) * TASKS * cpu.width
    block = relax.BlockBuilder()

    def call(kernel: Kernel, arguments: list[relax.Expr]) -> relax.Var:
        name = type(kernel).__name__.lower()
        variable = made.get(kernel) or block.add_func(annotated(kernel.build(name), kernel), name)
        made[kernel] = variable
        shape = list(kernel.shapes.values())[-1]
        return block.emit(relax.call_tir(variable, arguments, graph.tensor(*shape, dtype=kernel.types.get("y", "float32"))))

    made: dict[Kernel, relax.GlobalVar] = {}
    x = relax.Var("x", graph.tensor(1, 1, 1, 2 * cpu.width))

    def body() -> relax.Var:
        sums = [call(Multiply(cpu), [x])]
        if dot:
            sums.append(call(MultiplyInt8(cpu, dot), [call(Int8Values(cpu), [x])]))
        array = call(Triad(cpu, count), [call(Fill(cpu, count), [x]) for _ in range(2)])
        return call(Gather(cpu, count, len(sums)), [*sums, array])

    return bundle.Lowering(VARIANT, graph.main(block, [x], body), graph.pipeline(), (1, 1, 1, 2 * cpu.width), (1, 1, 1, TASKS))


def write(trained: Checkpoint, target: BoardTarget, out: Path) -> Path:
    """The bundle `out/roofline-<target>`."""
    return bundle.write(trained, target, lowering(target), out, f"{VARIANT}-{target.name}", None)
