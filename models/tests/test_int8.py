"""int8: exact integer kernels, the simulation of boards that are not available, and the gate."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import tvm
from torch.nn import functional
from tvm import relax

from layout import blocked
from unet import bundle, graph, importer
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.cpu.simd import CPU
from unet.kernels.int8 import gate
from unet.kernels.int8.calibration import evaluate
from unet.kernels.int8.convolution import Int8Convolution
from unet.kernels.int8.graph import Int8Graph
from unet.kernels.int8.grid import Dot, QuantizationParameters, dot
from unet.kernels.int8.resample import Int8Pool, Int8UpConvolution
from unet.kernels.int8.simulation import simulate
from unet.layers import Network
from unet.network import UNet
from unet.targets import BoardTarget, resolve

HOST = BoardTarget("x86", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
PI = BoardTarget("rpi3", {"kind": "llvm", "mtriple": "aarch64-linux-gnu", "mcpu": "cortex-a53", "mattr": ["+neon"]}, "cpu:0")
M1 = BoardTarget("m1", {"kind": "llvm", "mtriple": "aarch64-linux-gnu", "mcpu": "apple-m1", "mattr": ["+neon"]}, "cpu:0")
here = pytest.mark.skipif(HOST.dot(4) is None, reason="this CPU has no dot product of bytes")
WIDTHS = [width for width in (4, 8, 16) if HOST.dot(width) is not None]


def run(kernel, *arrays: np.ndarray) -> np.ndarray:
    v = kernel.cpu.width
    tensors = [tvm.runtime.tensor(np.ascontiguousarray(array)) for array in arrays]
    y = tvm.runtime.tensor(np.full(kernel.shapes["y"], 7, np.uint8))
    tvm.compile(kernel.build("main"), target=HOST.target())["main"](*tensors, y)
    assert y.numpy().shape[-1] == v
    return y.numpy()


def numbers(inputs: int, outputs: int, height: int, width: int, weights: tuple[int, ...]):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (inputs, height, width)).astype(np.uint8)
    weight = rng.integers(-127, 128, weights).astype(np.int8)
    # Powers of two: products and sums are then exact in float32, so that not one byte may differ.
    multiplier = np.full(outputs, 2.0**-14, np.float32)
    shift = rng.integers(0, 64, outputs).astype(np.float32)
    return x, weight, multiplier, shift


@here
@pytest.mark.parametrize("width", WIDTHS)
def test_every_schedule_of_a_convolution_gives_the_exact_bytes(width: int) -> None:
    kernel = Int8Convolution(CPU(width, 32), 32, 64, 6, 16, total=96, dot=HOST.dot(width))
    x, weight, multiplier, shift = numbers(32, 64, 6, 16, (64, 32, 3, 3))
    sums = functional.conv2d(*(torch.from_numpy(a.astype(np.float64)) for a in (x[None], weight)), padding=1)[0].numpy()
    expected = np.rint(np.clip(sums * multiplier[:, None, None] + shift[:, None, None], 0, 255)).astype(np.uint8)
    assert len(np.unique(expected)) > 50, "few values would prove little"
    for schedule in dict.fromkeys([kernel.model(), *kernel.schedules()]):
        scheduled = kernel.scheduled(schedule)
        y = run(scheduled, blocked(x, width), scheduled.pack(weight), multiplier.reshape(-1, width), shift.reshape(-1, width))
        assert np.array_equal(y[: 64 // width], blocked(expected, width)), schedule
        assert (y[64 // width :] == 7).all(), "it wrote to other channels"


@here
@pytest.mark.parametrize("width", WIDTHS)
def test_an_up_convolution_gives_the_exact_bytes_and_a_border_that_represents_zero(width: int) -> None:
    kernel = Int8UpConvolution(CPU(width, 32), 32, 32, 4, 8, total=48, offset=16, dot=HOST.dot(width), zero=128)
    x, weight, multiplier, shift = numbers(32, 32, 4, 8, (32, 32, 2, 2))
    sums = functional.conv_transpose2d(*(torch.from_numpy(a.astype(np.float64)) for a in (x[None], weight)), stride=2)[0].numpy()
    expected = np.rint(np.clip(sums * multiplier[:, None, None] + shift[:, None, None], 0, 255)).astype(np.uint8)
    for schedule in dict.fromkeys([kernel.model(), *kernel.schedules()]):
        scheduled = kernel.scheduled(schedule)
        y = run(scheduled, blocked(x, width), scheduled.pack(weight), multiplier.reshape(-1, width), shift.reshape(-1, width))
        assert np.array_equal(y[16 // width :], blocked(expected, width, border=128)), schedule
        assert (y[: 16 // width] == 7).all()


@here
def test_pooling_takes_the_largest_byte() -> None:
    x = np.random.default_rng(1).integers(0, 256, (16, 8, 12)).astype(np.uint8)
    y = run(Int8Pool(CPU(8, 32), 8, 16, 4, 6, HOST.dot(8)), blocked(x, 8))
    expected = functional.max_pool2d(torch.from_numpy(x[None, :8].astype(np.float32)), 2)[0].numpy().astype(np.uint8)
    assert np.array_equal(y, blocked(expected, 8))


@pytest.mark.parametrize(("low", "high"), [(0.0, 3.0), (-2.0, 1.0), (-0.5, 4.0), (0.0, 0.0)])
@pytest.mark.parametrize("signed", [False, True])
def test_quantization_parameters_cover_their_range_and_represent_zero_exactly(low: float, high: float, signed: bool) -> None:
    device = Dot(4, "", "int8", -127, 127) if signed else Dot(4, "", "uint8", 0, 255)
    quantity = QuantizationParameters.of(device, low, high)
    bytes_ = [round(value / quantity.scale) + quantity.zero for value in (low, 0.0, high)]
    assert bytes_[1] == quantity.zero
    assert all(device.low <= byte <= device.high for byte in bytes_)
    assert quantity.scale > 0


def test_a_target_has_the_dot_product_of_its_cpu() -> None:
    assert dot({"avx512vnni"}, 16).intrinsic.endswith("512")
    assert dot({"avxvnni"}, 8).intrinsic.endswith("256") and dot({"avxvnni"}, 16) is None
    assert dot({"avx2", "avx512f"}, 16) is None
    assert PI.dot(4) is None, "a Cortex-A53 has none"
    assert M1.dot(4).low == -127


def trained(width: int = 8, depth: int = 2) -> Checkpoint:
    torch.manual_seed(1)
    model = UNet(width, depth)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        model.train()(torch.randn(2, 3, 32, 32))
    return Checkpoint(model.eval(), {}, "0" * 64)


def network(checkpoint: Checkpoint) -> tuple[Network, list[torch.Tensor]]:
    found = importer.read(bundle.export(checkpoint, bundle.Shape(3, 32, 32)))
    return found, [torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]


def test_evaluation_equals_pytorch_s() -> None:
    checkpoint = trained()
    found, (image, *_) = network(checkpoint)
    with torch.no_grad():
        difference = (evaluate(found, image, lambda layer, value: None) - checkpoint.model(image)).abs().max()
    assert difference < 1e-5


@pytest.mark.parametrize("target", [M1, *([HOST] if WIDTHS else [])], ids=lambda target: target.name)
def test_8_bit_probabilities_are_close_to_pytorch_s(target: BoardTarget) -> None:
    checkpoint = trained()
    found, images = network(checkpoint)
    calibrated = gate.calibrate_on(found, target, images)
    with torch.no_grad():
        expected = checkpoint.model(images[0])
    got = simulate(found, calibrated.calibration, images[0])
    assert expected.std() > 0.01 and (got - expected).abs().max() < 0.1
    assert (got - expected).abs().mean() < 0.01


@here
def test_the_compiled_network_agrees_with_the_simulation() -> None:
    checkpoint = trained()
    found, images = network(checkpoint)
    calibrated = gate.calibrate_on(found, HOST, images)
    module, pipeline = bundle.lower(bundle.export(checkpoint, bundle.Shape(3, 32, 32)), HOST, "int8", None, calibrated)
    machine = relax.VirtualMachine(tvm.compile(module, target=HOST.target(), relax_pipeline=pipeline), tvm.cpu())
    for image in images:
        got = machine["main"](tvm.runtime.tensor(image.numpy())).numpy()
        # The stem is in floating point, and its order of sums may change a byte by one; nothing may differ by more.
        difference = np.abs(got - simulate(found, calibrated.calibration, image).numpy())
        assert difference.max() < 0.02 and difference.mean() < 1e-3


def test_m1_code_uses_its_dot_product() -> None:
    checkpoint = trained()
    found, images = network(checkpoint)
    calibrated = gate.calibrate_on(found, M1, images)
    module = Int8Graph(calibrated.cpu, calibrated.calibration).build(found)
    compiled = tvm.compile(module, target=M1.target(), relax_pipeline=graph.pipeline())
    assert "sdot" in compiled.mod.imports[0].inspect_source("asm")


def test_a_cpu_without_dot_products_is_refused_with_the_remedy() -> None:
    found, images = network(trained())
    with pytest.raises(UserError, match=r"rpi3.*dot products"):
        gate.calibrate_on(found, PI, images)


def test_a_loss_of_dice_is_refused_and_an_accepted_dice_recorded(packed) -> None:
    checkpoint = trained()
    found = importer.read(bundle.export(checkpoint, bundle.Shape(3, 64, 64)))
    calibrated = gate.calibrate(found, M1, packed)
    with pytest.raises(UserError, match="int8 is refused"):
        calibrated.check(packed, reference=1.1)
    calibrated.check(packed, reference=0.0)
    summary = calibrated.summary()
    assert summary["dataset_sha256"] == packed.sha256
    scores = []
    for patient in packed.patients:
        images, truth = packed.arrays(patient)
        found_masks = [
            simulate(found, calibrated.calibration, torch.from_numpy(image[None]), torch.float32) >= 0.5 for image in images
        ]
        mask = np.concatenate([one.numpy()[:, 0] for one in found_masks])
        scores.append(2 * (mask * truth).sum() / (mask.sum() + truth.sum()))
    assert summary["dice"] == pytest.approx(np.mean(scores), rel=1e-12)
    assert json.dumps(summary)


def test_calibration_slices_come_from_all_patients(packed) -> None:
    images = gate.spread(packed)
    assert len(images) == min(gate.SLICES, sum(len(patient["slices"]) for patient in packed.patients))
    assert all(image.shape == (1, 3, 64, 64) for image in images)
