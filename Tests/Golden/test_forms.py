"""HTML and Markdown say the same, and text from elsewhere is text in both, in the drawings and on a terminal."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
import subprocess
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest

import forms
import outputs

# The one difference: a page draws the lines that Markdown describes.
LEGEND = {("text", "true mask predicted mask"), ("text", "Solid green: true mask; dashed orange: predicted mask.")}
# Where text from elsewhere is stored: from bundle.json, dataset.json, an agent, a command line.
COLUMNS = [
    "bundle.variant", "bundle.name", "bundle.model", "bundle.runner", "bundle.framework_version", "bundle.source_commit",
    "bundle.training_dataset", "bundle.architecture", "bundle.tvm_target_json", "dataset.name", "board.cpu_model",
    "board.os_name", "board.hypervisor", "board.kernel", "planned_run.target_name", "profile.target_name", "run.throttling",
    "run.failure_message", "run.failure_code", "run.device", "run.job_id", "run.warm_up_reason", "slice.patient",
    "slice_image.patient", "profile_operator.function", "profile_operator.kind", "dispatch.harness_version",
]  # fmt: skip
HOSTILE = [
    'x" onmouseover="alert(1)',
    'x"\u0301 onmouseover=alert(1) y="',
    "<\u0338script>alert(1)</script>",
    "</title></text></svg><script>alert(1)</script>",
    "]]>--><!-- &lt; &#x3c;script>",
    "a|b\\|c `code` **bold** [a](javascript:b) ![c](d) #e ~~f~~",
    "# head",
    "- item",
    "1. item",
    "---",
    "two\nlines\r\nand\u2028three",
    "\x1b[2J\x1b]0;title\x07\x9b31m\x01\x7f",
    "a\u202eb\u2066c\u2069\u200f\ufeff",
    "\ufffe\uffff\U0001ffff",
]


def write(folder: Path, database: Path) -> dict[str, str]:
    """A report of `database`: its files by name."""
    command = [outputs.HARNESS, "report", "--db", database, "--output", folder / "report"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return {file.name: file.read_text() for file in (folder / "report").iterdir()}


def copy(folder: Path) -> Path:
    shutil.copyfile(outputs.DATABASE, folder / "copy.sqlite")
    command = [outputs.HARNESS, "db", "check", "--db", folder / "copy.sqlite"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "copy.sqlite"


@pytest.fixture(scope="module", params=HOSTILE, ids=[f"{index}" for index in range(len(HOSTILE))])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A text, and a copy in which all text from elsewhere begins with it; what follows tells rows apart."""
    database = copy(tmp_path_factory.mktemp("hostile"))
    with sqlite3.connect(database) as connection:
        for column in COLUMNS:
            table, name = column.split(".")
            statement = f"UPDATE {table} SET {name} = ? || ' ' || {name} WHERE {name} IS NOT NULL"
            connection.execute(statement, (request.param,))
    connection.close()
    return request.param, database


def agree(files: dict[str, str]) -> None:
    page = [part for part in forms.page(files["report.html"]) if part not in LEGEND]
    markdown = [part for part in forms.markdown(files["report.md"]) if part not in LEGEND]
    assert [text for kind, text in page if kind == "section"] == [text for kind, text in markdown if kind == "section"]
    assert page == markdown


def test_html_and_markdown_have_the_same_sections_tables_and_values(tmp_path: Path) -> None:
    files = write(tmp_path, copy(tmp_path))
    agree(files)
    parts = forms.page(files["report.html"])
    kinds = {kind: sum(part[0] == kind for part in parts) for kind in ("section", "row", "picture", "item")}
    assert kinds["section"] == 9 and kinds["row"] > 100 and kinds["picture"] > 10 and kinds["item"] > 300


def test_text_from_elsewhere_is_only_text(tmp_path: Path, hostile: tuple[str, Path]) -> None:
    _, database = hostile
    files = write(tmp_path, database)
    elements = forms.Page(files["report.html"]).elements
    assert not [tag for tag, _ in elements if tag in ("script", "b", "a", "img")]
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]
    drawings = [body for name, body in files.items() if name.endswith(".svg")]
    drawings += re.findall(r"<svg.*?</svg>", files["report.html"], flags=re.DOTALL)
    assert len(drawings) > 10
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert not [element.tag for element in root.iter() if not element.tag.startswith("{http://www.w3.org/2000/svg}")]
    agree(files)
    for arguments in (["runs", "list"], ["runs", "show", "1"], ["runs", "show", "19"], ["compare", "8,11", "13,14"]):
        done = subprocess.run([outputs.HARNESS, *arguments, "--db", database], capture_output=True, check=True, timeout=120)
        shown = done.stdout.decode().replace("\n", "")
        assert {unicodedata.category(character) for character in shown}.isdisjoint({"Cc", "Cf", "Zl", "Zp"}), shown[:400]


def test_csv_gives_back_what_is_stored(hostile: tuple[str, Path]) -> None:
    text, database = hostile
    command = [outputs.HARNESS, "runs", "export", "--format", "csv", "--db", database]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    assert len(rows) == 19 and all(row["variant"].startswith(text + " ") for row in rows)
