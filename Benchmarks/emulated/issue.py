"""Estimates the minimum number of cycles that a Cortex-A53 needs to issue the executed instructions. Nothing was measured on one.

It follows the description of its pipelines that GCC uses for scheduling (gcc/config/arm/cortex-a53.md, contributed by Arm). Two
instructions issue in a cycle, but one that computes on a whole 128-bit register takes both halves of NEON's datapath and issues in
the first of two slots only, be it an `fmla` of four floats, an `smull` of eight bytes or an `sadalp`. A load of 128 bits takes
both slots and in the next cycle the first, a store of 128 bits one and then the first. A block of code takes the greater of half
its slots and its first slots. The model never waits for memory or results, and blocks do not overlap.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"\s*([0-9a-f]+):\t(\S+)\s*(.*)")
WHOLE = re.compile(r"\bv\d+\.(?:16b|8h|4s|2d)\b")


@dataclass(frozen=True)
class Block:
    """Code without a jump, `instructions` long from `offset` in a module, and how often it was executed between the marks."""

    offset: int
    instructions: int
    executions: int


def cycles(blocks: Iterable[Block], module: Path) -> float:
    """Cycles of `blocks`; one whose code is not the module's counts half a cycle per instruction."""
    command = ["aarch64-linux-gnu-objdump", "--disassemble", "--no-show-raw-insn", module]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = (LINE.match(line) for line in text.splitlines())
    table = {int(line[1], 16): slots(line[2], line[3]) for line in found if line}
    total = 0.0
    for block in blocks:
        code = [table.get(block.offset + 4 * index, (1, 0)) for index in range(block.instructions)]
        total += block.executions * max(sum(both for both, _ in code) / 2, sum(first for _, first in code))
    return total


def slots(mnemonic: str, operands: str) -> tuple[int, int]:
    """The slots that an instruction takes, and how many of them must be the first."""
    registers = operands.split("[")[0]
    quads = len(re.findall(r"\bq\d+", registers))
    # Pairs of 64 bits are 128 bits too.
    wide = quads or (mnemonic in ("ldp", "stp") and bool(re.match(r"[xd]\d", registers)))
    if mnemonic.startswith("ld"):
        return (3 * int(wide), 2 * int(wide)) if wide else (1, 0)
    if mnemonic.startswith("st"):
        return (2 * int(wide), int(wide)) if wide else (1, 0)
    return (1, 1) if WHOLE.search(registers) else (1, 0)
