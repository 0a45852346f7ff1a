"""CPU extensions by LLVM's and by the kernel's names, and the meaning of "native"."""

import platform
from pathlib import Path

import pytest
import tvm
from tvm.target import codegen

from unet import targets
from unet.targets import extensions

ROOT = Path(__file__).parents[2]
HOST = targets.BoardTarget("x86", targets.resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
ZEN4 = {"kind": "llvm", "mtriple": "x86_64-linux-gnu", "mcpu": "znver4"}
x86_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="this machine is not x86_64")


def board(name: str) -> targets.BoardTarget:
    return next(target for target in targets.read(ROOT / "targets.json") if target.name == name)


def test_a_cortex_a53_needs_what_every_64_bit_arm_has() -> None:
    target = board("rpi3")
    assert extensions.needed(target.host(), target.architecture) == ["asimd", "crc32", "fp"]


def test_an_m1_s_extensions_have_the_kernel_s_names() -> None:
    target = board("m1-vm")
    needed = extensions.needed(target.host(), target.architecture)
    assert needed == sorted(needed)
    assert {"asimd", "atomics", "asimddp", "fphp", "asimdhp", "lrcpc", "asimdrdm", "crc32"} <= set(needed)
    assert not {"neon", "lse", "dotprod", "fullfp16", "aes", "sha2"} & set(needed)


def test_a_zen_4_s_extensions_have_the_kernel_s_names_without_those_never_emitted() -> None:
    needed = extensions.needed(tvm.target.Target(ZEN4), "x86_64")
    assert {"pni", "sse4_2", "abm", "bmi1", "avx512_vnni", "avx512_bf16", "avx512vbmi", "avx512_vbmi2"} <= set(needed)
    assert not {"sse3", "lzcnt", "aes", "sha_ni", "rdrand", "clzero", "wbnoinvd", "mwaitx"} & set(needed)


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_llvm_knows_every_name_of_the_table(architecture: str) -> None:
    triple = f"{architecture}-linux-gnu"
    known: set[str] = set()
    for cpu in codegen.llvm_get_cpu_archlist(tvm.target.Target({"kind": "llvm", "mtriple": triple})):
        known |= codegen.llvm_get_cpu_features(tvm.target.Target({"kind": "llvm", "mtriple": triple, "mcpu": cpu}))
    assert set(extensions.KERNEL_NAMES[architecture]) <= known


# MARK: native


def cpuinfo(folder: Path, names: set[str]) -> Path:
    """A cpuinfo of two cores with those flags."""
    path = folder / "cpuinfo"
    cores = (f"processor\t: {core}\nmodel name\t: AMD EPYC\nflags\t\t: {' '.join(sorted(names))}\n" for core in (0, 1))
    path.write_text("\n".join(cores))
    return path


@x86_only
def test_native_never_needs_what_a_hypervisor_hides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codegen, "llvm_get_system_cpu", lambda: "znver4")
    everything = set(extensions.needed(tvm.target.Target(ZEN4), "x86_64"))
    shown = {word for word in everything if "avx512" not in word} - {"gfni"}
    resolved = targets.resolve({"kind": "llvm", "mcpu": "native"}, cpuinfo(tmp_path, shown))
    assert resolved["mcpu"] == "znver4"
    assert resolved["mattr"][:2] == ["-avx512f", "-avx512cd"] and "-gfni" in resolved["mattr"]
    assert set(extensions.needed(tvm.target.Target(resolved), "x86_64")) == shown
    assert targets.BoardTarget("x86", resolved, "cpu:0").cpu().width == 8


@x86_only
def test_native_is_only_the_cpu_s_name_where_nothing_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codegen, "llvm_get_system_cpu", lambda: "znver4")
    everything = set(extensions.needed(tvm.target.Target(ZEN4), "x86_64"))
    host = {"kind": "llvm", "mcpu": "native"}
    resolved = targets.resolve({"kind": "cuda", "arch": "sm_86", "host": host}, cpuinfo(tmp_path, everything))
    assert resolved["host"] == {"kind": "llvm", "mcpu": "znver4"}


def test_this_machine_has_what_a_native_module_needs() -> None:
    assert set(extensions.needed(HOST.host(), HOST.architecture)) <= extensions.flags(extensions.CPUINFO)
