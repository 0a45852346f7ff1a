"""A seeded synthetic phantom in the layout of the LGG data set, which exercises the whole path without a patient's image.

Each volume is a head of ellipsoids (skull, brain, ventricles) with smooth tissue texture, a bias field and noise, in three
channels like the real set's. Most patients have a lesion, bright in FLAIR with a ragged border; slices above and below it
have empty masks. Bright spots without a lesion keep the task from being solved by a threshold.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from unet.files import folder_atomically
from unet.progress import Progress


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> np.ndarray:
    """Noise in about −1 … 1 that varies over 1/`cells` of the image: a coarse random grid, enlarged bicubically."""
    grid = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
    return np.asarray(grid.resize(shape[::-1], Image.Resampling.BICUBIC))


def ellipse(y: np.ndarray, x: np.ndarray, cy: float, cx: float, ry: float, rx: float) -> np.ndarray:
    """Distance from an ellipse's centre, 1 on its border."""
    return np.sqrt(((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2)


def volume(rng: np.random.Generator, slices: int, size: int, healthy: bool) -> tuple[np.ndarray, np.ndarray]:
    """(slices, size, size, 3) images and (slices, size, size) masks, 8 bit."""
    y, x = (axis.astype(np.float32) / size for axis in np.mgrid[:size, :size])
    tissue = smooth_noise(rng, (size, size), 12)
    border = smooth_noise(rng, (size, size), 9)
    bias = 1 + 0.15 * smooth_noise(rng, (size, size), 3)
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.08, 0.2)
    centre = (0.5 + distance * np.sin(angle), 0.5 + distance * np.cos(angle))
    radius, aspect = rng.uniform(0.07, 0.13), rng.uniform(0.75, 1.3)
    middle, height = rng.uniform(0.35, 0.65), rng.uniform(0.22, 0.4)
    contrast = rng.uniform(0.25, 0.4)
    spots = [(rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7), rng.uniform(0.012, 0.025)) for _ in range(3)]
    images, masks = [], []
    for index in range(slices):
        z = (index + 0.5) / slices
        reach = np.sqrt(max(0.05, 1 - ((z - 0.5) / 0.62) ** 2))
        head = ellipse(y, x, 0.5, 0.5, 0.44 * reach, 0.36 * reach)
        brain = head < 0.9
        base = np.where(brain, 0.42 + 0.06 * tissue, np.where(head < 1, 0.7, 0.02))
        ventricle = np.minimum(ellipse(y, x, 0.5, 0.44, 0.12, 0.04), ellipse(y, x, 0.5, 0.56, 0.12, 0.04)) < reach
        ventricle &= abs(z - 0.5) < 0.25
        scale = np.sqrt(max(0.0, 1 - ((z - middle) / height) ** 2))
        lesion = np.zeros_like(brain)
        if not healthy and scale > 0.25:
            r = radius * scale
            lesion = (ellipse(y, x, *centre, r * aspect, r / aspect) + 0.22 * border) < 1
            lesion &= brain & ~ventricle
        pre, flair, post = base.copy(), base + 0.05 * smooth_noise(rng, (size, size), 20) * brain, base * 1.05
        pre[ventricle], flair[ventricle], post[ventricle] = 0.2, 0.12, 0.22
        flair[lesion] += contrast * (0.85 + 0.3 * tissue[lesion])
        pre[lesion] -= 0.06
        post[lesion] += 0.08 + 0.1 * (border[lesion] > 0.3)
        for cy, cx, r in spots:
            spot = (ellipse(y, x, cy, cx, r, r) < 1) & brain & ~lesion
            flair[spot] += 0.9 * contrast
        image = np.stack((pre, flair, post), axis=-1) * bias[..., None] + rng.normal(0, 0.02, (size, size, 3))
        image[head >= 1.05] = 0
        images.append((255 * np.clip(image, 0, 1)).astype(np.uint8))
        masks.append(np.where(lesion, 255, 0).astype(np.uint8))
    return np.stack(images), np.stack(masks)


def write(out: Path, patients: int, slices: int, size: int, seed: int) -> None:
    """Writes `out/kaggle_3m/TCGA_PH_…`; the same arguments give the same bytes."""
    progress = Progress("Phantom", patients)
    with folder_atomically(out) as folder:
        for number in range(patients):
            rng = np.random.default_rng([seed, number])
            name = f"TCGA_PH_{number + 1:04d}"
            home = folder / "kaggle_3m" / name
            home.mkdir(parents=True)
            # Every eighth patient has no lesion: a model must also be able to find nothing.
            images, masks = volume(rng, slices, size, healthy=number % 8 == 7)
            for index, (image, mask) in enumerate(zip(images, masks), start=1):
                Image.fromarray(image).save(home / f"{name}_{index}.tif")
                Image.fromarray(mask).save(home / f"{name}_{index}_mask.tif")
            progress.step(name)
        (folder / "SYNTHETIC").write_text(f"Made by the phantom generator from seed {seed}; no patient's data.\n", "utf-8")
    progress.close(f"{patients} patients of {slices} slices in {out}")
