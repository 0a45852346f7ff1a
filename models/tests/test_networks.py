"""Random U-Nets, compiled for this machine, against PyTorch."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest
import torch
import tvm

from unet import bundle, vm
from unet.checkpoint import Checkpoint
from unet.network import UNet
from unet.targets import BoardTarget, resolve

HOST = BoardTarget("x86", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")


@dataclass(frozen=True)
class Draw:
    width: int
    depth: int
    height: int
    columns: int
    batch: int
    normalised: bool
    variant: str

    @classmethod
    def of(cls, seed: int) -> Draw:
        draw = random.Random(seed)
        depth = draw.choice((1, 2, 3))
        return cls(
            # 4 … 16 channels: one vector of the narrowest CPU, several, and numbers that are not powers of two.
            width=draw.choice((4, 8, 12, 16)),
            depth=depth,
            # Odd multiples of 2**depth leave levels with sides that Winograd's tiles do not divide.
            height=draw.randint(1, 5) * 2**depth,
            columns=draw.randint(1, 3) * 16,
            batch=draw.choice((1, 2, 3)),
            normalised=draw.random() < 0.7,
            variant=draw.choice(("fp32-winograd", "fp32-compact", "fp32-direct")),
        )

    def network(self) -> UNet:
        """Weights that preserve the signal's magnitude, and the batch statistics, if any, of a real batch."""
        torch.manual_seed(self.width * 100 + self.height)
        model = UNet(self.width, self.depth)
        for module in list(model.modules()):
            if isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
                torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            elif isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.normal_(module.bias, 0, 0.2)
            elif isinstance(module, torch.nn.Sequential) and not self.normalised:
                module[1], module[4] = torch.nn.Identity(), torch.nn.Identity()
        with torch.no_grad():
            model.train()(torch.randn(2, 3, self.height, self.columns))
        return model.eval()


@pytest.mark.filterwarnings("error:no kernel:UserWarning")
@pytest.mark.parametrize("seed", range(12))
def test_a_random_network_agrees_with_pytorch_to_1e_4(seed: int) -> None:
    draw = Draw.of(seed)
    model, shape = draw.network(), bundle.Shape(3, draw.height, draw.columns, draw.batch)
    module, pipeline = bundle.lower(bundle.export(Checkpoint(model, {}, "0" * 64), shape), HOST, draw.variant)
    _, run = vm.start(tvm.compile(module, target=HOST.target(), relax_pipeline=pipeline))
    x = torch.randn(draw.batch, 3, draw.height, draw.columns, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        expected = model(x).numpy()
    assert expected.std() > 0.01, "a constant answer would prove nothing"
    assert np.abs(run(tvm.runtime.tensor(x.numpy())).numpy() - expected).max() < 1e-4


def test_the_random_networks_cover_all_choices() -> None:
    draws = [Draw.of(seed) for seed in range(12)]
    assert {draw.depth for draw in draws} == {1, 2, 3} and {draw.width for draw in draws} == {4, 8, 12, 16}
    assert {draw.batch for draw in draws} == {1, 2, 3}
    assert {draw.normalised for draw in draws} == {True, False}
    assert {draw.variant for draw in draws} == {"fp32-winograd", "fp32-compact", "fp32-direct"}
