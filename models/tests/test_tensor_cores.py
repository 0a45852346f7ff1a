"""The variant for tensor cores: its instruction, and its kernels' results with a warp emulated by the CPU."""

import dataclasses
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import tvm
from tvm import relax

from cuda_on_cpu import Network
from test_cuda import SHAPE, TRAINING, board, compiled, pytestmark  # noqa: F401
from test_kernels import network
from unet import bundle, graph, importer, layers
from unet.bundle import cuda_toolkit, requires
from unet.bundle.elf import Elf
from unet.errors import UserError
from unet.kernels.cuda import tiles, warp_tiles
from unet.kernels.cuda.gemm import Convolution, PartialConvolution
from unet.kernels.cuda.tensor_cores import TensorProduct, TensorUpConvolution, rounded

VARIANT = "tf32-gemm"
SHT_PROGBITS = 1


def tensor_core_instructions(cubin: Elf) -> int:
    """How many there are of HMMA.1688.F32.TF32: an opcode of 12 bits, and 12 bits of its variants in the second word."""
    code = [cubin.data[cubin.start + s.offset :][: s.size // 16 * 16] for s in cubin.sections() if s.kind == SHT_PROGBITS]
    pairs = [word for part in code for word in struct.iter_unpack("<QQ", part)]
    return sum(low & 0xFFF == 0x23C and high >> 8 & 0xFFF == 0x810 for low, high in pairs)


@pytest.mark.parametrize("arch", ["sm_80", "sm_86", "sm_90", "sm_120"])
def test_a_module_holds_the_tensor_cores_instruction(arch: str, tmp_path: Path) -> None:
    found = {}
    for variant in (VARIANT, "fp32-gemm"):
        trained = dataclasses.replace(network(16, 1), training=TRAINING)
        folder = bundle.compile_bundle(trained, board(arch), variant, tmp_path, SHAPE)
        (cubin,) = cuda_toolkit.cubins(folder / "module.so")
        found[variant] = tensor_core_instructions(cubin)
    # Convolutions of 16 → 16, 16 → 32, 32 → 32, 32 → 16, 16 → 16, and an up-convolution.
    assert found[VARIANT] >= 6 and found["fp32-gemm"] == 0


def test_an_older_gpu_is_refused_with_the_variant_to_use_instead(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"from sm_80 on, not on sm_75\. Compile fp32-gemm"):
        bundle.compile_bundle(network(16, 1), board("sm_75"), VARIANT, tmp_path, SHAPE)
    assert not list(tmp_path.iterdir())


# MARK: numbers


def evaluate(layer: layers.Layer, x: torch.Tensor) -> torch.Tensor:
    """The layer's output in FP64, with both factors of every product on tensor cores rounded to TF32."""
    match layer:
        case layers.Image():
            return x.double()
        case layers.SharedBuffer():
            return torch.cat((evaluate(layer.skip, x), evaluate(layer.up, x)), dim=1)
        case layers.Pooling():
            return torch.nn.functional.max_pool2d(evaluate(layer.source, x), 2)
    source, weight = evaluate(layer.source, x), torch.from_numpy(layer.weight)
    bias = torch.from_numpy(layer.bias).double()
    outputs = layer.channels * (4 if isinstance(layer, layers.UpConvolution) else 1)
    if warp_tiles.fits(layer.source.channels, outputs) and not isinstance(layer, layers.Head):
        source, weight = (torch.from_numpy(rounded(values.float().numpy())) for values in (source, weight))
    source, weight = source.double(), weight.double()
    match layer:
        case layers.UpConvolution():
            return torch.nn.functional.conv_transpose2d(source, weight, bias, stride=2)
        case layers.Convolution():
            return torch.nn.functional.conv2d(source, weight, bias, padding=1).relu()
        case layers.Head():
            return torch.nn.functional.conv2d(source, weight, bias).sigmoid()
    raise AssertionError(layer)


@pytest.mark.parametrize(("width", "depth", "height", "wide"), [(8, 2, 32, 64), (16, 3, 32, 32), (16, 1, 12, 24), (16, 4, 64, 64)])
def test_a_network_differs_from_pytorch_by_no_more_than_the_rounding_explains(
    width: int, depth: int, height: int, wide: int, tmp_path: Path
) -> None:
    """A slightly different sum can make the next layer round differently, so only the overall deviation is compared."""
    checkpoint, shape = network(width, depth), bundle.Shape(3, height, wide)
    run = Network(*compiled(checkpoint, VARIANT, shape), tmp_path)
    assert sum("tf32_multiply" in definition for _, definition in run.kernels.values()) >= 4
    x = torch.randn(1, 3, height, wide, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        exact = checkpoint.model(x).numpy()
    explained = evaluate(importer.read(bundle.export(checkpoint, shape)).output, x).numpy() - exact
    got = run(x.numpy())
    assert np.abs(got - exact).max() < 0.02
    assert np.square(got - exact).mean() < 2 * np.square(explained).mean()
    assert np.array_equal(got, run(x.numpy())), "a second run differs: an output is not written"


# MARK: single kernels, exactly


def alone(kernel, x: np.ndarray, constants: list[np.ndarray], shape: tuple[int, ...], folder: Path) -> np.ndarray:
    """The output of the kernel's CUDA C++."""
    block, lowered, target = relax.BlockBuilder(), requires.Lowered(), board()
    parameter = relax.Var("x", graph.tensor(*x.shape))
    with block.function("main", [parameter]):
        with block.dataflow():
            function = block.add_func(kernel.build("kernel"), "kernel")
            arguments = [parameter, *(graph.constant(values) for values in constants)]
            output = block.emit_output(relax.call_tir(function, arguments, graph.tensor(*shape)))
        block.emit_func_output(output)
    with bundle.code_generator(target):
        executable = tvm.compile(block.finalize(), target=target.target(), relax_pipeline=lowered.after(graph.pipeline()))
    return Network(lowered.module, executable, folder)(x)


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def exactly(operation, x: np.ndarray, weight: np.ndarray, **options: int) -> np.ndarray:
    """In FP64, with rounded factors."""
    return operation(*(torch.from_numpy(rounded(values)).double() for values in (x, weight)), **options).numpy()


TILES = [
    # Several warps both ways, several instructions a warp both ways, and slices of several.
    (warp_tiles.WarpTile(32, 64, 16, 16, 16), 32, 64, 8, 16),
    (warp_tiles.WarpTile(64, 64, 8, 32, 32), 8, 64, 8, 16),
    (warp_tiles.WarpTile(32, 128, 32, 32, 32), 64, 96, 12, 32),
    # Tiles that end behind the image, and one wider than all of it.
    (warp_tiles.WarpTile(16, 64, 8, 16, 32), 24, 48, 4, 20),
    (warp_tiles.WarpTile(32, 128, 16, 16, 64), 16, 32, 4, 4),
]


@pytest.mark.parametrize(("tile", "inputs", "outputs", "height", "width"), TILES)
def test_a_convolution_is_exact_for_every_tile(tile, inputs: int, outputs: int, height: int, width: int, tmp_path: Path) -> None:
    kernel = Convolution(TensorProduct(inputs, outputs, height, width, 9, tile), total=outputs + 8)
    x, weight, bias = random(1, inputs, height, width), random(outputs, inputs, 3, 3), random(outputs)
    got = alone(kernel, x, [kernel.pack(weight), bias], (1, outputs + 8, height, width), tmp_path)[:, :outputs]
    expected = np.maximum(exactly(torch.nn.functional.conv2d, x, weight, padding=1) + bias[:, None, None], 0)
    assert np.abs(got - expected).max() < 1e-5 * expected.max()


@pytest.mark.parametrize(("tile", "inputs", "outputs", "height", "width"), TILES)
def test_a_convolution_whose_sum_is_split(tile, inputs: int, outputs: int, height: int, width: int, tmp_path: Path) -> None:
    tile = dataclasses.replace(tile, splits=3)
    kernel = PartialConvolution(TensorProduct(inputs, outputs, height, width, 9, tile))
    x, weight = random(1, inputs, height, width), random(outputs, inputs, 3, 3)
    got = alone(kernel, x, [kernel.pack(weight)], (3, outputs, height, width), tmp_path)
    expected = exactly(torch.nn.functional.conv2d, x, weight, padding=1)
    assert np.abs(got.sum(axis=0) - expected[0]).max() < 1e-5 * expected.max()
    assert all(np.abs(part).max() > 1 for part in got)


@pytest.mark.parametrize(("tile", "inputs", "outputs", "height", "width"), TILES)
def test_an_up_convolution_is_exact_for_every_tile(
    tile, inputs: int, outputs: int, height: int, width: int, tmp_path: Path
) -> None:
    channels, skip = outputs // 4, 8
    kernel = TensorUpConvolution(TensorProduct(inputs, outputs, height, width, 1, tile), channels + skip, skip)
    x, weight, bias = random(1, inputs, height, width), random(inputs, channels, 2, 2), random(channels)
    size = (1, channels + skip, 2 * height, 2 * width)
    got = alone(kernel, x, [kernel.pack(weight), bias], size, tmp_path)[:, skip:]
    expected = exactly(torch.nn.functional.conv_transpose2d, x, weight, stride=2) + bias[:, None, None]
    assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max()


def test_rounding_is_to_the_nearest_of_ten_bits_and_ties_go_away_from_zero() -> None:
    half = np.float32(2**-11)
    values = np.float32([1, 1 + half, -1 - half, 1 + 0.99 * half, 3.0e38, 0, 2 - half / 4])
    assert rounded(values).tolist() == [1, 1 + 2 * half, -1 - 2 * half, 1, rounded(np.float32([3e38]))[0], 0, 2]
    many = random(1000)
    assert (np.abs(rounded(many) - many) <= np.abs(many) * half).all() and (rounded(rounded(many)) == rounded(many)).all()


# MARK: tiles


@pytest.mark.parametrize("arch", [arch for arch in tiles.MULTIPROCESSORS if int(arch[3:]) >= warp_tiles.OLDEST])
def test_the_lowest_layer_of_a_u_net_does_not_leave_a_large_gpu_idle(arch: str) -> None:
    tile = warp_tiles.choose(512, 256, 512, 9, arch, may_split=True)
    blocks = 512 // tile.rows * -(-256 // tile.columns) * tile.splits
    assert blocks >= tiles.MULTIPROCESSORS[arch] / 2


@pytest.mark.parametrize("inputs", [8, 16, 24, 1024])
@pytest.mark.parametrize("outputs", [16, 48, 1024])
def test_every_shape_that_fits_has_a_tile(inputs: int, outputs: int) -> None:
    assert warp_tiles.fits(inputs, outputs)
    tile = warp_tiles.choose(outputs, 16, inputs, 9, "sm_86", may_split=True)
    assert outputs % tile.rows == 0 and inputs % tile.depth == 0 and tile.shared_bytes <= 48 * 1024
