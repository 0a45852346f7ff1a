"""Documents that the project ships, writes and prints are valid by the schemas in docs/schemas, and damaged ones are not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import outputs

FIXTURES = Path(os.environ.get("HARNESS_FIXTURES", outputs.CHECKOUT / "build/fixtures"))
SCHEMAS = {
    file.name.removesuffix(".schema.json"): json.loads(file.read_bytes())
    for file in sorted((outputs.CHECKOUT / "docs/schemas").glob("*.schema.json"))
}
BUNDLES = sorted(FIXTURES.glob("*/bundle.json"))
DATASETS = sorted(FIXTURES.glob("*/dataset.json"))

Document = dict[str, Any]


def errors(document: Document, name: str) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMAS[name]).iter_errors(document)]


@pytest.fixture(scope="module")
def compare(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Document]:
    """`harness compare` of runs in a copy of the kept database."""
    database = tmp_path_factory.mktemp("schemas") / outputs.DATABASE.name
    shutil.copyfile(outputs.DATABASE, database)
    # Migrates it: comparing only reads.
    subprocess.run([outputs.HARNESS, "db", "check", "--db", database], capture_output=True, check=True)

    def compare(base: str, candidate: str) -> Document:
        command = [outputs.HARNESS, "compare", base, candidate, "--format", "json"]
        done = subprocess.run(command, env={"HARNESS_DB": str(database)}, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return compare


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(
    ("base", "candidate", "verdicts", "regression", "unpaired"),
    [
        ("8,11", "13,14", {"same", "cannot-tell"}, False, 0),
        # Two kernels for one network: the second is slower and smaller.
        ("8,11,13,14", "9,10,12,15", {"same", "better", "worse"}, True, 0),
        ("label:first", "label:sustained", {"same", "cannot-tell"}, False, 2),
    ],
)
def test_comparison_is_valid(
    compare: Callable[[str, str], Document], base: str, candidate: str, verdicts: set[str], regression: bool, unpaired: int
) -> None:
    document = compare(base, candidate)
    assert errors(document, "compare") == []
    assert {metric["verdict"] for pair in document["pairs"] for metric in pair["metrics"]} == verdicts
    assert document["regression"] == regression and len(document["unpaired"]) == unpaired


def test_fleet_as_shipped_is_valid() -> None:
    assert errors(json.loads((outputs.CHECKOUT / "targets.json").read_bytes()), "targets") == []


def test_there_are_fixtures() -> None:
    assert len(BUNDLES) >= 8 and len(DATASETS) >= 2


@pytest.mark.parametrize("path", [*BUNDLES, *DATASETS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_fixture_is_valid(path: Path) -> None:
    assert errors(json.loads(path.read_bytes()), path.stem) == []


# Schema, path of the damage, the value put there (None removes what is there), and the error.
DAMAGE = [
    ("compare", "pairs", None, "'pairs' is a required property"),
    ("compare", "schema", "harness.comparison/2", "'harness.comparison/1' was expected"),
    ("compare", "pairs.0.metrics.0.verdict", "faster", "'faster' is not one of"),
    ("compare", "pairs.0.metrics.0.interval", [1.0, 2.0, 3.0], "is too long"),
    ("compare", "pairs.0.base.runs.0", "8", "'8' is not of type 'integer'"),
    ("compare", "pairs.0.circumstances.colour", 1, "'colour' was unexpected"),
    ("targets", "targets.0.name", None, "'name' is a required property"),
    ("targets", "targets.0.agnet", "local", "'agnet' was unexpected"),
    ("targets", "targets.0.threads", 0, "0 is less than the minimum"),
    ("targets", "targets.0.device", "gpu", "'gpu' does not match"),
    ("bundle", "module.sha256", None, "'sha256' is a required property"),
    ("bundle", "module.sha256", "ABC", "'ABC' does not match"),
    ("bundle", "module.size_bytes", -1, "-1 is less than the minimum"),
    ("bundle", "varaint", "0", "'varaint' was unexpected"),
    ("dataset", "patients.0.slices.0.mask", None, "'mask' is a required property"),
    ("dataset", "height", "256", "'256' is not of type 'integer'"),
    ("dataset", "patients.0.normalisation.std.0", 0, "0 is less than or equal to the minimum"),
]


@pytest.mark.parametrize(("name", "path", "value", "message"), DAMAGE, ids=[f"{damage[0]}: {damage[3]}" for damage in DAMAGE])
def test_damaged_document_is_refused(
    compare: Callable[[str, str], Document], name: str, path: str, value: object, message: str
) -> None:
    files = {"targets": outputs.CHECKOUT / "targets.json", "bundle": BUNDLES[0], "dataset": DATASETS[0]}
    document = compare("8,11", "13,14") if name == "compare" else json.loads(files[name].read_bytes())
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    part: Any = document
    for step in steps:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    found = errors(document, name)
    assert any(message in error for error in found), found
