"""Every kernel, and the whole network, against PyTorch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import tvm
from tvm.tirx.script import builder as T

from layout import blocked
from unet import bundle, importer, layers, vm
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.cpu.direct import Direct
from unet.kernels.cpu.fused import WinogradHead
from unet.kernels.cpu.graph import CPUGraph
from unet.kernels.cpu.kernel import function
from unet.kernels.cpu.resample import Pool, UpConvolution
from unet.kernels.cpu.simd import CPU, Lanes
from unet.kernels.cpu.stem_head import exponential
from unet.kernels.cpu.transform_weights import TransformWeights
from unet.kernels.cpu.winograd import Winograd, WinogradSchedule
from unet.network import UNet
from unet.targets import BoardTarget, resolve

HOST = BoardTarget("x86", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
NARROW = CPU(width=4, registers=16)
WIDE = CPU(width=8, registers=32)


def run(kernel, *arrays: np.ndarray) -> np.ndarray:
    """The kernel on the arrays; the last is its output, filled with a marker so that missing writes show."""
    tensors = [tvm.runtime.tensor(array) for array in arrays]
    tvm.compile(kernel.build("main"), target=HOST.target())["main"](*tensors)
    return tensors[-1].numpy()


def unwritten(*shape: int) -> np.ndarray:
    return np.full(shape, 7, np.float32)


@pytest.mark.parametrize("cpu", [NARROW, WIDE])
@pytest.mark.parametrize(("kind", "tolerance"), [(Direct, 1e-5), (Winograd, 2e-4)])
@pytest.mark.parametrize(("inputs", "outputs", "height", "width"), [(8, 8, 8, 16), (16, 24, 12, 4), (8, 16, 4, 4), (8, 8, 5, 3)])
def test_convolution(cpu: CPU, kind, tolerance: float, inputs: int, outputs: int, height: int, width: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((inputs, height, width)).astype(np.float32)
    weight = rng.standard_normal((outputs, inputs, 3, 3)).astype(np.float32)
    bias = rng.standard_normal(outputs).astype(np.float32)
    kernel = kind(cpu, inputs, outputs, height, width, total=2 * outputs)
    v = cpu.width
    y = run(kernel, blocked(x, v), kernel.pack(weight), bias.reshape(-1, v), unwritten(2 * outputs // v, height + 2, width + 2, v))
    expected = torch.nn.functional.conv2d(*map(torch.from_numpy, (x[None], weight, bias)), padding=1).relu()[0].numpy()
    assert np.abs(y[: outputs // v] - blocked(expected, v)).max() < tolerance * np.abs(expected).max()
    assert (y[outputs // v :] == 7).all(), "it wrote to other channels"


def test_convolution_of_the_planar_image() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, 8, 8)).astype(np.float32)
    weight = rng.standard_normal((8, 3, 3, 3)).astype(np.float32)
    bias = np.zeros(8, np.float32)
    kernel = Direct(NARROW, 3, 8, 8, 8, total=8)
    assert kernel.planar
    y = run(kernel, np.pad(x, ((0, 0), (1, 1), (1, 1))), kernel.pack(weight), bias.reshape(-1, 4), unwritten(2, 10, 10, 4))
    expected = torch.nn.functional.conv2d(*map(torch.from_numpy, (x[None], weight)), padding=1).relu()[0].numpy()
    assert np.abs(y - blocked(expected, 4)).max() < 1e-4


def test_pooling_reads_only_its_own_channels() -> None:
    x = np.random.default_rng(2).standard_normal((16, 8, 12)).astype(np.float32)
    y = run(Pool(NARROW, 8, 16, 4, 6), blocked(x, 4), unwritten(2, 6, 8, 4))
    expected = torch.nn.functional.max_pool2d(torch.from_numpy(x[None, :8]), 2)[0].numpy()
    assert np.array_equal(y, blocked(expected, 4))


def test_up_convolution_writes_beside_the_skip_connection() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((16, 4, 6)).astype(np.float32)
    weight = rng.standard_normal((16, 8, 2, 2)).astype(np.float32)
    bias = rng.standard_normal(8).astype(np.float32)
    kernel = UpConvolution(NARROW, 16, 8, 4, 6, total=16, offset=8)
    y = run(kernel, blocked(x, 4), kernel.pack(weight), bias.reshape(-1, 4), unwritten(4, 10, 14, 4))
    expected = torch.nn.functional.conv_transpose2d(*map(torch.from_numpy, (x[None], weight, bias)), stride=2)[0].numpy()
    assert np.abs(y[2:] - blocked(expected, 4)).max() < 1e-4
    assert (y[:2] == 7).all()


def network(width: int, depth: int) -> Checkpoint:
    """A network with batch statistics other than 0 and 1."""
    torch.manual_seed(width * 10 + depth)
    model = UNet(width, depth).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.3, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
            elif isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
                torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return Checkpoint(model, {}, "0" * 64)


def probabilities(checkpoint: Checkpoint, variant: str, shape: bundle.Shape) -> tuple[np.ndarray, np.ndarray]:
    module, pipeline = bundle.lower(bundle.export(checkpoint, shape), HOST, variant)
    _, run = vm.start(tvm.compile(module, target=HOST.target(), relax_pipeline=pipeline))
    x = torch.randn(1, shape.channels, shape.height, shape.width, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return run(tvm.runtime.tensor(x.numpy())).numpy(), checkpoint.model(x).numpy()


@pytest.mark.parametrize(
    ("width", "depth", "height", "variant"),
    [
        (8, 2, 32, "fp32-winograd"),
        (8, 3, 64, "fp32-direct"),
        (16, 4, 64, "fp32-winograd"),
        (4, 1, 32, "fp32-winograd"),
        (12, 2, 32, "fp32-direct"),
        (8, 1, 16, "fp32-tvm-default"),
    ],
)
def test_networks_agree_with_pytorch_to_1e_4(width: int, depth: int, height: int, variant: str) -> None:
    got, expected = probabilities(network(width, depth), variant, bundle.Shape(3, height, 64))
    assert got.shape == expected.shape == (1, 1, height, 64)
    assert expected.std() > 0.01, "a constant answer would prove nothing"
    assert np.abs(got - expected).max() < 1e-4


def test_a_width_without_a_kernel_falls_back_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="6 channels"):
        got, expected = probabilities(network(6, 1), "fp32-winograd", bundle.Shape(3, 16, 16))
    assert np.abs(got - expected).max() < 1e-4


def test_the_error_for_an_unknown_layer_names_it() -> None:
    class Other(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(x)

    exported = torch.export.export(Other(), (torch.zeros(1, 3, 8, 8),))
    with pytest.raises(layers.Unsupported, match=r"aten\.tanh"):
        importer.read(exported)


def test_a_compact_network_uses_smaller_tiles_where_weights_are_large() -> None:
    found = importer.read(bundle.export(network(32, 4), bundle.Shape(3, 64, 64)))
    used = {}
    for variant in ("fp32-winograd", "fp32-compact", "fp32-direct"):
        builder = bundle.graph_builder(HOST, variant, found)
        builder.build(found)
        kernels = [kernel for kernel in builder.functions if isinstance(kernel, Winograd)]
        used[variant] = {(kernel.inputs, kernel.outputs): kernel.schedule.side for kernel in kernels}
    assert used["fp32-winograd"][512, 512] == 4 and used["fp32-compact"][512, 512] == 2
    assert used["fp32-winograd"].keys() == used["fp32-compact"].keys()
    assert {key for key in used["fp32-winograd"] if used["fp32-winograd"][key] == used["fp32-compact"][key]} >= {
        (32, 32),
        (128, 128),
    }
    assert used["fp32-direct"] == {}


def test_a_limit_on_weights_excludes_the_largest_tiles_first() -> None:
    """512→256 at 64×64: F(6×6) takes 32 MiB, F(4×4) 18, F(2×2) 8."""
    for limit, sides in ((33, {2, 4, 6}), (32, {2, 4, 6}), (20, {2, 4}), (17, {2}), (7, set())):
        kernel = Winograd(WIDE, 512, 256, 64, 64, 256, most_weights=limit * 2**20)
        assert {schedule.side for schedule in kernel.schedules()} == sides
        assert kernel.fits == bool(sides) and (not sides or kernel.model().side == max(sides))


def test_layers_of_equal_shape_share_a_function() -> None:
    builder = CPUGraph(WIDE, winograd=0)
    first, second, other = Pool(WIDE, 8, 8, 4, 4), Pool(WIDE, 8, 8, 4, 4), Pool(WIDE, 8, 16, 4, 4)
    assert builder.function(first) is builder.function(second)
    assert builder.function(first) is not builder.function(other)


@pytest.mark.parametrize(("width", "storage"), [(4, "float32"), (8, "float32"), (16, "float32"), (8, "float16")])
def test_the_last_convolution_and_the_head_are_one_kernel(width: int, storage: str) -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((32, 8, 16)).astype(np.float32)
    weight = (rng.standard_normal((32, 32, 3, 3)) / 17).astype(np.float16).astype(np.float32)
    bias, head, shift = (rng.standard_normal(n).astype(np.float32) for n in (32, 32, 1))
    cpu = CPU(width, 32)
    uneven = WinogradSchedule(6, 1, 4, 8)  # tiles beyond the image's six
    for schedule in (uneven, *Winograd(cpu, 32, 32, 8, 16, 32).schedules()):
        kernel = WinogradHead.of(Winograd(cpu, 32, 32, 8, 16, 32, schedule, storage))
        if kernel is None:
            assert schedule.split > 1
            continue
        packed = kernel.pack(weight).astype(storage)
        arrays = (blocked(x, width), packed, bias.reshape(-1, width), head.reshape(-1, width), shift)
        y = run(kernel, *arrays, unwritten(1, 1, 8, 16))
        images = [torch.from_numpy(array) for array in (x[None], weight, bias)]
        activation = torch.nn.functional.conv2d(*images, padding=1).relu()[0].numpy()
        expected = 1 / (1 + np.exp(-(np.einsum("chw,c->hw", activation, head) + shift)))
        assert expected.std() > 0.05 and np.abs(y[0, 0] - expected).max() < (1e-4 if storage == "float32" else 2e-2), schedule


@pytest.mark.parametrize("width", [4, 8, 16])
def test_the_exponential_is_accurate_to_about_the_last_place(width: int) -> None:
    ranges = [[np.nan], np.linspace(-87, 87, 4000), np.linspace(-1e-3, 1e-3, 95), [-1e9, -100, 100, 1e9] * 16]
    numbers = np.concatenate(ranges).astype(np.float32)

    def body(x, y) -> None:
        lanes = Lanes(width)
        with T.serial(0, len(numbers) // width) as i:
            T.buffer_store(y, exponential(lanes, x[lanes.ramp(i * width)]), [lanes.ramp(i * width)])

    tensors = [tvm.runtime.tensor(array) for array in (numbers, unwritten(len(numbers)))]
    shape = numbers.shape
    tvm.compile(function("main", {"x": shape, "y": shape}, body), target=HOST.target())["main"](*tensors)
    expected = np.exp(np.clip(numbers.astype(np.float64), -87, 87))
    got = tensors[1].numpy()
    assert np.isnan(got[0]), "NaN must not become a probability"
    assert (np.abs(got[1:] - expected[1:]) <= 1.5 * np.spacing(expected[1:].astype(np.float32))).all()


@pytest.mark.parametrize("kind", [Winograd, Direct])
@pytest.mark.parametrize(("cpu", "prefetches"), [(WIDE, True), (NARROW, False)])
def test_kernels_prefetch_with_wide_vectors_only(cpu: CPU, kind, prefetches: bool) -> None:
    """It changes no result, so only the code can show it."""
    kernel = kind(replace(cpu, cache=1024), 16, 16, 12, 16, total=16)
    code = tvm.compile(kernel.build("main"), target=HOST.target()).mod.inspect_source("ll")
    assert ("llvm.prefetch" in code) == prefetches


def test_half_precision_weights_compute_nearly_the_same() -> None:
    got, expected = probabilities(network(16, 2), "fp16-weights", bundle.Shape(3, 32, 64))
    assert 0 < np.abs(got - expected).max() < 2e-2, "single precision would be nearer"


def test_half_precision_is_refused_where_a_cpu_cannot_convert_it() -> None:
    old = BoardTarget("old", {"kind": "llvm", "mcpu": "core2", "mtriple": "x86_64-linux-gnu"}, "cpu:0")
    found = importer.read(bundle.export(network(8, 1), bundle.Shape(3, 16, 16)))
    with pytest.raises(UserError, match="F16C"):
        bundle.graph_builder(old, "fp16-weights", found)


@pytest.mark.parametrize("shape", [(16, 32, 8, 8), (32, 16, 6, 10)])
def test_weights_transformed_at_load_equal_those_transformed_at_compile_time(shape):
    cpu = HOST.cpu()
    kernel = Winograd(cpu, *shape, shape[1])
    transform = TransformWeights(kernel)
    weight = np.random.default_rng(1).standard_normal((shape[1], shape[0], 3, 3)).astype(np.float32)
    run = tvm.compile(transform.build("transform"), target=HOST.target())["transform"]
    made = tvm.runtime.tensor(np.zeros(kernel.shapes["weight"], np.float32))
    run(tvm.runtime.tensor(transform.pack(weight)), made)
    expected = kernel.pack(weight)
    # NumPy sums in another order: sometimes a number differs in the last place.
    assert (np.abs(made.numpy() - expected) <= 2 * np.spacing(np.abs(expected))).all()
    assert (made.numpy() == expected).mean() > 0.98
