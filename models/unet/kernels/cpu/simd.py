"""Vector registers in TIR, in which every CPU kernel is written."""

from dataclasses import dataclass, replace

from tvm.tirx.script import builder as T

DTYPE = "float32"


@dataclass(frozen=True)
class CPU:
    """What a kernel must know of a core: floats per vector register, number of registers, and bytes of `cache`.

    `cache` is the core's share of its second-level cache.
    """

    width: int
    registers: int
    cache: int = 512 * 1024

    @property
    def accumulators(self) -> int:
        """Registers in which a kernel may keep sums: half of them; the others hold weights, inputs and temporaries."""
        return self.registers // 2

    @property
    def prefetch(self) -> bool:
        """Whether kernels prefetch.

        A search could not decide it: measured alone, a layer finds its weights and activations in a cache, which it never does in
        its network. With vectors of four floats such instructions cost more beside the products, and nobody has measured them
        there.
        """
        return self.width >= 8

    def blocks(self, channels: int, height: int, width: int) -> tuple[int, int, int, int]:
        """The shape of an activation: blocks of channels with a border of one pixel."""
        return channels // self.width, height + 2, width + 2, self.width


def narrowed(cpu: CPU, channels: int) -> CPU:
    """`cpu` with vectors that divide `channels`, if possible: half a register's lanes are far faster than the fallback."""
    while cpu.width > 4 and channels % cpu.width:
        cpu = replace(cpu, width=cpu.width // 2)
    return cpu


@dataclass(frozen=True)
class Lanes:
    """Operations on vectors of `width` floats."""

    width: int

    def ramp(self, base=0):
        return T.Ramp(base, 1, self.width)

    def register(self):
        """A vector register: TIR turns a small "global" buffer into an LLVM alloca; "local" would be heap memory."""
        return T.alloc_buffer((self.width,), DTYPE, scope="global")

    def get(self, register):
        return register[self.ramp()]

    def put(self, register, value) -> None:
        T.buffer_store(register, value, [self.ramp()])

    def keep(self, value):
        """Computes `value` once: without a register TIR would repeat the expression at each use."""
        register = self.register()
        self.put(register, value)
        return self.get(register)

    def splat(self, scalar):
        return T.Broadcast(scalar, self.width)

    def constant(self, value: float):
        return T.Broadcast(T.float32(value), self.width)

    def widen(self, value, storage: str):
        """Values stored as `storage`, converted for arithmetic."""
        return value if storage == DTYPE else T.Cast(f"{DTYPE}x{self.width}", value)

    def load(self, buffer, *index):
        return buffer[(*index, self.ramp())]

    def store(self, buffer, value, *index) -> None:
        T.buffer_store(buffer, value, [*index, self.ramp()])

    def relu(self, value):
        return T.max(value, self.constant(0.0))

    def sums(self, vectors: list):
        """The sums over the lanes of each of `width` vectors: neighbouring lanes are added until one vector is left."""
        while len(vectors) > 1:
            pairs = zip(vectors[::2], vectors[1::2], strict=True)
            vectors = [self.keep(self._every_second(*pair, 0) + self._every_second(*pair, 1)) for pair in pairs]
        return vectors[0]

    def _every_second(self, first, second, start: int):
        return T.Shuffle([first, second], list(range(start, 2 * self.width, 2)))

    def power_of_two(self, exponent):
        """2ⁿ of integers −126 … 127, by writing them into a float's exponent."""

        def splat(number: int):
            return T.Broadcast(T.int32(number), self.width)

        bits = T.shift_left(T.Cast(f"int32x{self.width}", exponent) + splat(127), splat(23))
        return T.reinterpret(f"{DTYPE}x{self.width}", bits)

    def clear_border(self, buffer, first: int, blocks: int, height: int, width: int) -> None:
        """Writes the zero border of channel blocks `first …` of a padded activation."""
        self.fill_border(buffer, self.constant(0.0), first, blocks, height, width)

    def fill_border(self, buffer, zero, first: int, blocks: int, height: int, width: int) -> None:
        with T.serial(0, blocks) as block:
            with T.serial(0, width + 2) as x:
                self.store(buffer, zero, block + first, 0, x)
                self.store(buffer, zero, block + first, height + 1, x)
            with T.serial(0, height) as y:
                self.store(buffer, zero, block + first, y + 1, 0)
                self.store(buffer, zero, block + first, y + 1, width + 1)


def divisors(number: int) -> list[int]:
    """In rising order."""
    return [d for d in range(1, number + 1) if number % d == 0]


def largest_divisor(number: int, limit: int) -> int:
    """The largest divisor of `number` that is at most `limit`."""
    return next(d for d in range(min(number, limit), 0, -1) if number % d == 0)
