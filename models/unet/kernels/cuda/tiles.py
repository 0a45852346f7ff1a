"""How a matrix product is cut into tiles: chosen for each layer by an estimate, because no GPU is available to measure on.

A tile is good if all of the following hold, and no tile is good for all layers:
- A thread multiplies its rows × columns out of registers and reads rows + columns values from shared memory for it. A
  multiprocessor does 128 multiply-adds a cycle and delivers 32 values, so 8×8 a thread keeps the multipliers busy, 4×4 half
  of the time (Lai and Seznec, “Performance upper bound analysis of SGEMM”, CGO 2013).
- The same holds one level up: a block reads rows + columns values from the second-level cache for rows × columns products.
- Few patch values are fetched for many products: each takes about ten instructions, most of them for its address and for
  whether it lies inside the image. With 32 rows a block, that is a quarter of all instructions; with 128, a fourteenth.
- There are enough blocks for all multiprocessors. A U-Net's lowest layers have few pixels: 512×256 outputs are 8 tiles of
  128×128 for 84 multiprocessors. There a smaller tile wins, or the sum itself is split between blocks and added up after.

`estimate` puts these into one number. Its constants are from NVIDIA's manuals (CUDA C++ Programming Guide, “Compute
Capabilities”); it was never fitted to measurements.
"""

import itertools
import math
from dataclasses import dataclass

# Multiprocessors of the largest common board of an architecture.
MULTIPROCESSORS = {
    "sm_75": 72,
    "sm_80": 108,
    "sm_86": 84,
    "sm_87": 16,
    "sm_88": 16,
    "sm_89": 128,
    "sm_90": 132,
    "sm_100": 148,
    "sm_103": 148,
    "sm_110": 20,
    "sm_120": 170,
    "sm_121": 48,
}
REGISTERS = 65536
MULTIPLIERS = 128
SHARED_VALUES_PER_CYCLE = 32
CACHE_VALUES_PER_CYCLE = 16
MEMORY_VALUES_PER_CYCLE = 2
# Instructions for each value of a patch that a block copies into shared memory.
FETCH_INSTRUCTIONS = 10
# A thread can have 255; the compiler needs some itself.
REGISTERS_OF_A_THREAD = 168
# Fewer warps than this leave a multiprocessor idle while they wait at a barrier or for memory.
ENOUGH_WARPS = 8
# Cost of another launch, in cycles.
LAUNCH_CYCLES = 3000


@dataclass(frozen=True)
class Tile:
    """`rows` × `columns` outputs per block, `depth` of the sum per slice, `thread_rows` × `thread_columns` outputs per thread."""

    rows: int
    columns: int
    depth: int
    thread_rows: int
    thread_columns: int
    # Blocks that share one tile's sum.
    splits: int = 1

    @property
    def threads(self) -> int:
        return self.rows // self.thread_rows * (self.columns // self.thread_columns)

    @property
    def registers(self) -> int:
        """Per thread: sums, one row and one column of factors, loads in flight, and about 60 for addresses."""
        coming = 4 * self.loads(self.rows // 4) + self.loads(self.columns)
        return self.thread_rows * self.thread_columns + self.thread_rows + self.thread_columns + coming + 60

    def loads(self, wide: int) -> int:
        """Loads per thread for a slice of `depth` rows of `wide` elements."""
        return -(-self.depth * wide // self.threads)


def choose(outputs: int, pixels: int, inputs: int, taps: int, arch: str, may_split: bool) -> Tile:
    """The tile with the lowest estimate for `outputs` × `pixels` sums of `inputs` · `taps`; `outputs` is a multiple of 4."""
    processors = MULTIPROCESSORS[arch]
    found = candidates(outputs, inputs, taps, (1, 2, 4, 8) if may_split else (1,))
    return min(found, key=lambda tile: estimate(tile, outputs, pixels, inputs * taps, processors))


def candidates(outputs: int, inputs: int, taps: int, splittings: tuple[int, ...]) -> list[Tile]:
    depth = next(d for d in (8, 7, 6, 5, 4, 3, 2, 1) if inputs % d == 0)
    found = []
    shapes = itertools.product((8, 4), (8, 4), (1, 2, 4, 8, 16), (8, 16, 32, 64), splittings)
    for own_rows, own_columns, down, across, splits in shapes:
        tile = Tile(own_rows * down, own_columns * across, depth, own_rows, own_columns, splits)
        fits = outputs % tile.rows == 0 and tile.rows <= 128 and tile.columns <= 256
        lean = 64 <= tile.threads <= 256 and tile.registers <= REGISTERS_OF_A_THREAD
        if fits and lean and inputs // depth * taps % splits == 0:
            found.append(tile)
    return found


def estimate(tile: Tile, outputs: int, pixels: int, length: int, processors: int) -> float:
    """Cycles the product takes on `processors` multiprocessors."""
    blocks = outputs // tile.rows * math.ceil(pixels / tile.columns) * tile.splits
    busiest = math.ceil(blocks / processors)
    products = tile.rows * tile.columns * length / tile.splits
    resident = min(busiest, REGISTERS // (tile.registers * tile.threads))
    busy = min(
        1.0,
        reuse(tile.thread_rows, tile.thread_columns) * SHARED_VALUES_PER_CYCLE / MULTIPLIERS,
        reuse(tile.rows, tile.columns) * CACHE_VALUES_PER_CYCLE / MULTIPLIERS,
        resident * tile.threads / 32 / ENOUGH_WARPS,
    )
    fetched = FETCH_INSTRUCTIONS * tile.columns * length / tile.splits
    cycles = busiest * (products + fetched) / MULTIPLIERS / busy
    if tile.splits > 1:
        cycles += split_cycles(tile.splits, outputs * pixels, processors)
    return cycles


def split_cycles(splits: int, sums: int, processors: int) -> float:
    """Cost of a split: partial sums are written, read again and added by another kernel."""
    return 2 * splits * sums / processors / MEMORY_VALUES_PER_CYCLE + LAUNCH_CYCLES


def reuse(rows: int, columns: int) -> float:
    """Products per value read."""
    return rows * columns / (rows + columns)
