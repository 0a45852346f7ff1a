"""Asking for memory before it is needed.

A core's own prefetchers follow a row of an activation no further than the page it is in, and a tile is a few pixels of several rows:
without these a kernel waits for memory between its matrix products.
"""

from __future__ import annotations

from math import ceil

from tvm.tirx.script import builder as T

from unet.kernels.cpu.tiles import Tile

LINE = 64  # bytes of a cache line


def prefetch(buffer, *index, to_write: bool = False) -> None:
    """Asks for the cache line of an element, into all caches; of one to write, so that the store finds it there."""
    address = T.address_of(buffer[index])
    data = 1
    T.evaluate(T.call_llvm_intrin("void", "llvm.prefetch", address, T.int32(to_write), T.int32(3), T.int32(data)))


def pixels_per_line(buffer) -> int:
    """How many pixels of a channel block of an activation begin in a cache line."""
    return max(1, LINE // (4 * int(buffer.shape[-1])))


def prefetch_tile(buffer, block, tile: Tile, number, *, rows: int, border: int = 0, to_write: bool = False) -> None:
    """Asks for line `number`, of those of a tile's pixels in channel block `block` of a padded activation; beyond the last for none.

    The lines are those of `rows` rows from the tile's first, `border` rows and columns further down and right. What a window reads beyond
    its outputs' columns is asked for with the tile to the right.
    """
    pixels = pixels_per_line(buffer)
    lines = ceil(tile.grid.side / pixels)  # a row
    at = (tile.top + border + number // lines, tile.left + border + number % lines * pixels)
    with T.If(number < rows * lines), T.Then():
        prefetch(buffer, block, *at, 0, to_write=to_write)
