"""Reads the few facts of an ELF file that a bundle needs, without binutils, which a user's machine may lack.

Layout: System V ABI, “Object Files”; symbol versions: Linux Standard Base 5.0, section 10.7. Only 64-bit little-endian files are
read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\x7fELF\x02\x01"
PT_LOAD = 1
SHT_GNU_VERNEED = 0x6FFFFFFE


@dataclass(frozen=True)
class Section:
    kind: int
    offset: int
    size: int
    # Of a section of versions: the section with their names.
    link: int


class Elf:
    """The file that begins at byte `start` of `data`."""

    def __init__(self, data: bytes, start: int = 0) -> None:
        if data[start : start + len(MAGIC)] != MAGIC:
            raise ValueError("not an ELF file of 64 bits, little-endian")
        self.data, self.start = data, start
        self.machine = self._read("<H", 18)[0]
        self.flags = self._read("<I", 48)[0]

    def load_alignments(self) -> list[int]:
        """p_align of the segments that are mapped: a segment can be mapped only where pages are no larger."""
        table, (size, count) = self._read("<Q", 32)[0], self._read("<HH", 54)
        headers = [table + index * size for index in range(count)]
        return [self._read("<Q", at + 48)[0] for at in headers if self._read("<I", at)[0] == PT_LOAD]

    def versions_needed(self) -> list[str]:
        """Names of all symbol versions that it needs from other libraries, as GLIBC_2.17."""
        return [name for section in self.sections() if section.kind == SHT_GNU_VERNEED for name in self._versions(section)]

    def sections(self) -> list[Section]:
        table, (size, count) = self._read("<Q", 40)[0], self._read("<HH", 58)
        sections = []
        for at in range(table, table + count * size, size):
            _, kind, _, _, offset, length, link = self._read("<IIQQQQI", at)
            sections.append(Section(kind, offset, length, link))
        return sections

    def _versions(self, section: Section) -> Iterator[str]:
        names = self.sections()[section.link].offset
        library, more = section.offset, True
        while more:
            _, count, _, first, following = self._read("<HHIII", library)
            version = library + first
            for _ in range(count):
                *_, name, after = self._read("<IHHII", version)
                yield self._text(names + name)
                version += after
            library, more = library + following, following != 0

    def _read(self, layout: str, offset: int) -> tuple:
        return struct.unpack_from(layout, self.data, self.start + offset)

    def _text(self, offset: int) -> str:
        begin = self.start + offset
        return self.data[begin : self.data.index(b"\0", begin)].decode()


def embedded(data: bytes) -> Iterator[Elf]:
    """The ELF files embedded in the file `data`."""
    start = data.find(MAGIC, 1)
    while start >= 0:
        yield Elf(data, start)
        start = data.find(MAGIC, start + 1)
