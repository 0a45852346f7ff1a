"""Reads the LGG MRI segmentation data set as Kaggle ships it, and any other in the same layout.

`kaggle_3m/TCGA_<patient>/TCGA_<patient>_<N>.tif` (3 channels: pre-contrast, FLAIR, post-contrast; 8 bit) with
`…_<N>_mask.tif` beside each slice. Preprocessing follows Buda et al. 2019's published code: crop to the brain,
pad to a square, resize to 256 × 256, normalise per volume.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from unet.errors import UserError

SLICE = re.compile(r"^(?P<patient>.+)_(?P<index>\d+)\.tif$")


@dataclass
class Normalisation:
    """`x = (clip((p − low) / (high − low), 0, 1) − mean[c]) / std[c]`, in float32 and in this order."""

    low: float
    high: float
    mean: list[float]
    std: list[float]

    @staticmethod
    def of(volume: np.ndarray) -> Normalisation:
        """From a (slices, H, W, channels) volume of 8-bit values: 10th and 99th percentile, then mean and deviation."""
        low, high = (float(np.float32(value)) for value in np.percentile(volume, (10, 99)))
        if high <= low:  # a constant volume
            high = low + 1.0
        scaled = np.clip((volume.astype(np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)
        flat = scaled.reshape(-1, scaled.shape[-1]).astype(np.float64)
        std = np.maximum(flat.std(axis=0), 1e-6)
        return Normalisation(low, high, [float(np.float32(m)) for m in flat.mean(axis=0)], [float(np.float32(s)) for s in std])

    def apply(self, image: np.ndarray) -> np.ndarray:
        """(H, W, channels) of 8-bit values → (channels, H, W) of float32."""
        low, span = np.float32(self.low), np.float32(self.high) - np.float32(self.low)
        scaled = np.clip((image.astype(np.float32) - low) / span, np.float32(0), np.float32(1))
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return np.ascontiguousarray(((scaled - mean) / std).transpose(2, 0, 1))


@dataclass
class Patient:
    """One volume: images (slices, size, size, 3) and masks (slices, size, size), 8 bit, masks 0 or 255."""

    id: str
    indices: list[int]
    images: np.ndarray
    masks: np.ndarray

    @property
    def normalisation(self) -> Normalisation:
        return Normalisation.of(self.images)


def patient_folders(root: Path) -> list[Path]:
    """The patients' folders below `root` or `root/kaggle_3m`, sorted."""
    if not root.is_dir():
        raise UserError(f"{root}: no such folder. Generate the phantom with “python -m unet phantom --out {root}”.")
    base = root / "kaggle_3m" if (root / "kaggle_3m").is_dir() else root
    folders = sorted(folder for folder in base.glob("TCGA_*") if folder.is_dir())
    if not folders:
        raise UserError(f"{root}: contains no TCGA_* folder. Pass the folder into which lgg-mri-segmentation was unpacked.")
    return folders


def read_patient(folder: Path, size: int = 256) -> Patient:
    """One patient's volume, preprocessed; a missing mask, mixed sizes or a damaged file is a `UserError`."""
    slices = sorted((int(match["index"]), path) for path in folder.glob("*.tif") if (match := SLICE.match(path.name)))
    if not slices:
        raise UserError(f"{folder}: contains no slices named TCGA_…_N.tif.")
    images, masks = [], []
    for _, path in slices:
        mask_path = path.with_name(f"{path.stem}_mask.tif")
        if not mask_path.is_file():
            raise UserError(f"{mask_path}: the mask of {path.name} is missing. Copy it there, or remove the slice.")
        images.append(read_image(path, "RGB"))
        masks.append(read_image(mask_path, "L"))
        if images[-1].shape[:2] != images[0].shape[:2] or masks[-1].shape != images[0].shape[:2]:
            raise UserError(
                f"{path}: {images[-1].shape[1]}×{images[-1].shape[0]} with mask {masks[-1].shape[1]}×{masks[-1].shape[0]}, "
                f"but the volume's first slice is {images[0].shape[1]}×{images[0].shape[0]}: all slices of a patient must match."
            )
    volume, truth = crop(np.stack(images), np.stack(masks))
    volume, truth = pad_to_square(volume), pad_to_square(truth)
    volume = np.stack([resize(image, size, Image.Resampling.BILINEAR) for image in volume])
    truth = np.stack([resize(mask, size, Image.Resampling.NEAREST) for mask in truth])
    return Patient(folder.name, [index for index, _ in slices], volume, np.where(truth > 127, 255, 0).astype(np.uint8))


def read_image(path: Path, mode: str) -> np.ndarray:
    """An 8-bit image as (H, W, 3) for mode RGB or (H, W) for mode L."""
    try:
        with Image.open(path) as image:
            image.load()
            if image.mode not in ("RGB", "L", "1"):
                raise UserError(f"{path}: pixel format {image.mode}, expected 8-bit RGB or grey.")
            return np.asarray(image.convert(mode))
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as an image ({error}). Copy it from its source again.") from error


def crop(volume: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Removes the rows and columns that are dark in every slice, as the paper's code does, unless a true mask extends there."""
    content = volume.max(axis=(0, 3)) > volume.max() * 0.1
    content |= masks.any(axis=0)
    rows, columns = np.flatnonzero(content.any(axis=1)), np.flatnonzero(content.any(axis=0))
    if not len(rows):
        return volume, masks
    window = np.s_[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return volume[window], masks[window]


def pad_to_square(volume: np.ndarray) -> np.ndarray:
    """Pads the shorter of axes 1 and 2 with zeros, evenly, until both are equal."""
    height, width = volume.shape[1:3]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    margins = [(0, 0), (top, side - height - top), (left, side - width - left)] + [(0, 0)] * (volume.ndim - 3)
    return np.pad(volume, margins)


def resize(image: np.ndarray, size: int, method: Image.Resampling) -> np.ndarray:
    return image if image.shape[:2] == (size, size) else np.asarray(Image.fromarray(image).resize((size, size), method))
