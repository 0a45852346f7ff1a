"""A bundle's requirements of a board."""

import json
import platform
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tvm
from tvm import relax

from test_kernels import HOST, network
from unet import bundle
from unet.bundle.elf import Elf
from unet.bundle.requires import Lowered, newest_glibc, requires, weights_bytes, workspace_bytes

FLOAT = 4


def lowered(checkpoint, variant: str, shape: bundle.Shape) -> tvm.IRModule:
    module, pipeline = bundle.lower(bundle.export(checkpoint, shape), HOST, variant)
    kept = Lowered()
    tvm.compile(module, target=HOST.target(), relax_pipeline=kept.after(pipeline))
    return kept.module


# MARK: the file


def test_glibc_versions_are_compared_as_numbers() -> None:
    assert newest_glibc(["GLIBC_2.4", "GLIBC_2.17", "GLIBC_2.2.5", "GLIBC_PRIVATE", "GLIBCXX_3.4.29"]) == "2.17"
    assert newest_glibc([]) is None


@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf is not installed")
def test_facts_of_an_elf_file_are_those_of_readelf(tmp_path: Path) -> None:
    checkpoint = network(4, 1)
    folder = bundle.compile_bundle(checkpoint, HOST, "fp32-direct", tmp_path, bundle.Shape(3, 16, 16))
    file = folder / "module.so"
    printed = subprocess.run(["readelf", "-W", "-V", "-l", file], capture_output=True, text=True, check=True).stdout
    elf = Elf(file.read_bytes())
    assert elf.machine == {"x86_64": 62, "aarch64": 183}[platform.machine()]
    assert sorted(elf.versions_needed()) == sorted(re.findall(r"Name: (\S+)  Flags: \S+  Version: \d+", printed))
    alignments = re.findall(r"^  LOAD .* (0x[0-9a-f]+)$", printed, re.MULTILINE)
    assert elf.load_alignments() == [int(alignment, 16) for alignment in alignments]


def test_a_file_that_is_not_elf_is_refused() -> None:
    with pytest.raises(ValueError, match="not an ELF file"):
        Elf(b"MZ")


# MARK: memory


def test_a_module_s_memory_is_the_sum_calculated_by_hand() -> None:
    """Two convolutions a block, width 4, one level: 16×16 outside, 8×8 inside, all borders one pixel wide."""
    found = lowered(network(4, 1), "fp32-direct", bundle.Shape(3, 16, 16))
    convolutions = [(3, 4), (4, 4), (4, 8), (8, 8), (8, 4), (4, 4)]
    up, head = (8 * 4 * 2 * 2, 4), (4, 1)
    weights = sum(9 * i * o + o for i, o in convolutions) + sum(up) + sum(head)
    assert weights_bytes(found) == FLOAT * weights
    outside, inside = 18 * 18, 10 * 10
    # The buffer of skip connection and up-convolution, one more of 4 channels outside, one of 8 inside; and both ends.
    planned = 8 * outside + 4 * outside + 8 * inside
    assert workspace_bytes(found) == FLOAT * (planned + 3 * 16 * 16 + 16 * 16)


def test_memory_planned_by_tvm_is_counted() -> None:
    checkpoint = network(8, 1)
    found = lowered(checkpoint, "fp32-tvm-default", bundle.Shape(3, 16, 16))
    assert weights_bytes(found) >= FLOAT * checkpoint.model.parameter_count
    assert workspace_bytes(found) >= FLOAT * (3 + 1 + 16 + 8) * 16 * 16


def test_equal_constants_count_once_as_in_the_virtual_machine() -> None:
    block = relax.BlockBuilder()
    x = relax.Var("x", relax.TensorType((4,), "float32"))
    with block.function("main", [x]):
        with block.dataflow():
            y = block.emit(relax.op.add(x, relax.const(np.ones(4, np.float32))))
            y = block.emit(relax.op.add(y, relax.const(np.ones(4, np.float32))))
            output = block.emit_output(relax.op.add(y, relax.const(np.zeros(4, np.float32))))
        block.emit_func_output(output)
    kept = Lowered()
    executable = tvm.compile(block.finalize(), target=HOST.target(), relax_pipeline=kept.after(relax.get_pipeline("default")))
    assert weights_bytes(kept.module) == 2 * 4 * FLOAT
    pool = re.search(r"Constant pool.*: \[(.*)\]", executable.stats())[1]
    assert len(re.findall(r", \[4\]", pool)) == 2


def test_a_bundle_says_what_its_module_requires(tmp_path: Path) -> None:
    folder = bundle.compile_bundle(network(4, 1), HOST, "fp32-tvm-default", tmp_path, bundle.Shape(3, 16, 16))
    needs = json.loads((folder / "bundle.json").read_bytes())["requires"]
    found = lowered(network(4, 1), "fp32-tvm-default", bundle.Shape(3, 16, 16))
    assert needs == requires(folder / "module.so", HOST, found)
    assert needs["cuda_arch"] is None
    assert needs["page_size_bytes"] in (2**12, 2**16, 2**21)
    assert re.fullmatch(r"2\.\d+", needs["glibc"])
