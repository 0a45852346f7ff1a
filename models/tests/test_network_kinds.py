"""Networks of every kind compile to what PyTorch computes, or are refused with a message: never to anything else."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
import tvm
from torch import nn
from torch.export import ExportedProgram

from cuda_on_cpu import Network
from network_kinds import KINDS, Kind
from test_cuda import board
from test_int8 import M1
from test_kernels import HOST
from unet import bundle, importer, vm
from unet.bundle import cuda_toolkit
from unet.bundle.requires import Lowered
from unet.errors import UserError
from unet.kernels.int8.gate import calibrate_on
from unet.kernels.int8.simulation import simulate
from unet.layers import Unsupported

OWN = [name for name, kind in KINDS.items() if kind.own]
OTHERS = [name for name, kind in KINDS.items() if not kind.own and not kind.refused]
REFUSED = [name for name, kind in KINDS.items() if kind.refused]
# Compiled with every variant, the others with one: the graph is the same.
SHARING = (
    "plain",
    "batch of 3",
    "skip first",
    "skip also classified",
    "up-convolution of a concatenation",
    "head of a concatenation",
)
VARIANT = "fp32-winograd"
# The head's scale would have to differ between the two halves.
NOT_IN_INT8 = ("head of a concatenation",)
TOLERANCE = {"fp32-winograd": 1e-4, "fp32-compact": 1e-4, "fp32-direct": 1e-4, "fp16-weights": 2e-2}


def image(kind: Kind) -> torch.Tensor:
    return torch.randn(kind.shape, generator=torch.Generator().manual_seed(1))


def exported(kind: Kind, network: nn.Module) -> ExportedProgram:
    dtype = next(network.parameters()).dtype
    return torch.export.export(network, (torch.zeros(kind.shape, dtype=dtype),))


def expected(network: nn.Module, x: torch.Tensor) -> list[np.ndarray]:
    with torch.no_grad():
        found = network(x.clone())
    return [value.numpy() for value in (found if isinstance(found, tuple) else (found,))]


def computed(program: ExportedProgram, variant: str, x: torch.Tensor) -> list[np.ndarray]:
    module, pipeline = bundle.lower(program, HOST, variant)
    quickly = tvm.target.Target({**HOST.tvm, "opt-level": 0})
    _, run = vm.start(tvm.compile(module, target=quickly, relax_pipeline=pipeline))
    found = run(tvm.runtime.tensor(x.numpy()))
    return [value.numpy() for value in ([found] if hasattr(found, "numpy") else found)]


def assert_near(got: list[np.ndarray], wanted: list[np.ndarray], tolerance: float) -> None:
    assert [value.shape for value in got] == [value.shape for value in wanted]
    assert all(value.std() > 0.005 for value in wanted), "a constant answer would prove nothing"
    assert max(np.abs(one - other).max() for one, other in zip(got, wanted)) < tolerance


@pytest.mark.parametrize(
    ("name", "variant"), [(name, variant) for name in OWN for variant in TOLERANCE if variant == VARIANT or name in SHARING]
)
def test_own_kernels_compute_what_pytorch_computes(name: str, variant: str) -> None:
    kind = KINDS[name]
    network, x = kind.network(), image(kind)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "no kernel")
        got = computed(exported(kind, network), variant, x)
    assert_near(got, expected(network, x), TOLERANCE[variant])


@pytest.mark.parametrize("name", OTHERS)
def test_a_network_without_kernels_falls_back_with_a_warning(name: str) -> None:
    kind = KINDS[name]
    network, x = kind.network(), image(kind)
    with pytest.warns(UserWarning, match="no kernel for .*; falling back"):
        got = computed(exported(kind, network), VARIANT, x)
    assert_near(got, expected(network, x), 1e-4)


@pytest.mark.parametrize("name", REFUSED)
def test_a_network_that_tvm_cannot_import_is_refused(name: str) -> None:
    kind = KINDS[name]
    with pytest.warns(UserWarning, match="no kernel for"), pytest.raises(UserError, match="TVM cannot import"):
        bundle.lower(exported(kind, kind.network()), HOST, VARIANT)


@pytest.mark.parametrize("name", [name for name in OWN if name not in NOT_IN_INT8])
def test_8_bit_integers_are_close_to_pytorch(name: str) -> None:
    """By the simulation, which the compiled network is compared with elsewhere; for an Apple M1, which is not available here."""
    kind = KINDS[name]
    network, x = kind.network(), image(kind)[:1]
    found = importer.read(exported(kind, network))
    calibrated = calibrate_on(found, M1, [x])
    bundle.graph_builder(M1, "int8", found, calibrated=calibrated).build(found)
    with torch.no_grad():
        difference = (simulate(found, calibrated.calibration, x) - network(x.clone())).abs()
    assert difference.max() < 0.15 and difference.mean() < 0.02


@pytest.mark.parametrize("name", [*OTHERS, *REFUSED, *NOT_IN_INT8])
def test_8_bit_integers_are_refused_where_there_are_no_kernels(name: str) -> None:
    kind = KINDS[name]
    program, x = exported(kind, kind.network()), image(kind)[:1]

    def compile_in_int8() -> None:
        found = importer.read(program)
        calibrated = calibrate_on(found, M1, [x])
        bundle.graph_builder(M1, "int8", found, calibrated=calibrated).build(found)

    with pytest.raises(Unsupported, match="no kernel for"):
        compile_in_int8()


@pytest.mark.skipif(not cuda_toolkit.available(), reason="the extra “cuda” of models/pyproject.toml is not installed")
@pytest.mark.parametrize(
    ("name", "variant"), [*((name, "fp32-gemm") for name in KINDS), *((name, "tf32-gemm") for name in SHARING)]
)
def test_a_gpu_has_kernels_for_what_cpus_have_them_for(name: str, variant: str) -> None:
    kind = KINDS[name]
    program = exported(kind, kind.network())

    def build() -> tvm.IRModule:
        network = importer.read(program)
        return bundle.graph_builder(board("sm_86"), variant, network).build(network)

    if (kind.own or name in ("pooled image", "head of the image")) and kind.shape[0] == 1:
        assert any(isinstance(function, tvm.tirx.PrimFunc) for function in build().functions.values())
    else:
        with pytest.raises(Unsupported, match="no kernel for"):
            build()


@pytest.mark.skipif(not cuda_toolkit.available(), reason="the extra “cuda” of models/pyproject.toml is not installed")
@pytest.mark.parametrize("name", [name for name in SHARING if KINDS[name].shape[0] == 1])
def test_a_gpu_s_kernels_compute_what_pytorch_computes(name: str, tmp_path: Path) -> None:
    """The GPU is emulated by the CPU."""
    kind, target, lowered = KINDS[name], board("sm_86"), Lowered()
    network, x = kind.network(), image(KINDS[name])
    with bundle.code_generator(target):
        module, pipeline = bundle.lower(exported(kind, network), target, "fp32-gemm")
        executable = tvm.compile(module, target=target.target(), relax_pipeline=lowered.after(pipeline))
    assert_near([Network(lowered.module, executable, tmp_path)(x.numpy())], expected(network, x), 1e-4)


def test_reading_a_network_twice_gives_equal_layers() -> None:
    """Folding leaves what it reads as it was."""
    program = exported(KINDS["plain"], KINDS["plain"].network())
    first, second = importer.read(program), importer.read(program)
    for one, other in zip(first.layers, second.layers, strict=True):
        assert type(one) is type(other)
        if hasattr(one, "weight"):
            assert np.array_equal(one.weight, other.weight) and np.array_equal(one.bias, other.bias)


class Parameter(nn.Module):
    """A network that returns a parameter, or pools one."""

    def __init__(self, pooled: bool) -> None:
        super().__init__()
        self.pooled, self.values = pooled, nn.Parameter(torch.ones(1, 1, 4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.max_pool2d(self.values, 2) if self.pooled else self.values + 0 * x


@pytest.mark.parametrize("pooled", [False, True])
def test_a_parameter_is_not_taken_for_an_activation(pooled: bool) -> None:
    program = torch.export.export(Parameter(pooled), (torch.zeros(1, 1, 4, 4),))
    with pytest.raises(Unsupported, match="a parameter in place of an activation" if pooled else "aten"):
        importer.read(program)


def test_networks_may_be_deeper_than_the_stack() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), *(nn.ReLU() for _ in range(1500)), nn.Conv2d(8, 1, 1), nn.Sigmoid())
    found = importer.read(torch.export.export(network.eval(), (torch.zeros(1, 3, 8, 8),)))
    assert [type(layer).__name__ for layer in found.layers] == ["Head", "Convolution", "Image"]


def test_an_enlargement_that_tvm_gets_wrong_is_refused() -> None:
    class Enlarged(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.interpolate(x, size=(24, 40))

    program = torch.export.export(Enlarged(), (torch.zeros(1, 3, 16, 32),))
    with pytest.warns(UserWarning, match="upsample_nearest2d"), pytest.raises(UserError, match="24×40"):
        bundle.lower(program, HOST, "fp32-winograd")
