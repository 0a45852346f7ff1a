"""What a board can do at most: multiply-adds in registers, and numbers to and from memory (Williams, Waterman and Patterson 2009).

A bundle like any other, whose functions do a known amount of work, so that a profile of it gives the peaks of the very board, threads and
minute. `harness profile` draws other bundles' operators under them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tvm import relax
from tvm.tirx.script import builder as T

from unet import bundle, graph
from unet.checkpoint import Checkpoint
from unet.kernels.cost import OperatorCost, annotated
from unet.kernels.cpu.kernel import Kernel, Shape
from unet.kernels.cpu.simd import CPU, Lanes
from unet.kernels.int8.grid import Dot
from unet.targets import BoardTarget

VARIANT = "roofline"
# A multiple of all usual numbers of cores, so that each has the same share.
TASKS = 48
# Of one call: some milliseconds on a desktop, tenths of a second on a Pi.
OPERATIONS = 2.5e9
# Of each of three arrays; at least four times the last cache (McCalpin, STREAM), of which a board with little memory has little.
BYTES = 64 * 2**20
LITTLE_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Multiply(Kernel):
    """Multiply-adds in registers, as many independent ones as fit; each of `TASKS` leaves one vector."""

    cpu: CPU
    element = "float32"
    operations = 2
    kind = "peak-compute"

    @property
    def sums(self) -> int:
        return self.cpu.registers - 4

    @property
    def rounds(self) -> int:
        return round(OPERATIONS / (TASKS * self.sums * self.cpu.width * self.operations))

    @property
    def shapes(self) -> dict[str, Shape]:
        return {"x": (1, 1, 1, 2 * self.cpu.width), "y": (TASKS, self.cpu.width)}

    @property
    def cost(self) -> OperatorCost:
        flop = TASKS * self.rounds * self.sums * self.cpu.width * self.operations
        return OperatorCost(self.kind, None, flop, flop)

    def emit(self, x, y) -> None:
        lanes = Lanes(self.cpu.width)
        with T.parallel(0, TASKS) as task:
            registers = [T.alloc_buffer((self.cpu.width,), self.element, scope="global") for _ in range(self.sums)]
            for register in registers:
                lanes.put(register, self.zero())
            with T.serial(0, self.rounds):
                for register in registers:
                    lanes.put(register, self.step(lanes.get(register), x))
            total = registers[0]
            for register in registers[1:]:
                lanes.put(total, lanes.get(total) + lanes.get(register))
            T.buffer_store(y, self.number(lanes.get(total)), [task, lanes.ramp()])

    def zero(self):
        return T.Broadcast(T.float32(0), self.cpu.width)

    def step(self, value, x):
        def vector(first: int):
            return x[0, 0, 0, T.Ramp(first, 1, self.cpu.width)]

        return vector(self.cpu.width) + value * vector(0)

    def number(self, total):
        return total


@dataclass(frozen=True)
class MultiplyInt8(Multiply):
    """Dot products of four bytes each, added up in 32 bits."""

    dot: Dot
    element = "int32"
    operations = 8
    kind = "peak-compute-int8"

    @property
    def shapes(self) -> dict[str, Shape]:
        return {"x": (1, 8 * self.cpu.width), "y": (TASKS, self.cpu.width)}

    @property
    def types(self) -> dict[str, str]:
        return {"x": "int8"}

    def zero(self):
        return T.Broadcast(T.int32(0), self.cpu.width)

    def step(self, value, x):
        activations = T.reinterpret(f"{self.dot.activation}x4", x[0, T.Ramp(0, 1, 4)])
        return self.dot.multiply_add(value, activations, x[0, T.Ramp(4 * self.cpu.width, 1, 4 * self.cpu.width)])

    def number(self, total):
        return T.Cast(f"float32x{self.cpu.width}", total)


@dataclass(frozen=True)
class Bytes(Kernel):
    """Some bytes to multiply, made of the input."""

    cpu: CPU

    @property
    def shapes(self) -> dict[str, Shape]:
        return {"x": (1, 1, 1, 2 * self.cpu.width), "y": (1, 8 * self.cpu.width)}

    @property
    def types(self) -> dict[str, str]:
        return {"y": "int8"}

    def emit(self, x, y) -> None:
        with T.serial(0, 8 * self.cpu.width) as index:
            number = x[0, 0, 0, index % (2 * self.cpu.width)]
            T.buffer_store(y, T.Cast("int8", number * T.float32(100)), [0, index])


@dataclass(frozen=True)
class Fill(Kernel):
    """An array for `Triad`, written once a call, so that its pages are there."""

    cpu: CPU
    count: int

    @property
    def shapes(self) -> dict[str, Shape]:
        return {"x": (1, 1, 1, 2 * self.cpu.width), "y": (TASKS, self.count // TASKS)}

    def emit(self, x, y) -> None:
        v = self.cpu.width
        with T.parallel(0, TASKS) as task, T.serial(0, self.count // TASKS // v) as index:
            T.buffer_store(y, x[0, 0, 0, T.Ramp(0, 1, v)], [task, T.Ramp(index * v, 1, v)])


@dataclass(frozen=True)
class Triad(Kernel):
    """a + 3·b, STREAM's: two arrays are read and one written; that writing may read it first is not counted, as there."""

    cpu: CPU
    count: int

    @property
    def shapes(self) -> dict[str, Shape]:
        array = (TASKS, self.count // TASKS)
        return {"a": array, "b": array, "y": array}

    @property
    def cost(self) -> OperatorCost:
        return OperatorCost("peak-memory", None, 2 * self.count, 2 * self.count)

    def emit(self, a, b, y) -> None:
        v = self.cpu.width
        with T.parallel(0, TASKS) as task, T.serial(0, self.count // TASKS // v) as index:
            place = T.Ramp(index * v, 1, v)
            scale = T.Broadcast(T.float32(3), v)
            T.buffer_store(y, a[task, place] + scale * b[task, place], [task, place])


@dataclass(frozen=True)
class Gather(Kernel):
    """One number of each result, so that all of them are asked for."""

    cpu: CPU
    count: int
    products: int

    @property
    def shapes(self) -> dict[str, Shape]:
        sums = {f"sum{index}": (TASKS, self.cpu.width) for index in range(self.products)}
        return {**sums, "array": (TASKS, self.count // TASKS), "y": (1, 1, 1, TASKS)}

    def emit(self, *buffers) -> None:
        *results, y = buffers
        with T.serial(0, TASKS) as task:
            total = results[0][task, 0]
            for result in results[1:]:
                total = total + result[task, 0]
            T.buffer_store(y, total, [0, 0, 0, task])


def lowering(target: BoardTarget) -> bundle.Lowering:
    """A module whose call does all of it once."""
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
    with block.function("main", [x]):
        with block.dataflow():
            sums = [call(Multiply(cpu), [x])]
            if dot:
                sums.append(call(MultiplyInt8(cpu, dot), [call(Bytes(cpu), [x])]))
            arrays = [call(Fill(cpu, count), [x]) for _ in range(2)]
            array = call(Triad(cpu, count), arrays)
            output = block.emit_output(call(Gather(cpu, count, len(sums)), [*sums, array]))
        block.emit_func_output(output)
    return bundle.Lowering(VARIANT, block.finalize(), graph.pipeline(), (1, 1, 1, 2 * cpu.width), (1, 1, 1, TASKS))


def write(trained: Checkpoint, target: BoardTarget, out: Path) -> Path:
    """The bundle `out/roofline-<target>`."""
    return bundle.write(trained, target, lowering(target), out, f"{VARIANT}-{target.name}", None)
