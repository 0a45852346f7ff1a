"""The accuracy pass: runs every slice through the module and scores its mask, as harness-runner does."""

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image

from unet.runner.engines import Engine
from unet.runner.protocol import EventWriter, Failure
from unet.runner.slices import Normaliser, Slices


def score_all(engine: Engine, slices: Slices, threshold: float, folder: Path, events: EventWriter) -> None:
    """Scores all patients in manifest order; writes each event at once."""
    digests: list[str] = []
    for patient in slices.patients:
        for score in _score(engine, slices, patient, threshold, folder):
            events.write("slice", slice=score)
            digests.append(score["mask_sha256"])
        events.write("progress", phase="accuracy", done=len(digests), total=slices.count)
    events.write("masks", digest=hashlib.sha256("\n".join(digests).encode()).hexdigest(), slices=slices.count)


def _score(engine: Engine, slices: Slices, patient: dict, threshold: float, folder: Path) -> list[dict]:
    normaliser = Normaliser.of(patient["normalisation"])
    masks = np.zeros((len(patient["slices"]), slices.height, slices.width), np.bool_)
    for mask, entry in zip(masks, patient["slices"]):
        normaliser.apply(slices.image(entry), engine.planes)
        np.greater_equal(engine.probabilities(engine.call()).reshape(mask.shape), np.float32(threshold), out=mask)
    largest = keeping_largest(masks)
    scores = []
    for mask, only, entry in zip(masks, largest, patient["slices"]):
        truth = slices.mask(entry)
        pixels = mask.astype(np.uint8)
        sums = {"intersection": mask & truth, "predicted": mask, "truth": truth}
        sums |= {"largest_intersection": only & truth, "largest_predicted": only}
        counts = {name: int(voxels.sum()) for name, voxels in sums.items()}
        digests = {"mask_sha256": hashlib.sha256(pixels.tobytes()).hexdigest(), "png_sha256": _keep(pixels, folder)}
        scores.append({"patient": patient["id"], "index": entry["index"], **counts, **digests})
    return scores


def _keep(pixels: np.ndarray, folder: Path) -> str:
    """Writes the mask as a PNG of 0 and 255 to the job's folder, named by its digest."""
    buffer = io.BytesIO()
    Image.fromarray(pixels * np.uint8(255)).save(buffer, format="PNG")
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    try:
        (folder / f"{digest}.png").write_bytes(buffer.getvalue())
    except OSError as error:
        raise Failure("disk-full", f"a predicted mask cannot be written to {folder}: {error.strerror}.") from error
    return digest


def keeping_largest(volume: np.ndarray) -> np.ndarray:
    """The largest 26-connected component of a (slices, H, W) volume of bool; of equally large ones the first in memory.

    It joins runs of voxels along a row, of which a mask has few, instead of voxels, because Python is slow.
    """
    edges = np.diff(volume.astype(np.int8), axis=2, prepend=0, append=0)
    # Both in memory order, so the k-th end belongs to the k-th start.
    z, y, begin = (axis.tolist() for axis in np.nonzero(edges == 1))
    end = np.nonzero(edges == -1)[2].tolist()
    rows: dict[tuple[int, int], list[int]] = {}
    for run in range(len(begin)):
        rows.setdefault((z[run], y[run]), []).append(run)
    parent = list(range(len(begin)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    for run in range(len(begin)):
        for dz, dy in ((0, -1), (-1, -1), (-1, 0), (-1, 1)):
            for near in rows.get((z[run] + dz, y[run] + dy), ()):
                # Diagonal neighbours touch, too: a run reaches one voxel further on both sides.
                if begin[near] <= end[run] and begin[run] <= end[near]:
                    first, second = sorted((root(run), root(near)))
                    parent[second] = first
    sizes: dict[int, int] = {}
    for run in range(len(begin)):
        sizes[root(run)] = sizes.get(root(run), 0) + end[run] - begin[run]
    kept = np.zeros_like(volume)
    if sizes:
        # A component's root is its first run, and `max` takes the first of equals.
        largest = max(sorted(sizes), key=lambda component: sizes[component])
        for run in (run for run in range(len(begin)) if root(run) == largest):
            kept[z[run], y[run], begin[run] : end[run]] = True
    return kept
