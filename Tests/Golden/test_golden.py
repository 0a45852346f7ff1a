"""A database of version 0.1.0 is read as it was then: what is printed and written of it is what is kept, to the letter."""

from __future__ import annotations

import difflib

import pytest

import outputs

KEPT = sorted(str(file.relative_to(outputs.KEPT)) for file in outputs.KEPT.rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return outputs.outputs()


def test_nothing_is_missing_and_nothing_is_new(made: dict[str, str]) -> None:
    assert sorted(made) == KEPT


@pytest.mark.parametrize("name", KEPT)
def test_output_is_the_kept_one(made: dict[str, str], name: str) -> None:
    kept = (outputs.KEPT / name).read_text().splitlines()
    lines = difflib.unified_diff(kept, made.get(name, "").splitlines(), "kept", "now", lineterm="", n=0)
    difference = [line[:400] for line in lines]
    assert not difference, "\n".join(difference[:40]) + "\nIf this is meant: python Tests/Golden/outputs.py"
