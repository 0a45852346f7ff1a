"""Masks by PyTorch and their Dice by NumPy: the reference for every board."""

import numpy as np
import torch

from unet.data.pack import Pack
from unet.network import UNet

# The least probability of a pixel of the mask.
THRESHOLD = 0.5


def dice(prediction: np.ndarray, truth: np.ndarray) -> float:
    """2·|P∩T| / (|P|+|T|) over all voxels; 1 if both are empty."""
    sizes = int(prediction.sum()) + int(truth.sum())
    return 1.0 if sizes == 0 else 2 * int((prediction & truth).sum()) / sizes


def probabilities(model: UNet, images: np.ndarray) -> np.ndarray:
    """(slices, C, H, W) → (slices, H, W), one slice at a time, as on a board."""
    model.eval()
    with torch.no_grad():
        return np.concatenate([model(torch.from_numpy(image[None]))[0].numpy() for image in images])


def patient_dice(model: UNet, pack: Pack, names: set[str], threshold: float = THRESHOLD) -> dict[str, float]:
    """Pooled Dice of each patient in `names`."""
    scores = {}
    for patient in pack.patients:
        if patient["id"] in names:
            images, truth = pack.arrays(patient)
            scores[patient["id"]] = dice(probabilities(model, images) >= threshold, truth.astype(bool))
    return scores


def reference(model: UNet, pack: Pack) -> dict:
    """bundle.json's `reference`: PyTorch's mean Dice over the patients of a pack."""
    scores = patient_dice(model, pack, {patient["id"] for patient in pack.patients})
    return {"dataset_sha256": pack.sha256, "dice": sum(scores.values()) / len(scores)}
