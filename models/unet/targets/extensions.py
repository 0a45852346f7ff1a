"""Instruction set extensions by two names: LLVM's, which the compiler uses, and the Linux kernel's, which a board reports.

Only extensions whose instructions LLVM's code generator chooses by itself for arithmetic, memory and vectors. Those that
need an intrinsic (AES, SHA, carry-less products, random numbers, cache control) are never used in our modules, which therefore
also run where a virtual machine hides them. Names: LLVM's X86.td and AArch64Features.td; Linux's
arch/x86/include/asm/cpufeatures.h and arch/arm64/kernel/cpuinfo.c.
"""

from pathlib import Path

import tvm
from tvm.target import codegen

CPUINFO = Path("/proc/cpuinfo")


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Of words “LLVM's name”, where the kernel uses the same, or “LLVM's name=kernel's,kernel's”."""
    pairs = [word.partition("=") for word in text.split()]
    return {name: tuple((others or name).split(",")) for name, _, others in pairs}


# AVX-IFMA, AVX-VNNI-INT8 and AVX-NE-CONVERT are missing because the kernel does not print them.
X86_64 = _table("""
    sse sse2 sse3=pni ssse3 sse4.1=sse4_1 sse4.2=sse4_2 sse4a
    avx avx2 fma fma4 xop f16c avxvnni=avx_vnni
    avx512f avx512cd avx512bw avx512dq avx512vl avx512ifma avx512vbmi avx512vbmi2=avx512_vbmi2 avx512vnni=avx512_vnni
    avx512bitalg=avx512_bitalg avx512vpopcntdq=avx512_vpopcntdq avx512bf16=avx512_bf16 avx512fp16=avx512_fp16
    gfni bmi=bmi1 bmi2 tbm lzcnt=abm popcnt movbe egpr=apx
""")
# LSE2 (uscat) is missing because LLVM uses it for atomics of 128 bits alone, which no module of ours has.
AARCH64 = _table("""
    fp-armv8=fp neon=asimd crc=crc32 lse=atomics rdm=asimdrdm fullfp16=fphp,asimdhp fp16fml=asimdfhm dotprod=asimddp
    jsconv=jscvt complxnum=fcma rcpc=lrcpc rcpc-immo=ilrcpc sha3 i8mm bf16 sve sve2 cssc mops
""")
KERNEL_NAMES: dict[str, dict[str, tuple[str, ...]]] = {"x86_64": X86_64, "aarch64": AARCH64}


def enabled(target: tvm.target.Target, architecture: str) -> list[str]:
    """LLVM's names of those extensions of the table that code for the CPU target `target` may use."""
    features = codegen.llvm_get_cpu_features(target)
    return [name for name in KERNEL_NAMES.get(architecture, {}) if name in features]


def needed(target: tvm.target.Target, architecture: str) -> list[str]:
    """The same by the kernel's names, sorted: what a board's /proc/cpuinfo must list."""
    table = KERNEL_NAMES.get(architecture, {})
    return sorted({flag for name in enabled(target, architecture) for flag in table[name]})


def absent(target: tvm.target.Target, architecture: str, cpuinfo: Path = CPUINFO) -> list[str]:
    """LLVM's names of enabled extensions that the machine whose `cpuinfo` this is does not have.

    LLVM knows a CPU by its name, and a hypervisor may hide extensions of that CPU from its guests.
    """
    present = flags(cpuinfo)
    table = KERNEL_NAMES.get(architecture, {})
    return [name for name in enabled(target, architecture) if not present.issuperset(table[name])]


def flags(cpuinfo: Path) -> set[str]:
    """The names in the first core's line “flags” (x86) or “Features” (ARM)."""
    for line in cpuinfo.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return set(value.split())
    return set()
