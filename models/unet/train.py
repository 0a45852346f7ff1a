"""Training on a data set: Dice per epoch, early stopping, checkpoints, a fixed seed."""

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.optim import Adam

from unet import checkpoint
from unet.data.pack import Pack
from unet.errors import UserError
from unet.network import UNet
from unet.progress import Progress
from unet.score import patient_dice


@dataclass(frozen=True)
class Settings:
    width: int = 8
    depth: int = 4
    epochs: int = 30
    patience: int = 5
    batch: int = 8
    rate: float = 3e-3
    seed: int = 0
    # Share of the patients that are used for validation only.
    validation: float = 0.2
    # Side of the random crops trained on, in pixels; the network is fully convolutional.
    crop: int = 128


def soft_dice_loss(prediction: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """1 − Dice over the whole batch with probabilities for P, smoothed by 1 as in Buda et al.'s code."""
    overlap = (prediction * truth).sum()
    return 1 - (2 * overlap + 1) / (prediction.sum() + truth.sum() + 1)


def split(pack: Pack, settings: Settings) -> tuple[list[str], list[str]]:
    """Patients to train on and to validate with, drawn from the seed."""
    names = [patient["id"] for patient in pack.patients]
    random.Random(settings.seed).shuffle(names)
    count = max(1, round(settings.validation * len(names)))
    if len(names) <= count:
        raise UserError(f"{pack.folder}: {len(names)} patient is too few to train and validate: at least 2 are needed.")
    return sorted(names[count:]), sorted(names[:count])


class Batches:
    """Random crops with flips, from all slices of some patients; half of them around a lesion."""

    def __init__(self, pack: Pack, names: list[str], settings: Settings) -> None:
        chosen = [pack.arrays(patient) for patient in pack.patients if patient["id"] in set(names)]
        self.images = np.concatenate([images for images, _ in chosen])
        self.masks = np.concatenate([masks for _, masks in chosen])
        self.settings = settings

    def __len__(self) -> int:
        return -(-len(self.images) // self.settings.batch)

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        rng = np.random.default_rng([self.settings.seed, number])
        order = rng.permutation(len(self.images))
        for start in range(0, len(order), self.settings.batch):
            pairs = [self._sample(rng, index) for index in order[start : start + self.settings.batch]]
            images, masks = (torch.from_numpy(np.stack(part)) for part in zip(*pairs))
            yield images, masks

    def _sample(self, rng: np.random.Generator, index: int) -> tuple[np.ndarray, np.ndarray]:
        image, mask = self.images[index], self.masks[index]
        size = min(self.settings.crop, *mask.shape)
        centre = rng.integers(0, mask.shape)
        lesion = np.argwhere(mask)
        if len(lesion) and rng.random() < 0.5:
            centre = lesion[rng.integers(len(lesion))]
        y, x = (int(np.clip(c - size // 2, 0, side - size)) for c, side in zip(centre, mask.shape))
        image, mask = image[:, y : y + size, x : x + size], mask[None, y : y + size, x : x + size]
        if rng.random() < 0.5:
            image, mask = image[..., ::-1], mask[..., ::-1]
        return np.ascontiguousarray(image), np.ascontiguousarray(mask, dtype=np.float32)


def run(pack: Pack, out: Path, settings: Settings) -> dict:
    """Trains, keeps the best epoch's checkpoint at `out`, continues an interrupted training; returns its `training`."""
    random.seed(settings.seed)
    torch.manual_seed(settings.seed)
    training_names, validation_names = split(pack, settings)
    model = UNet(settings.width, settings.depth)
    optimiser = Adam(model.parameters(), lr=settings.rate)
    batches = Batches(pack, training_names, settings)
    state = out.with_suffix(".resume")
    first, best, since, training = _continue(state, model, optimiser, settings, pack)
    progress = Progress("Training", settings.epochs * len(batches))
    progress.done = (first - 1) * len(batches)
    for epoch in range(first, settings.epochs + 1):
        losses = _epoch(model, optimiser, batches, epoch, progress, best)
        scores = patient_dice(model, pack, set(validation_names))
        mean = sum(scores.values()) / len(scores)
        progress.close(f"epoch {epoch}/{settings.epochs}: loss {np.mean(losses):.3f}, validation Dice {mean:.4f}")
        since = 0 if mean > best else since + 1
        if mean > best:
            best = mean
            training = _training(pack, epoch, settings, mean)
            checkpoint.save(out, model, training)
        resume = {"epoch": epoch, "best": best, "since": since, "settings": asdict(settings), "pack": pack.sha256}
        checkpoint.save(state, model, training, {"optimiser": optimiser.state_dict(), "resume": resume})
        if since >= settings.patience:
            print(f"Training: stopped early, no better Dice for {since} epochs", flush=True)
            break
    state.unlink(missing_ok=True)
    return training


def _epoch(model: UNet, optimiser: Adam, batches: Batches, epoch: int, progress: Progress, best: float) -> list[float]:
    model.train()
    losses = []
    for images, masks in batches.epoch(epoch):
        prediction = model(images)
        loss = soft_dice_loss(prediction, masks) + torch.nn.functional.binary_cross_entropy(prediction, masks)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        progress.step(f"epoch {epoch}, loss {losses[-1]:.3f}, best Dice {max(best, 0):.3f}")
    return losses


def _training(pack: Pack, epochs: int, settings: Settings, dice: float) -> dict:
    name, synthetic = pack.manifest["name"], pack.manifest["synthetic"]
    found = {"dataset": name, "dataset_sha256": pack.sha256, "synthetic": synthetic}
    return {**found, "epochs": epochs, "seed": settings.seed, "dice": dice}


def _continue(state: Path, model: UNet, optimiser: Adam, settings: Settings, pack: Pack) -> tuple[int, float, int, dict]:
    """The state of an interrupted training with the same settings and data, loaded into model and optimiser."""
    if state.is_file():
        content = checkpoint.load_raw(state)
        resume = content["resume"]
        if resume["settings"] == asdict(settings) and resume["pack"] == pack.sha256:
            model.load_state_dict(content["state"])
            optimiser.load_state_dict(content["optimiser"])
            print(f"Training: continuing after epoch {resume['epoch']}", flush=True)
            return resume["epoch"] + 1, resume["best"], resume["since"], content["training"]
    return 1, -1.0, 0, {}
