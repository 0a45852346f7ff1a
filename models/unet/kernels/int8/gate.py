"""int8 for a target: calibrated on slices of a data set, and refused if it loses more than a thousandth of the Dice."""

from dataclasses import dataclass

import numpy as np
import torch

from unet import layers
from unet.data.pack import Pack
from unet.errors import UserError
from unet.kernels.cpu.simd import CPU, narrowed
from unet.kernels.int8.calibration import Calibration
from unet.kernels.int8.simulation import simulate
from unet.progress import Progress
from unet.score import THRESHOLD, dice
from unet.targets import BoardTarget
from unet.variants import DOT_PRODUCTS

SLICES = 16  # for calibration: ranges change little after a few
GATE = 0.999  # of PyTorch's Dice


@dataclass
class Calibrated:
    """A network, its quantization parameters for a CPU, and, once checked, its Dice."""

    network: layers.Network
    cpu: CPU
    calibration: Calibration
    slices: int
    dataset_sha256: str | None = None
    dice: float | None = None

    def check(self, data: Pack, reference: float) -> None:
        """Segments all slices of `data` in integers, as the board will; raises `UserError` below `GATE` times `reference`."""
        bar = Progress("int8", sum(len(patient["slices"]) for patient in data.patients))
        scores = []
        for patient in data.patients:
            images, truth = data.arrays(patient)
            masks = []
            for image in images:
                probability = simulate(self.network, self.calibration, torch.from_numpy(image[None]), torch.float32)
                masks.append(probability[0, 0].numpy() >= THRESHOLD)
                bar.step(patient["id"])
            scores.append(dice(np.stack(masks), truth.astype(bool)))
        self.dice, self.dataset_sha256 = sum(scores) / len(scores), data.sha256
        bar.close(f"Dice {self.dice:.4f}, PyTorch's {reference:.4f}")
        if self.dice < GATE * reference:
            raise UserError(
                f"int8 is refused: its Dice on {data.folder} is {self.dice:.4f}, less than {GATE:.1%} of PyTorch's {reference:.4f}."
                " Use fp32-winograd, or train longer: confident probabilities are less sensitive to rounding."
            )

    def summary(self) -> dict:
        """bundle.json's `calibration`."""
        return {"slices": self.slices, "dataset_sha256": self.dataset_sha256, "dice": self.dice}


def calibrate(network: layers.Network, target: BoardTarget, data: Pack) -> Calibrated:
    """On slices spread evenly over `data`; raises `UserError` for a CPU without a dot product of bytes."""
    return calibrate_on(network, target, spread(data))


def calibrate_on(network: layers.Network, target: BoardTarget, images: list[torch.Tensor]) -> Calibrated:
    cpu = narrowed(target.cpu(), network.common_channels)
    dot = target.dot(cpu.width)
    if dot is None:
        raise UserError(f"target {target.name}: int8 needs {DOT_PRODUCTS}")
    return Calibrated(network, cpu, Calibration(network, dot, images), len(images))


def spread(data: Pack) -> list[torch.Tensor]:
    """At most `SLICES` images (1, C, H, W), from all patients."""
    places = [(patient, index) for patient in data.patients for index in range(len(patient["slices"]))]
    chosen = [places[i * len(places) // SLICES] for i in range(SLICES)] if len(places) > SLICES else places
    return [torch.from_numpy(data.arrays(patient)[0][index][None]) for patient, index in chosen]
