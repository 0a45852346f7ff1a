"""Shared fixtures: a small phantom on disk, and its pack."""

from pathlib import Path

import pytest

from unet.data import pack, phantom


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "raw"
    phantom.write(folder, patients=3, slices=3, size=64, seed=1)
    return folder


@pytest.fixture(scope="session")
def packed(raw: Path) -> pack.Pack:
    folder = raw.parent / "pack"
    pack.write(raw, folder, "test", size=64)
    return pack.Pack(folder)
