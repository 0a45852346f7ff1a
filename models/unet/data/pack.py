"""The data set as a pack: PNG slices and masks, and a dataset.json with digests and normalisation."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from unet.errors import UserError
from unet.files import folder_atomically, sha256, write_json
from unet.data.lgg import Normalisation, Patient, patient_folders, read_image, read_patient
from unet.progress import Progress

SCHEMA = "harness.dataset/1"
NORMALISATION = "volume-percentile-zscore"


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", optimize=False, compress_level=6)
    return buffer.getvalue()


def write(raw: Path, out: Path, name: str, size: int = 256, only: list[str] | None = None) -> None:
    """Packs the patients below `raw` (all, or those named in `only`) into the folder `out`."""
    folders = [folder for folder in patient_folders(raw) if only is None or folder.name in only]
    synthetic = (raw / "SYNTHETIC").is_file()
    progress = Progress("Pack", len(folders))
    patients = []
    slices = 0
    with folder_atomically(out) as folder:
        for source in folders:
            patient = read_patient(source, size)
            patients.append(_write_patient(folder, patient))
            slices += len(patient.indices)
            progress.step(patient.id)
        manifest = {
            "schema": SCHEMA,
            "name": name,
            "synthetic": synthetic,
            "source": (raw / "SYNTHETIC").read_text(encoding="utf-8").strip()
            if synthetic
            else "LGG MRI segmentation data set (TCGA-LGG), Buda et al. 2019",
            "channels": 3,
            "height": size,
            "width": size,
            "normalisation": NORMALISATION,
            "patients": patients,
        }
        write_json(folder / "dataset.json", manifest)
    progress.close(f"{len(patients)} patients, {slices} slices in {out}")


def _write_patient(folder: Path, patient: Patient) -> dict:
    (folder / patient.id).mkdir()
    norm = patient.normalisation
    entries = []
    for index, image, mask in zip(patient.indices, patient.images, patient.masks):
        files = {}
        for key, suffix, pixels in (("image", "", image), ("mask", "_mask", mask)):
            data = png(pixels)
            path = f"{patient.id}/{patient.id}_{index}{suffix}.png"
            (folder / path).write_bytes(data)
            files[key] = {"path": path, "sha256": sha256(data), "size_bytes": len(data)}
        entries.append({"index": index, **files})
    return {
        "id": patient.id,
        "normalisation": {"low": norm.low, "high": norm.high, "mean": norm.mean, "std": norm.std},
        "slices": entries,
    }


class Pack:
    """A data set on disk, which training, reference scores and boards read."""

    def __init__(self, folder: Path) -> None:
        path = folder / "dataset.json"
        if not path.is_file():
            raise UserError(f"{path}: no such file. Write a data set with “python -m unet pack”.")
        self.folder = folder
        try:
            self.manifest = json.loads(path.read_bytes())
        except ValueError as error:
            raise UserError(f"{path}: not JSON ({error}).") from error
        self.sha256 = sha256(path.read_bytes())
        if self.manifest.get("schema") != SCHEMA:
            raise UserError(f"{path}: schema {self.manifest.get('schema')!r}, expected {SCHEMA!r}.")

    @property
    def patients(self) -> list[dict]:
        return self.manifest["patients"]

    def arrays(self, patient: dict) -> tuple[np.ndarray, np.ndarray]:
        """A patient's network inputs, (slices, 3, H, W) of normalised float32, and masks, (slices, H, W) of 0 and 1."""
        norm = Normalisation(**patient["normalisation"])
        images, masks = [], []
        for entry in patient["slices"]:
            images.append(norm.apply(read_image(self.folder / entry["image"]["path"], "RGB")))
            masks.append(read_image(self.folder / entry["mask"]["path"], "L") > 127)
        return np.stack(images), np.stack(masks).astype(np.uint8)
