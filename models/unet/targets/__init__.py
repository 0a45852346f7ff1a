"""targets.json as the compiler reads it, and what follows from a TVM target about its CPU."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path

from tvm.target import Target, codegen

from unet.errors import UserError
from unet.kernels.cpu.simd import CPU
from unet.kernels.int8.grid import Dot, dot
from unet.targets import extensions

SCHEMA = "harness.targets/1"
# What TVM must know of a GPU besides its architecture; equal for all architectures of NVRTC.
CUDA_LIMITS = {"max_threads_per_block": 1024, "max_shared_memory_per_block": 48 * 1024, "thread_warp_size": 32}
CUDA_HOST = {"kind": "llvm", "mtriple": "x86_64-linux-gnu"}

# Bytes of a core's second-level cache; where cores share it (Pi 3: 512 KiB, M1: 12 MiB, four cores each), a quarter.
CACHES = {
    "cortex-a53": 128 * 1024,
    "cortex-a72": 256 * 1024,
    "apple-m1": 3 * 1024 * 1024,
    "znver4": 1024 * 1024,
    "znver5": 1024 * 1024,
}
TYPICAL_CACHE = 512 * 1024
# CPUs of boards with 1 GB, where weights four times as large are too large.
LITTLE_MEMORY = {"cortex-a53"}


@dataclass(frozen=True)
class BoardTarget:
    """One target of the fleet; `tvm` is the dictionary with "native" resolved."""

    name: str
    tvm: dict
    device: str

    @property
    def kind(self) -> str:
        return self.device.partition(":")[0]

    @property
    def architecture(self) -> str:
        """As `uname -m` prints it."""
        host = self.tvm.get("host", self.tvm)
        triple = host.get("mtriple", "") if isinstance(host, dict) else ""
        return triple.split("-")[0] or platform.machine()

    @property
    def mcpu(self) -> str:
        """LLVM's name of the CPU, "" if the target names none."""
        return self.tvm.get("mcpu", "")

    @property
    def little_memory(self) -> bool:
        return self.mcpu in LITTLE_MEMORY

    @property
    def cross(self) -> bool:
        return self.architecture != platform.machine()

    @property
    def arch(self) -> str:
        """The CUDA architecture of a target with a GPU, as sm_86."""
        return self.tvm["arch"]

    def target(self) -> Target:
        limits = CUDA_LIMITS if self.kind == "cuda" else {}
        return Target({**limits, **self.tvm})

    def host(self) -> Target:
        """The target of the module's CPU code: all of it on a CPU target, the code that launches kernels on a GPU."""
        target = self.target()
        return target.host or target

    def cpu(self) -> CPU:
        """Vector registers from LLVM's features of the CPU, and a core's share of the cache from its name."""
        target = self.target()
        cache = CACHES.get(self.mcpu, TYPICAL_CACHE)
        if self.architecture == "aarch64":
            return CPU(width=4, registers=32, cache=cache)
        if codegen.target_has_features(["avx512f"], target):
            return CPU(width=16, registers=32, cache=cache)
        if codegen.target_has_features(["avx2"], target):
            return CPU(width=8, registers=16, cache=cache)
        return CPU(width=4, registers=16, cache=cache)

    @property
    def converts_halves(self) -> bool:
        """Whether loading a float16 as a float32 is one instruction."""
        return self.architecture == "aarch64" or "f16c" in extensions.enabled(self.target(), self.architecture)

    def dot(self, width: int) -> Dot | None:
        """The CPU's dot product of bytes over `width` lanes; None if there is none worth using."""
        return dot(set(extensions.enabled(self.target(), self.architecture)), width) if self.kind == "cpu" else None


def read(path: Path) -> list[BoardTarget]:
    """All targets of a targets.json; `harness targets check` is the stricter reader."""
    try:
        document = json.loads(path.read_bytes())
        if document.get("schema") != SCHEMA:
            raise UserError(f"{path}: schema {document.get('schema')!r}, expected {SCHEMA!r}.")
        return [BoardTarget(entry["name"], resolve(entry["tvm"]), entry.get("device", "cpu:0")) for entry in document["targets"]]
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: cannot be read ({error!r}). “harness targets check” prints the line.") from error


def resolve(description: dict, cpuinfo: Path = extensions.CPUINFO) -> dict:
    """Replaces `"mcpu": "native"` with LLVM's name of this machine's CPU, so that a bundle records its target.

    Extensions of that CPU that are not in this machine's `cpuinfo`, because a hypervisor hides them, are switched off. A GPU's host
    is any x86_64 machine unless the target names another.
    """
    if description.get("kind") == "cuda":
        description = {"host": CUDA_HOST, **description}
    if isinstance(host := description.get("host"), dict):
        description = {**description, "host": resolve(host, cpuinfo)}
    if description.get("mcpu") != "native":
        return description
    named = {**description, "mcpu": codegen.llvm_get_system_cpu()}
    hidden = extensions.absent(Target(named), platform.machine(), cpuinfo)
    if hidden:
        named["mattr"] = [*named.get("mattr", []), *(f"-{name}" for name in hidden)]
    return named
