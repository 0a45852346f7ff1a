"""Reading, preprocessing, the phantom and the pack."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unet.data import lgg, pack, phantom
from unet.errors import UserError
from unet.files import sha256_file


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path: Path, raw: Path) -> None:
    phantom.write(tmp_path / "again", patients=3, slices=3, size=64, seed=1)
    phantom.write(tmp_path / "other", patients=3, slices=3, size=64, seed=2)

    def digests(folder: Path) -> list[str]:
        return [sha256_file(path) for path in sorted(folder.rglob("*.tif"))]

    assert digests(tmp_path / "again") == digests(raw)
    assert digests(tmp_path / "other") != digests(raw)


def test_the_phantom_has_lesions_empty_slices_and_a_healthy_patient(tmp_path: Path) -> None:
    phantom.write(tmp_path / "p", patients=8, slices=6, size=64, seed=3)
    masks = [lgg.read_patient(folder, 64).masks for folder in lgg.patient_folders(tmp_path / "p")]
    assert not masks[7].any()
    assert all(mask.any() for mask in masks[:7])
    assert any(not slice_.any() for mask in masks[:7] for slice_ in mask)


def test_normalisation_is_percentiles_then_z_score_per_channel() -> None:
    volume = np.random.default_rng(0).integers(0, 256, (5, 20, 30, 3)).astype(np.uint8)
    norm = lgg.Normalisation.of(volume)
    low, high = np.percentile(volume, (10, 99))
    scaled = np.clip((volume.astype(np.float64) - low) / (high - low), 0, 1)
    expected = (scaled - scaled.mean(axis=(0, 1, 2))) / scaled.std(axis=(0, 1, 2))
    got = np.stack([norm.apply(image) for image in volume]).transpose(0, 2, 3, 1)
    assert np.abs(got - expected).max() < 1e-5
    assert got.dtype == np.float32


def test_an_empty_volume_is_normalised_without_dividing_by_zero() -> None:
    norm = lgg.Normalisation.of(np.zeros((2, 4, 4, 3), np.uint8))
    assert np.isfinite(norm.apply(np.zeros((4, 4, 3), np.uint8))).all()


def test_slices_are_sorted_by_number_not_by_name(tmp_path: Path) -> None:
    home = tmp_path / "TCGA_A"
    home.mkdir()
    for index in (1, 2, 10, 11):
        Image.fromarray(np.full((8, 8, 3), index, np.uint8)).save(home / f"TCGA_A_{index}.tif")
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(home / f"TCGA_A_{index}_mask.tif")
    assert lgg.read_patient(home, 8).indices == [1, 2, 10, 11]


def test_crop_keeps_the_brain_and_every_true_mask_and_padding_is_square() -> None:
    volume = np.zeros((2, 40, 60, 3), np.uint8)
    volume[:, 10:20, 5:50] = 200
    masks = np.zeros((2, 40, 60), np.uint8)
    masks[1, 30, 55] = 255
    cropped, truth = lgg.crop(volume, masks)
    assert cropped.shape == (2, 21, 51, 3) and truth.sum() == masks.sum()
    square = lgg.pad_to_square(cropped)
    assert square.shape == (2, 51, 51, 3) and square.sum() == cropped.sum()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda home: next(home.glob("*_1_mask.tif")).unlink(), "mask of .*_1.tif is missing"),
        (lambda home: Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(next(home.glob("*_2.tif"))), "must match"),
        (lambda home: next(home.glob("*_1.tif")).write_bytes(next(home.glob("*_1.tif")).read_bytes()[:200]), "cannot be read"),
        (lambda home: [path.unlink() for path in home.glob("*")], "contains no slices"),
        (lambda home: home.rename(home.with_name("OTHER")), "contains no TCGA_"),
    ],
)
def test_a_broken_data_set_is_refused_and_leaves_no_files(tmp_path: Path, raw: Path, damage, message: str) -> None:
    copy = tmp_path / "raw"
    home = next((raw / "kaggle_3m").iterdir())
    shutil.copytree(home, copy / "kaggle_3m" / home.name)
    damage(copy / "kaggle_3m" / home.name)
    with pytest.raises(UserError, match=message):
        pack.write(copy, tmp_path / "pack", "broken", size=64)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw"]


def test_a_pack_names_every_file_by_its_content(packed: pack.Pack) -> None:
    assert packed.manifest["synthetic"] is True and len(packed.patients) == 3
    for patient in packed.patients:
        for entry in patient["slices"]:
            for file in (entry["image"], entry["mask"]):
                path = packed.folder / file["path"]
                assert sha256_file(path) == file["sha256"] and path.stat().st_size == file["size_bytes"]


def test_a_pack_contains_what_the_reader_read(raw: Path, packed: pack.Pack) -> None:
    patient = lgg.read_patient(lgg.patient_folders(raw)[0], 64)
    images, masks = packed.arrays(packed.patients[0])
    assert np.array_equal(images[1], patient.normalisation.apply(patient.images[1]))
    assert np.array_equal(masks, (patient.masks > 127).astype(np.uint8))


def test_a_folder_that_is_not_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        pack.Pack(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(UserError, match="not JSON"):
        pack.Pack(tmp_path)
    (tmp_path / "dataset.json").write_text(json.dumps({"schema": "other"}))
    with pytest.raises(UserError, match="schema"):
        pack.Pack(tmp_path)
