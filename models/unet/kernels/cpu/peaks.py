"""Kernels that reach what a board can do at most: multiply-adds in registers, and numbers to and from memory."""

from dataclasses import dataclass

from tvm.tirx.script import builder as T

from unet.kernels.cost import OperatorCost
from unet.kernels.cpu.kernel import Kernel, Shape
from unet.kernels.cpu.simd import CPU, Lanes
from unet.kernels.int8.grid import Dot

# A multiple of all usual numbers of cores, so that each has the same share.
TASKS = 48
# Per call: some milliseconds on a desktop, tenths of a second on a Pi.
OPERATIONS = 2.5e9


@dataclass(frozen=True)
class Multiply(Kernel):
    """Multiply-adds in registers, as many independent ones as fit; each of `TASKS` tasks writes one vector."""

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
    """Dot products of four bytes each, accumulated in 32 bits."""

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
class Int8Values(Kernel):
    """8-bit integers to multiply, derived from the input."""

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
    """An array for `Triad`, written once per call, so that its pages are mapped."""

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
    """a + 3·b, STREAM's triad: two arrays are read and one is written; as in STREAM, reading a line to write it is not counted."""

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
    """One number of each result, so that none of them is optimised away."""

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
