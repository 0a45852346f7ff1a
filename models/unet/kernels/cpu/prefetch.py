"""Prefetching.

A core's own prefetchers follow a row of an activation no further than the page it is in, and a tile is a few pixels of several
rows: without these a kernel waits for memory between its matrix products.
"""

from math import ceil

from tvm.tirx.script import builder as T

from unet.kernels.cpu.tiles import Tile

LINE = 64  # bytes per cache line


def prefetch(buffer, *index, to_write: bool = False) -> None:
    """Prefetches the cache line of an element into all caches, for a load or a store."""
    address = T.address_of(buffer[index])
    data = 1
    T.evaluate(T.call_llvm_intrin("void", "llvm.prefetch", address, T.int32(to_write), T.int32(3), T.int32(data)))


def pixels_per_line(buffer) -> int:
    """Pixels of a channel block of an activation per cache line."""
    return max(1, LINE // (4 * int(buffer.shape[-1])))


def prefetch_tile(buffer, block, tile: Tile, number, *, rows: int, border: int = 0, to_write: bool = False) -> None:
    """Prefetches line `number` of a tile's pixels in channel block `block` of a padded activation; nothing beyond the last.

    The lines are those of `rows` rows from the tile's first, `border` rows and columns further down and right. What a window reads
    beyond its outputs' columns is prefetched with the tile to the right.
    """
    pixels = pixels_per_line(buffer)
    lines = ceil(tile.grid.side / pixels)  # per row
    at = (tile.top + border + number // lines, tile.left + border + number % lines * pixels)
    with T.If(number < rows * lines), T.Then():
        prefetch(buffer, block, *at, 0, to_write=to_write)
