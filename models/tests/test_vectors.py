"""harness-python-runner against the test vectors that harness-runner is held to as well, and the vectors against their
generator."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import make_vectors
from unet import score
from unet.files import sha256
from unet.runner import accuracy, session
from unet.runner.protocol import Job, Settings
from unet.runner.slices import Normaliser, Slices
from unet.runner.timing import QueryInput, SplitMix64, TimedLoop, WarmUp

FILE = Path(__file__).parents[2] / "Tests/Vectors/runner.json"
VECTORS = json.loads(FILE.read_bytes())


def cases(section: str):
    return pytest.mark.parametrize("case", VECTORS[section], ids=lambda case: case.get("name"))


def floats(bits: list[int]) -> np.ndarray:
    return np.array(bits, np.uint32).view(np.float32)


def test_the_vectors_are_what_their_generator_makes() -> None:
    assert FILE.read_text() == make_vectors.text(), "run: python models/tests/make_vectors.py > Tests/Vectors/runner.json"


@cases("normalisation")
@pytest.mark.parametrize("channels_last", [False, True])
def test_normalisation(case: dict, channels_last: bool) -> None:
    height, width, channels = (case[key] for key in ("height", "width", "channels"))
    planes = np.zeros((height, width, channels), np.float32).transpose(2, 0, 1)
    if not channels_last:
        planes = np.ascontiguousarray(planes)
    Normaliser.of(case["normalisation"]).apply(np.array(case["pixels"], np.uint8).reshape(height, width, channels), planes)
    assert np.array_equal(planes.reshape(-1), floats(case["planes_bits"]))


@cases("order")
def test_order_of_inputs(case: dict) -> None:
    numbers, indices = SplitMix64(int(case["seed"])), SplitMix64(int(case["seed"]))
    assert [str(numbers.next()) for _ in case["numbers"]] == case["numbers"]
    assert [indices.index(case["count"]) for _ in case["indices"]] == case["indices"]


@cases("noise")
def test_noise(case: dict) -> None:
    shape = [1, case["channels"], case["height"], case["width"]]
    settings = Settings("single-stream", 0, 1, 1, 1, 0, int(case["seed"]), None, None)
    made = session.noise(Job({"inputs": [{"shape": shape}]}, "", None, "cpu:0", settings, ""))
    assert made.image.reshape(-1).tolist() == case["pixels"]
    planes = np.zeros(shape[1:], np.float32)
    made.normaliser.apply(made.image, planes)
    expected = (made.image.transpose(2, 0, 1).astype(np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
    assert np.array_equal(planes, expected)


@cases("largest_component")
def test_largest_component(case: dict) -> None:
    shape = (case["slices"], case["height"], case["width"])
    kept = accuracy.keeping_largest(np.array(case["volume"], bool).reshape(shape))
    assert kept.reshape(-1).astype(int).tolist() == case["kept"]


@cases("warm_up")
def test_warm_up(case: dict) -> None:
    warm, reason = WarmUp(case["max_calls"], case["max_duration_ns"]), None
    for latency in case["latencies_ns"]:
        reason = warm.add(latency)
        if reason is not None:
            break
    assert (len(warm.samples), reason, warm.samples) == (case["calls"], case["reason"], case["discarded"])


class Replaying:
    """A module whose outputs are known: one row of `outputs` for each call."""

    def __init__(self, outputs: list[np.ndarray]) -> None:
        self._outputs, self._calls = outputs, 0
        self.output_count = outputs[0].size
        self.planes = np.zeros((1, 1, self.output_count), np.float32)

    def call(self) -> int:
        self._calls += 1
        return self._calls - 1

    def probabilities(self, result: int) -> np.ndarray:
        return self._outputs[result]


class Recorder:
    """Keeps events instead of writing them."""

    def __init__(self) -> None:
        self.events: list[dict] = []

    def write(self, kind: str, **keys: object) -> None:
        self.events.append({"type": kind, **keys})

    def of(self, kind: str) -> list[dict]:
        return [event for event in self.events if event["type"] == kind]


def scored(folder: Path, patients: dict[str, list[tuple[np.ndarray, list[int]]]], threshold: float) -> Recorder:
    """What the accuracy pass reports of a data set of images one pixel high: for each slice the module's output and its true
    mask."""
    width = len(next(iter(patients.values()))[0][1])
    norm = {"low": 0.0, "high": 255.0, "mean": [0.0], "std": [1.0]}
    manifest = {"schema": "harness.dataset/1", "normalisation": "n", "channels": 1, "height": 1, "width": width, "patients": []}
    for name, slices in patients.items():
        entries = []
        for index, (_, truth) in enumerate(slices):
            buffer = io.BytesIO()
            Image.fromarray(255 * np.array([truth], np.uint8)).save(buffer, format="PNG")
            digest = sha256(buffer.getvalue())
            (folder / digest).write_bytes(buffer.getvalue())
            file = {"path": "x.png", "sha256": digest}
            entries.append({"index": index, "image": file, "mask": file})
        manifest["patients"].append({"id": name, "normalisation": norm, "slices": entries})
    (folder / "dataset.json").write_text(json.dumps(manifest))
    read = Slices(str(folder / "dataset.json"), str(folder), {"normalisation": "n", "inputs": [{"shape": [1, 1, 1, width]}]})
    events = Recorder()
    engine = Replaying([output for slices in patients.values() for output, _ in slices])
    accuracy.score_all(engine, read, threshold, folder, events)
    return events


@cases("threshold")
def test_threshold(case: dict, tmp_path: Path) -> None:
    output = floats(case["probabilities_bits"])
    (event,) = scored(tmp_path, {"p": [(output, case["mask"])]}, case["threshold"]).of("slice")
    assert event["slice"]["mask_sha256"] == case["mask_sha256"]
    pixels = QueryInput(np.zeros((1, output.size, 1), np.uint8), Normaliser(0, 255, [0], [1]))
    loop = TimedLoop(Replaying([output]), [pixels], case["threshold"], seed=0)
    loop.query()
    assert loop._mask.astype(int).tolist() == case["mask"]


@cases("masks")
def test_digest_of_all_masks(case: dict, tmp_path: Path) -> None:
    events = scored(tmp_path, {"p": [(np.array(mask, np.float32), mask) for mask in case["masks"]]}, 0.5)
    assert [event["slice"]["mask_sha256"] for event in events.of("slice")] == case["digests"]
    assert [(event["digest"], event["slices"]) for event in events.of("masks")] == [(case["digest"], len(case["masks"]))]


@cases("dice")
def test_dice(case: dict, tmp_path: Path) -> None:
    patients: dict[str, list[tuple[np.ndarray, list[int]]]] = {}
    for entry in case["slices"]:
        patients.setdefault(entry["patient"], []).append((np.array(entry["predicted_mask"], np.float32), entry["true_mask"]))
    keys = ("intersection", "predicted", "truth")
    counts = [tuple(event["slice"][key] for key in keys) for event in scored(tmp_path, patients, 0.5).of("slice")]
    # The data set holds the slices patient by patient.
    ordered = sorted(case["slices"], key=lambda entry: list(patients).index(entry["patient"]))
    assert counts == [tuple(entry[key] for key in keys) for entry in ordered]
    for entry in case["slices"]:
        masks = [np.array(entry[key], bool) for key in ("predicted_mask", "true_mask")]
        assert score.dice(*masks) == pytest.approx(entry["dice"], rel=1e-12)
    pooled = []
    for expected in case["patients"]:
        masks = [np.array(mask, bool) for mask in zip(*patients[expected["patient"]], strict=True)]
        pooled.append(score.dice(*masks))
        assert pooled[-1] == pytest.approx(expected["dice"], rel=1e-12)
    assert sum(pooled) / len(pooled) == pytest.approx(case["patient_mean"], rel=1e-12)
