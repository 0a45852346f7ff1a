"""The variants, each one value, and the layers, which nothing changes once they exist."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from network_kinds import KINDS, Base
from test_network_kinds import exported
from unet import importer, variants
from unet.__main__ import main, parser
from unet.errors import UserError
from unet.layers import Convolution, SharedBuffer
from unet.targets import BoardTarget

PI = BoardTarget("rpi3", {"kind": "llvm", "mtriple": "aarch64-linux-gnu", "mcpu": "cortex-a53", "mattr": ["+neon"]}, "cpu:0")
TURING = BoardTarget("gpu", {"kind": "cuda", "arch": "sm_75"}, "cuda:0")


def test_names_are_unique_and_each_variant_is_for_a_device() -> None:
    names = [variant.name for variant in variants.VARIANTS]
    assert len(set(names)) == len(names)
    assert all(set(variant.devices) <= set(variants.DEVICES) and variant.devices for variant in variants.VARIANTS)
    assert not any(variant.kernels and variant.baseline for variant in variants.VARIANTS)


def test_the_command_line_lists_every_variant_with_its_sentence(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["compile", "--help"])
    text = capsys.readouterr().out
    assert all(f"{variant.name} " in text and variant.help in text for variant in variants.VARIANTS)


def test_the_help_needs_neither_pytorch_nor_tvm() -> None:
    program = (
        "import sys, unet.__main__ as m; m.parser(); print([name for name in ('torch', 'tvm', 'numpy') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_unknown_variant_is_refused_with_the_nearest_and_all_names(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(UserError, match=r"Did you mean fp32-winograd\?.*onnxruntime-int8"):
        variants.named("fp32-winogard")
    assert main(["compile", "--targets", "/nonexistent"]) == 1
    assert capsys.readouterr().err == "unet compile: /nonexistent: no such file.\n"


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("fp32-gemm", PI, "is for CUDA only; target rpi3 is cpu:0"),
        ("fp32-winograd", TURING, "is for CPUs only; target gpu is cuda:0"),
        ("int8", PI, "target rpi3: int8 needs a CPU with dot products"),
        ("tf32-gemm", TURING, "target gpu: tf32-gemm needs tensor cores .* from sm_80 on"),
        ("pytorch-eager", TURING, "is for CPUs only"),
    ],
)
def test_a_target_that_a_variant_does_not_suit_is_refused_with_the_reason(name: str, target: BoardTarget, message: str) -> None:
    with pytest.raises(UserError, match=message):
        variants.named(name).check(target)


def test_layers_are_frozen_and_know_their_readers() -> None:
    network = importer.read(exported(KINDS["plain"], Base().eval()))
    (shared,) = (layer for layer in network.layers if isinstance(layer, SharedBuffer))
    assert {type(reader).__name__ for reader in network.readers(shared.skip)} == {"Pooling", "SharedBuffer"}
    assert network.has_one_reader(network.output) and network.readers(network.output) == []
    assert network.buffer_channels(shared.skip) == shared.channels == 2 * shared.skip.channels
    convolution = next(layer for layer in network.layers if isinstance(layer, Convolution))
    with pytest.raises(dataclasses.FrozenInstanceError):
        convolution.relu = False
