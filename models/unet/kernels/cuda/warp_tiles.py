"""How a matrix product for tensor cores is cut into tiles: chosen for each layer by an estimate that extends that of `tiles`.

Two things differ from the FP32 cores. A warp multiplies together, so what is read from shared memory counts for a warp's rows ×
columns and not for a thread's. And multiplying can be so fast that memory decides: a large tile reads
less of its factors per product, but leaves fewer blocks. As in `tiles`, the constants are from manuals and nothing was measured.
"""

import itertools
import math
from dataclasses import dataclass

from unet.kernels.cuda import tiles

WARP = 32
# One instruction: 16 rows × 8 columns, a sum of 8.
ROWS, COLUMNS, DEPTH = 16, 8, 8
# Floats of padding behind a row of patches: four rows that a warp reads at once are then in different banks.
PADDING = 8
# The oldest architecture that multiplies TF32.
OLDEST = 80
# TF32 multiply-adds a cycle of a multiprocessor, from NVIDIA's white papers on the A100 and the H100. Of the other architectures
# most boards are for graphics: their tensor cores multiply TF32 no faster than their FP32 cores multiply FP32.
MULTIPLIERS = {"sm_80": 512, "sm_90": 1024, "sm_100": 1024, "sm_103": 1024}
SLOW_MULTIPLIERS = 128
# Instructions per weight that a block copies into shared memory: four at a time, packed in the order of the copy.
WEIGHT_INSTRUCTIONS = 1
SHARED_BYTES = 48 * 1024
# Cost of the two barriers of a slice for a block that is alone on its multiprocessor: a guess.
SLICE_CYCLES = 60


@dataclass(frozen=True)
class WarpTile:
    """`rows` × `columns` outputs per block, `depth` of the sum per slice, `warp_rows` × `warp_columns` outputs per warp."""

    rows: int
    columns: int
    depth: int
    warp_rows: int
    warp_columns: int
    # Blocks that share one tile's sum.
    splits: int = 1

    @property
    def threads(self) -> int:
        return self.rows // self.warp_rows * (self.columns // self.warp_columns) * WARP

    @property
    def registers(self) -> int:
        """Per thread: sums, fragments of both factors, loads in flight, and about 60 for addresses."""
        sums = self.warp_rows * self.warp_columns // WARP
        fragments = DEPTH * (self.warp_rows + self.warp_columns) // WARP
        return sums + fragments + 4 * self.loads(self.rows // 4) + self.loads(self.columns) + 60

    @property
    def shared_bytes(self) -> int:
        return 4 * self.depth * (self.rows + self.columns + PADDING)

    def loads(self, wide: int) -> int:
        """Loads per thread for a slice of `depth` rows of `wide` elements."""
        return -(-self.depth * wide // self.threads)


def fits(inputs: int, outputs: int) -> bool:
    """Whether the product consists of whole instructions; that of the image's three channels does not."""
    return inputs % DEPTH == 0 and outputs % ROWS == 0


def choose(outputs: int, pixels: int, inputs: int, taps: int, arch: str, may_split: bool) -> WarpTile:
    """The tile with the lowest estimate for `outputs` × `pixels` sums of `inputs` · `taps`, where `fits(inputs, outputs)`."""
    found = candidates(outputs, inputs, taps, (1, 2, 4, 8) if may_split else (1,))
    return min(found, key=lambda tile: estimate(tile, outputs, pixels, inputs * taps, arch))


def candidates(outputs: int, inputs: int, taps: int, splittings: tuple[int, ...]) -> list[WarpTile]:
    depths = [depth for depth in (DEPTH, 2 * DEPTH, 4 * DEPTH) if inputs % depth == 0]
    found = []
    shapes = itertools.product((16, 32, 64), (16, 32, 64), (1, 2, 4), (1, 2, 4, 8), depths, splittings)
    for warp_rows, warp_columns, down, across, depth, splits in shapes:
        tile = WarpTile(warp_rows * down, warp_columns * across, depth, warp_rows, warp_columns, splits)
        whole = outputs % tile.rows == 0 and inputs // depth * taps % splits == 0
        small = tile.rows <= 128 and tile.columns <= 256 and tile.shared_bytes <= SHARED_BYTES
        lean = 64 <= tile.threads <= 256 and tile.registers <= tiles.REGISTERS_OF_A_THREAD
        if whole and small and lean:
            found.append(tile)
    return found


def estimate(tile: WarpTile, outputs: int, pixels: int, length: int, arch: str) -> float:
    """Cycles the product takes on all multiprocessors of `arch`."""
    processors, multipliers = tiles.MULTIPROCESSORS[arch], MULTIPLIERS.get(arch, SLOW_MULTIPLIERS)
    blocks = outputs // tile.rows * math.ceil(pixels / tile.columns) * tile.splits
    busiest = math.ceil(blocks / processors)
    share = length / tile.splits
    resident = min(busiest, tiles.REGISTERS // (tile.registers * tile.threads))
    # Products per cycle: the minimum of what the tensor cores do and what both memories deliver, less with too few warps.
    rate = min(
        multipliers,
        tiles.reuse(tile.warp_rows, tile.warp_columns) * tiles.SHARED_VALUES_PER_CYCLE,
        tiles.reuse(tile.rows, tile.columns) * tiles.CACHE_VALUES_PER_CYCLE,
    ) * min(1.0, resident * tile.threads / WARP / tiles.ENOUGH_WARPS)
    instructions = tiles.FETCH_INSTRUCTIONS * tile.columns + WEIGHT_INSTRUCTIONS * tile.rows
    fetched = instructions * share / tiles.MULTIPLIERS
    # At a barrier all warps of a block wait for the slowest.
    waited = share / tile.depth * SLICE_CYCLES / resident
    cycles = busiest * (tile.rows * tile.columns * share / rate + fetched + waited)
    if tile.splits > 1:
        cycles += tiles.split_cycles(tile.splits, outputs * pixels, processors)
    return cycles
