"""A full-size U-Net for a Raspberry Pi 3 under QEMU: is its mask PyTorch's, and how much memory and how many
instructions does it take?

Times under emulation are meaningless, so none are reported. What can be measured:

- the answer: each variant's probabilities and mask against PyTorch's, on one image;
- executed instructions of one image, counted by a QEMU plugin (count.c) between two marks around the second call, and by kernel
  through the module's symbols. They are not cycles: a Cortex-A53 waits for memory and can issue two at a time. The minimum number
  of cycles that it needs to issue them is estimated (issue.py);
- memory. The resident set of an emulated process is the emulator's and the program's together. The program's address space is
  therefore reserved in one piece (`-R`, at `-B`), and what is resident there is the program's own (/proc/PID/smaps). The peak
  (VmHWM) cannot be divided, so the emulator's own part, which only grows, is subtracted as it was at the next of three samples:
  with TVM alone, with the module loaded, at the end. The peak may therefore be too small, by at most the emulator's growth between
  two samples, which is in the table. The module's share is that peak minus what was resident with TVM alone, as in
  docs/measurement.md. A module that does nothing shows the method's zero.

It uses one thread, because a layer has the same instructions with any number of threads. The last line is JSON.
"""

from __future__ import annotations

import argparse
import bisect
import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "unet"))

# The same network as the benchmark on this machine has.
import issue  # noqa: E402
import plain  # noqa: E402
from compare import network  # noqa: E402
from unet import bundle, fixtures, score, targets  # noqa: E402

VARIANTS = ("fp32-winograd", "fp32-compact", "fp32-direct")
# Where the emulated program's memory is in the emulator's, and its limit: that of a 32-bit Pi.
BASE, ROOM = 0x100000000000, 1 << 32
PR_SET_THP_DISABLE = 41
# Pixels this close to the threshold may be on either side of it: FP32 sums in another order.
UNDECIDED = 1e-4


@dataclass
class Memory:
    """Memory of the emulator's process at one moment, in MiB."""

    program: float
    emulator: float
    peak: float

    @classmethod
    def of(cls, process: int) -> Memory:
        program = total = 0
        inside = False
        for line in Path(f"/proc/{process}/smaps").read_text().splitlines():
            if found := re.match(r"([0-9a-f]+)-[0-9a-f]+ ", line):
                inside = BASE <= int(found[1], 16) < BASE + ROOM
            elif line.startswith("Rss:"):
                total += int(line.split()[1])
                program += int(line.split()[1]) * inside
        status = Path(f"/proc/{process}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1])
        return cls(program / 1024, (total - program) / 1024, peak / 1024)


@dataclass
class Run:
    """A module's results: its output, the memory at each sample, instructions by kernel, and the estimated minimum of cycles."""

    answer: np.ndarray
    samples: list[Memory]
    instructions: Counter[str]
    cycles: float

    @property
    def after(self) -> int:
        """The first sample at which the peak had been reached, after that with TVM alone."""
        return max(1, next(n for n, sample in enumerate(self.samples) if sample.peak == self.samples[-1].peak))

    @property
    def peak_mib(self) -> float:
        return self.samples[self.after].peak - self.samples[self.after].emulator - self.samples[0].program

    @property
    def uncertainty_mib(self) -> float:
        return self.samples[self.after].emulator - self.samples[self.after - 1].emulator

    def held_mib(self, sample: int) -> float:
        return self.samples[sample].program - self.samples[0].program

    @property
    def total(self) -> int:
        return sum(self.instructions.values())


def run(tools: Path, module: Path, image: Path, shape: tuple[int, ...], folder: Path, cpu: str) -> Run:
    counts, answer = folder / "counts.txt", folder / "answer.f32"
    command = ["qemu-aarch64", "-cpu", cpu, "-L", "/usr/aarch64-linux-gnu", "-B", hex(BASE), "-R", hex(ROOM)]
    command += ["-E", "TVM_NUM_THREADS=1", "-plugin", f"{tools / 'count.so'},out={counts}", tools / "infer"]
    command += [CHECKOUT / "build/tvm-runtime/aarch64", module, image, answer, shape[1] * shape[2], *shape]
    process = subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=small_pages
    )

    def stopped(where: str) -> tuple[Memory, int]:
        line = process.stdout.readline().split()
        if line[:1] != [where]:
            sys.exit(f"{module}: the emulated program did not reach “{where}”: status {process.wait()}")
        memory = Memory.of(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()
        return memory, int(line[1], 16)

    samples = [stopped(where) for where in ("ready", "loaded", "done")]
    if process.wait():
        sys.exit(f"{module}: the emulated program ended with status {process.returncode}")
    blocks = executed(counts, samples[-1][1])
    memory = [sample for sample, _ in samples]
    return Run(np.fromfile(answer, np.float32), memory, attribute(blocks, module), issue.cycles(blocks, module))


def small_pages() -> None:
    """Transparent huge pages would count memory that a Pi would not allocate."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_THP_DISABLE)")


def executed(counts: Path, base: int) -> list[issue.Block]:
    """The blocks executed between the two marks, from count.c's file; `base` is the module's address in memory."""
    blocks = []
    for line in counts.open():
        mark, address, instructions, executions = line.split()
        amount = int(executions) * (1 if mark == "2" else -1)
        blocks.append(issue.Block(int(address, 16) - base, int(instructions), amount))
    return blocks


def attribute(blocks: list[issue.Block], module: Path) -> Counter[str]:
    """Instructions by kernel, "TVM and libraries" for all others."""
    symbols = functions(module)
    starts = [start for start, _ in symbols]
    found: Counter[str] = Counter()
    for block in blocks:
        index = bisect.bisect_right(starts, block.offset) - 1
        inside = 0 <= index < len(starts) - 1
        found[kernel(symbols[index][1]) if inside else "TVM and libraries"] += block.instructions * block.executions
    return Counter({name: amount for name, amount in found.items() if amount})


def functions(module: Path) -> list[tuple[int, str]]:
    """Start and name of each function in a module, up to the end of its code, which `_fini` marks.

    The body of a parallel loop has no name; it follows the function that launches it.
    """
    done = subprocess.run(["aarch64-linux-gnu-nm", "--numeric-sort", module], capture_output=True, text=True, check=True)
    parts = [line.split() for line in done.stdout.splitlines()]
    found = [(int(start, 16), name) for start, kind, name in (p for p in parts if len(p) == 3) if kind in "tTW"]
    end = next(index for index, (_, name) in enumerate(found) if name == "_fini")
    return found[: end + 1]


def kernel(symbol: str) -> str:
    """`direct_10` of `direct_10_compute_` and of `__tvm_ffi_direct_10`."""
    found = re.search(r"(?:__tvm_ffi_)?([a-z][a-z0-9]*_\d+)", symbol)
    return found[1] if found else "module's other"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, required=True, help="folder of count.so and infer")
    parser.add_argument("--width", type=int, default=32, help="features of the first level")
    parser.add_argument("--kernels", type=int, default=12, help="lines of each variant's table of kernels")
    parser.add_argument("--int8", action="store_true", help="also run the experiment of int8 without dot products (plain.py)")
    options = parser.parse_args()
    # The Pi of targets.json, for which users compile.
    target = next(t for t in targets.read(CHECKOUT / "targets.json") if t.name == "rpi3")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = network(folder, options.width)
        shape = (3, 256, 256)
        x = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
        x.numpy().tofile(folder / "image.f32")
        with torch.no_grad():
            truth = trained.model(x).numpy().ravel()
        modules = {"null": fixtures.null_bundle(trained, target, folder)}
        modules |= {variant: bundle.compile_bundle(trained, target, variant, folder) for variant in VARIANTS}
        if options.int8:
            modules |= plain.compile_both(trained, target, x, folder)
        runs = {}
        for variant, made in modules.items():
            print(f"{variant} …", file=sys.stderr, flush=True)
            cpu = "max" if variant == plain.DOT else "cortex-a53"
            runs[variant] = run(options.tools, made / "module.so", folder / "image.f32", shape, folder, cpu)
        sizes = {variant: (made / "module.so").stat().st_size / 2**20 for variant, made in modules.items()}
    for variant in list(modules)[1:]:
        kernels(variant, runs[variant], options.kernels)
    status = report(runs, sizes, truth)
    if options.int8 and not np.array_equal(runs[plain.NAME].answer, runs[plain.DOT].answer):
        sys.exit(f"{plain.NAME} and {plain.DOT} have the same integers but different probabilities")
    sys.exit(status)


def kernels(variant: str, found: Run, lines: int) -> None:
    print(f"\n{variant}: {'kernel':24} {'instructions':>16} {'share':>7}")
    common = found.instructions.most_common()
    rest = sum(amount for _, amount in common[lines:])
    for name, amount in [*common[:lines], ("all others", rest)]:
        print(f"{'':{len(variant)}}  {name:24} {amount:16,} {amount / found.total:7.1%}")


def report(runs: dict[str, Run], sizes: dict[str, float], truth: np.ndarray) -> int:
    """Prints the table and the line of JSON; returns the exit status: 1 if a mask is not PyTorch's."""
    print(f"\n{'':14} {'':>11} {'resident MiB':>38} {'':16} {'cycles at least':>15}")
    print(
        f"{'variant':14} {'module MiB':>11} {'loaded':>8} {'at the end':>11} {'peak':>8} {'or up to':>8}"
        f" {'instructions':>16} {'(estimate)':>15} {'pixels':>7} {'max |diff|':>11}"
    )
    mask = truth >= score.THRESHOLD
    decided = np.abs(truth - score.THRESHOLD) > UNDECIDED
    differences = wrong = 0
    for variant, found in runs.items():
        compared = ""
        if variant in VARIANTS:
            changed = (found.answer >= score.THRESHOLD) != mask
            differences += int(changed.sum())
            wrong += int((changed & decided).sum())
            compared = f"{changed.sum():7} {np.abs(found.answer - truth).max():11.1e}"
        print(
            f"{variant:14} {sizes[variant]:11.1f} {found.held_mib(1):8.1f} {found.held_mib(2):11.1f} {found.peak_mib:8.1f}"
            f" {found.peak_mib + found.uncertainty_mib:8.1f} {found.total:16,} {found.cycles:15,.0f} {compared}"
        )
    print(f"PyTorch's mask has {mask.sum()} of {mask.size} pixels; “pixels” are those in which a variant's differs.")
    if wrong:
        print(f"{wrong} of them are farther than {UNDECIDED} from the threshold: the mask differs from PyTorch's.")
    figures = {f"peak_mib_{v.removeprefix('fp32-')}": round(runs[v].peak_mib, 1) for v in VARIANTS}
    figures |= {f"instructions_{v.removeprefix('fp32-')}": runs[v].total for v in VARIANTS}
    figures["mask_differences"] = differences
    print(json.dumps({"bench": "emulated", "figures": figures}))
    return 1 if wrong or not mask.any() else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
