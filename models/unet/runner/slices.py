"""The job's data set: slices, found by their digests and checked when they are read, and their normalisation."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from unet.runner.protocol import Failure

SCHEMA = "harness.dataset/1"
# The last chunk of every PNG file: Pillow accepts a file that is truncated after its last row.
END = b"\0\0\0\0IEND"


class Normaliser:
    """Turns 8-bit pixels into the network's input, in float32 and in the order that docs/schemas/dataset.schema.json defines.

    A pixel has 256 possible values: computing each once is exact and fast, and gives the same numbers as harness-runner.
    """

    def __init__(self, low: float, high: float, mean: list[float], std: list[float]) -> None:
        self._low, self._span = np.float32(low), np.float32(high) - np.float32(low)
        self._mean, self._std = np.asarray(mean, np.float32), np.asarray(std, np.float32)
        self._values = np.arange(256, dtype=np.float32)

    @classmethod
    def of(cls, norm: dict) -> Normaliser:
        """For slices of the patient whose part of dataset.json this is."""
        return cls(norm["low"], norm["high"], norm["mean"], norm["std"])

    def apply(self, image: np.ndarray, planes: np.ndarray) -> None:
        """Writes (H, W, C) pixels into `planes`, (C, H, W) of float32 in any memory order."""
        scaled = np.clip((self._values - self._low) / self._span, np.float32(0), np.float32(1))
        for channel, plane in enumerate(planes):
            table = (scaled - self._mean[channel]) / self._std[channel]
            # Pixels are never out of range; in its default mode NumPy would copy in order to check.
            np.take(table, image[:, :, channel], out=plane, mode="clip")


class Slices:
    """The data set on the board's disk."""

    def __init__(self, manifest: str, folder: str, bundle: dict) -> None:
        """Raises `Failure` with `dataset-invalid` if it cannot be read or does not fit the bundle."""
        self._folder = Path(folder)
        try:
            self.manifest = json.loads(Path(manifest).read_bytes())
            schema, normalisation = self.manifest["schema"], self.manifest["normalisation"]
            self.channels, self.height, self.width = (self.manifest[key] for key in ("channels", "height", "width"))
            self.patients = self.manifest["patients"]
            usable = {patient["id"]: _is_usable(patient["normalisation"], self.channels) for patient in self.patients}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure("dataset-invalid", f"dataset.json cannot be read: {error!r}") from error
        if schema != SCHEMA:
            raise Failure("dataset-invalid", f"dataset.json has schema “{schema}”; this runner reads {SCHEMA}.")
        if normalisation != bundle["normalisation"]:
            raise Failure(
                "dataset-invalid",
                f"the data set's normalisation is “{normalisation}”, the bundle's is “{bundle['normalisation']}”. "
                "Pack the data set again.",
            )
        shape, expected = [1, self.channels, self.height, self.width], bundle["inputs"][0]["shape"]
        if shape != expected:
            raise Failure("dataset-invalid", f"slices have shape {shape}, the bundle's input {expected}. Pack or compile again.")
        for name in (name for name, fits in usable.items() if not fits):
            raise Failure("dataset-invalid", f"patient {name} has no usable normalisation. Pack the data set again.")

    @property
    def count(self) -> int:
        return sum(len(patient["slices"]) for patient in self.patients)

    def entries(self) -> Iterator[tuple[dict, dict]]:
        """Patients with each of their slices, in manifest order."""
        return ((patient, entry) for patient in self.patients for entry in patient["slices"])

    def image(self, entry: dict) -> np.ndarray:
        """(H, W, C) of 8 bits; raises `Failure` that names the file."""
        pixels = self._read(entry["image"], "RGB" if self.channels == 3 else "L")
        return pixels.reshape(self.height, self.width, self.channels)

    def mask(self, entry: dict) -> np.ndarray:
        """The true mask: (H, W) of bool."""
        return self._read(entry["mask"], "L") > 127

    def _read(self, file: dict, mode: str) -> np.ndarray:
        try:
            data = (self._folder / file["sha256"]).read_bytes()
            with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
                pixels = np.array(image.convert(mode))
            if data[-12:-4] != END:
                raise ValueError("truncated: the file does not end with an IEND chunk")
        except (OSError, SyntaxError, ValueError) as error:
            raise Failure("image-invalid", f"{file['path']}: {error}. Pack the data set again.") from error
        if pixels.shape[:2] != (self.height, self.width):
            raise Failure(
                "dataset-invalid",
                f"{file['path']} is {pixels.shape[1]}×{pixels.shape[0]}, dataset.json says {self.width}×{self.height}. "
                "Pack it again.",
            )
        return pixels


def _is_usable(norm: dict, channels: int) -> bool:
    fits = len(norm["mean"]) == len(norm["std"]) == channels
    return fits and norm["high"] > norm["low"] and all(std > 0 for std in norm["std"])
