"""Compilation for NVIDIA GPUs on a machine without one: the files, and the kernels' code run on the CPU."""

import dataclasses
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch
import tvm
from tvm import relax

from cuda_on_cpu import Network, device_code, kernels
from test_bundle import schema
from test_kernels import HOST, network
from unet import bundle, targets, variants
from unet.bundle import cuda_toolkit, requires, runtime
from unet.bundle.elf import Elf
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.cuda import tiles

pytestmark = pytest.mark.skipif(not cuda_toolkit.available(), reason="the extra “cuda” of models/pyproject.toml is not installed")
VARIANTS = [variant.name for variant in variants.of_device("cuda")]
OURS = [variant.name for variant in variants.of_device("cuda") if variant.kernels]
SHT_CUDA_INFO, EIATTR_FRAME_SIZE, EIATTR_REGCOUNT = 0x70000000, 0x11, 0x2F
TRAINING = {"dataset": "none", "synthetic": True, "epochs": 0, "seed": 0}
SHAPE = bundle.Shape(3, 32, 64)


def board(arch: str = "sm_86") -> targets.BoardTarget:
    return targets.BoardTarget("gpu", targets.resolve({"kind": "cuda", "arch": arch}), "cuda:0")


def compiled(checkpoint: Checkpoint, variant: str, shape: bundle.Shape = SHAPE) -> tuple[tvm.IRModule, relax.VMExecutable]:
    """The input of code generation and its output."""
    target, lowered = board(), requires.Lowered()
    with bundle.code_generator(target):
        module, pipeline = bundle.lower(bundle.export(checkpoint, shape), target, variant)
        executable = tvm.compile(module, target=target.target(), relax_pipeline=lowered.after(pipeline))
    return lowered.module, executable


# MARK: bundles


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_bundle_contains_code_for_its_architecture_and_states_its_requirements(variant: str, tmp_path: Path) -> None:
    trained = dataclasses.replace(network(8, 1), training=TRAINING)
    folder = bundle.compile_bundle(trained, board(), variant, tmp_path, SHAPE)
    manifest = json.loads((folder / "bundle.json").read_bytes())
    jsonschema.validate(manifest, schema("bundle"))
    assert [cuda_toolkit.architecture(cubin) for cubin in cuda_toolkit.cubins(folder / "module.so")] == ["sm_86"]
    assert manifest["target"]["architecture"] == "x86_64" and manifest["target"]["device"] == "cuda"
    needs = manifest["requires"]
    assert needs["cuda_arch"] == "sm_86" and needs["cpu_features"] == ["sse", "sse2"]
    # TVM can load it with the GPU's code.
    assert tvm.runtime.load_module(str(folder / "module.so")).implements_function("vm_load_executable")
    assert needs["workspace_bytes"] >= 4 * (3 + 1 + 16) * 32 * 64


def test_code_differs_between_architectures(tmp_path: Path) -> None:
    found = {}
    for arch in ("sm_75", "sm_90"):
        folder = bundle.compile_bundle(network(8, 1), board(arch), OURS[0], tmp_path / arch, SHAPE)
        (cubin,) = cuda_toolkit.cubins(folder / "module.so")
        found[cuda_toolkit.architecture(cubin)] = cubin.data[cubin.start :]
    assert set(found) == {"sm_75", "sm_90"} and found["sm_75"] != found["sm_90"]


def test_a_module_without_the_right_code_is_refused(tmp_path: Path) -> None:
    cpu = bundle.compile_bundle(network(8, 1), HOST, "fp32-direct", tmp_path, SHAPE)
    with pytest.raises(UserError, match="holds GPU code for nothing and not for sm_86"):
        cuda_toolkit.verify(cpu / "module.so", "sm_86")


def test_an_architecture_that_nvrtc_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sm_61.*sm_86"):
        bundle.compile_bundle(network(8, 1), board("sm_61"), OURS[0], tmp_path, SHAPE)
    assert not list(tmp_path.iterdir())


def test_without_nvidia_s_packages_the_error_names_the_extra_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_toolkit.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"models\[cuda\]"):
        bundle.compile_bundle(network(8, 1), board(), OURS[0], tmp_path, SHAPE)


def test_compiling_for_a_gpu_changes_neither_the_environment_nor_compilation_for_cpus() -> None:
    """In a separate process: here the GPU's code generator is already loaded."""
    program = """
import os, numpy, torch, tvm
from tvm import relax
from test_cuda import OURS, SHAPE, compiled
from test_kernels import network, probabilities
first, _ = probabilities(network(8, 1), "fp32-direct", SHAPE)
before = dict(os.environ)
compiled(network(8, 1), OURS[0])
again, expected = probabilities(network(8, 1), "fp32-direct", SHAPE)
assert dict(os.environ) == before
assert numpy.array_equal(first, again) and abs(again - expected).max() < 1e-4
assert not tvm.cuda(0).exist or os.path.exists("/dev/nvidia0")
"""
    here = Path(__file__).parent
    subprocess.run([sys.executable, "-c", program], cwd=here, env={**os.environ, "PYTHONPATH": str(here)}, check=True)


# MARK: kernels


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_kernel_is_spread_over_blocks_and_threads(variant: str) -> None:
    _, executable = compiled(network(8, 2), variant)
    found = kernels(device_code(executable))
    assert len(found) > 10
    for name, (_, definition) in found.items():
        assert "blockIdx.x" in definition and "threadIdx.x" in definition, name


def resources(cubin: Elf, attribute: int) -> list[int]:
    """One number for each kernel out of a cubin's section .nv.info: records of format, attribute, size, kernel, number."""
    section = next(section for section in cubin.sections() if section.kind == SHT_CUDA_INFO)
    start = cubin.start + section.offset
    records = struct.iter_unpack("<BBHII", cubin.data[start : start + section.size])
    return [number for _, found, _, _, number in records if found == attribute]


@pytest.mark.parametrize("variant", OURS)
def test_no_kernel_of_the_paper_s_network_spills_its_registers(variant: str, tmp_path: Path) -> None:
    folder = bundle.compile_bundle(network(32, 4), board(), variant, tmp_path)
    (cubin,) = cuda_toolkit.cubins(folder / "module.so")
    stacks, registers = resources(cubin, EIATTR_FRAME_SIZE), resources(cubin, EIATTR_REGCOUNT)
    assert len(stacks) == len(registers) > 20
    assert set(stacks) == {0} and max(registers) < 200


@pytest.mark.parametrize(
    ("width", "depth", "height", "wide", "variant"),
    [(8, 2, 32, 64, "fp32-gemm"), (16, 3, 32, 32, "fp32-gemm"), (12, 1, 12, 24, "fp32-gemm"), (32, 4, 64, 64, "fp32-gemm")],
)
def test_the_kernels_own_code_agrees_with_pytorch(
    width: int, depth: int, height: int, wide: int, variant: str, tmp_path: Path
) -> None:
    checkpoint = network(width, depth)
    run = Network(*compiled(checkpoint, variant, bundle.Shape(3, height, wide)), tmp_path)
    x = torch.randn(1, 3, height, wide, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = checkpoint.model(x).numpy()
    got = run(x.numpy())
    assert got.shape == expected.shape and expected.std() > 0.01
    assert np.abs(got - expected).max() < 1e-4
    assert np.array_equal(got, run(x.numpy())), "a second run differs: an output is not written"


def test_a_shape_without_a_kernel_falls_back_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="6 channels"):
        folder = bundle.compile_bundle(network(6, 1), board(), OURS[0], tmp_path, bundle.Shape(3, 16, 16))
    assert cuda_toolkit.cubins(folder / "module.so")


# MARK: tiles


@pytest.mark.parametrize("arch", tiles.MULTIPROCESSORS)
def test_the_lowest_layer_of_a_u_net_does_not_leave_a_large_gpu_idle(arch: str) -> None:
    """512 channels of 16×16 pixels: at least half as many blocks as multiprocessors."""
    tile = tiles.choose(512, 256, 512, 9, arch, may_split=True)
    blocks = 512 // tile.rows * -(-256 // tile.columns) * tile.splits
    assert blocks >= tiles.MULTIPROCESSORS[arch] / 2


def test_a_wide_layer_is_cut_into_large_tiles_and_a_small_one_is_not_split() -> None:
    large = tiles.choose(128, 65536, 128, 9, "sm_86", may_split=True)
    assert (large.thread_rows, large.thread_columns) == (8, 8) and large.splits == 1
    assert tiles.choose(8, 64, 8, 9, "sm_86", may_split=True).splits == 1


def test_every_architecture_that_nvrtc_knows_has_a_size() -> None:
    assert set(cuda_toolkit.architectures()) <= set(tiles.MULTIPROCESSORS)


# MARK: the board's folder


def test_the_runtime_for_a_gpu_is_complete(tmp_path: Path) -> None:
    runtime.write(tmp_path / "tvm", [], cuda=True)
    names = {path.name for path in (tmp_path / "tvm").iterdir()}
    assert names == {"libtvm_ffi.so", "libtvm_runtime.so", "libtvm_runtime_cuda.so", "libcudart.so.13", "runtime.json"}
    written = json.loads((tmp_path / "tvm/runtime.json").read_bytes())
    assert set(written) == {"version", "ffi_version", "cuda_version"}
    assert Elf((tmp_path / "tvm/libcudart.so.13").read_bytes()).load_alignments()
