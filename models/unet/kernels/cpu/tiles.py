"""Which outputs a tile of a convolution computes, and where it writes them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tvm.tirx.script import builder as T


@dataclass(frozen=True)
class TileGrid:
    """Squares of `side` outputs that cover an image of at least one square.

    Where `side` does not divide the image, the last squares of a row or column begin earlier and overlap those before them.
    """

    side: int
    height: int
    width: int

    @property
    def across(self) -> int:
        return ceil(self.width / self.side)

    @property
    def count(self) -> int:
        return ceil(self.height / self.side) * self.across

    def tile(self, number) -> Tile:
        """Tile `number`, an expression of the code being written; numbers beyond the last mean the last."""
        number = T.min(number, self.count - 1)
        return Tile(self, number // self.across, number % self.across)


@dataclass(frozen=True)
class Tile:
    """Tile (`row`, `column`) of a grid, both expressions."""

    grid: TileGrid
    row: object
    column: object

    @property
    def top(self):
        """The image's row of its first output."""
        return self._start(self.row, self.grid.height)

    @property
    def left(self):
        """The image's column of its first output."""
        return self._start(self.column, self.grid.width)

    def _start(self, place, extent: int):
        side = self.grid.side
        return place * side if extent % side == 0 else T.min(place * side, extent - side)

    def row_of(self, i):
        """The image's row for row `i` of its outputs.

        A row that the tile above computes too is written where a later row of this tile belongs. Written in ascending order, the
        later one overwrites it: every pixel keeps the value of one tile, and no store depends on a condition.
        """
        return self.top + T.max(i, self.row * self.grid.side - self.top)

    def column_of(self, j):
        """The image's column for column `j` of its outputs, likewise."""
        return self.left + T.max(j, self.column * self.grid.side - self.left)
