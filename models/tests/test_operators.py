"""bundle.json's `operators`: against PyTorch's count, and against a calculation by hand."""

import json

import jsonschema
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from test_bundle import schema
from unet import bundle, checkpoint, targets
from unet.bundle import operators, roofline
from unet.kernels.cpu import peaks
from unet.network import UNet

HOST = targets.BoardTarget("x86", targets.resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")


def made(variant: str, size: int = 64, width: int = 16, depth: int = 2, target: targets.BoardTarget = HOST):
    model = UNet(width=width, depth=depth).eval()
    shape = bundle.Shape(3, size, size)
    exported = bundle.export(checkpoint.Checkpoint(model, {}, "0" * 64), shape)
    module, _ = bundle.lower(exported, target, variant)
    return model, shape, module


def calls(module) -> dict[str, int]:
    """How often `main` calls each function."""
    text = module["main"].script()
    return {name.name_hint: text.count(f"({name.name_hint},") for name in module.functions}


@pytest.mark.parametrize("variant", ["fp32-winograd", "fp32-direct", "fp32-compact"])
def test_operations_are_those_that_pytorch_counts(variant):
    model, shape, module = made(variant)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model(torch.zeros(shape.image))
    found = operators.operators(module)
    times = calls(module)
    total = sum(row["flop"] * times[row["function"]] for row in found)
    assert total == counter.get_total_flops()
    done = sum(row["arithmetic"] * times[row["function"]] for row in found)
    assert done == total if variant == "fp32-direct" else done < total / 2


def test_a_network_by_hand():
    """Two 3×3 convolutions a level, on the way down, at the bottom and up again, and 2×2 ones between; 256×256, width 8, depth
    3."""
    flop, size, channels = 0, 256, 3
    for level in range(4):
        width = 8 << level
        flop += 2 * 9 * size * size * (channels * width + width * width)
        channels, size = width, size // 2
    for level in reversed(range(3)):
        width, size = 8 << level, 256 >> level
        flop += 2 * size * size * 2 * width * width
        flop += 2 * 9 * size * size * (2 * width * width + width * width)
    flop += 2 * 256 * 256 * 8
    assert flop == 1_174_405_120


@pytest.mark.parametrize(("kind", "least"), [("direct-3x3", 16), ("up-2x2", 8), ("head", 0.4)])
def test_bytes_are_those_of_the_buffers(kind, least):
    _, _, module = made("fp32-direct")
    rows = [row for row in operators.operators(module) if row["kind"] == kind]
    assert rows
    for row in rows:
        assert row["flop"] / row["bytes"] > least / 4
    head = next(row for row in operators.operators(module) if row["kind"] == "head")
    assert head["bytes"] == 4 * (16 * 66 * 66 + 16 + 1 + 64 * 64)


def test_the_cost_of_a_tvm_kernel_is_unknown_except_for_its_bytes(tmp_path):
    trained = checkpoint.Checkpoint(
        UNet(width=8, depth=1).eval(), {"dataset": "", "synthetic": True, "epochs": 0, "seed": 0}, "0" * 64
    )
    folder = bundle.compile_bundle(trained, HOST, "fp32-tvm-default", tmp_path, bundle.Shape(3, 32, 32))
    found = json.loads((folder / "bundle.json").read_bytes())
    jsonschema.validate(found, schema("bundle"))
    assert found["operators"] and all(row["kind"] is None and row["flop"] is None for row in found["operators"])
    assert any(row["bytes"] for row in found["operators"])


def test_a_roofline_is_a_bundle(tmp_path):
    trained = checkpoint.Checkpoint(
        UNet(width=8, depth=1).eval(), {"dataset": "", "synthetic": True, "epochs": 0, "seed": 0}, "0" * 64
    )
    found = json.loads((roofline.write(trained, HOST, tmp_path) / "bundle.json").read_bytes())
    jsonschema.validate(found, schema("bundle"))
    kinds = {row["kind"]: row for row in found["operators"]}
    assert kinds["peak-compute"]["arithmetic"] == pytest.approx(peaks.OPERATIONS, rel=0.01)
    assert kinds["peak-memory"]["bytes"] == pytest.approx(3 * roofline.BYTES, rel=0.01)
    assert ("peak-compute-int8" in kinds) == bool(HOST.dot(HOST.cpu().width))
