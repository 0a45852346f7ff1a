"""What `harness` prints and writes about the kept database, as text that can be compared.

Run as a program it records all of it anew: `python Tests/Golden/outputs.py`. Read the difference before you commit it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
HARNESS = CHECKOUT / ".build/debug/harness"
DATABASE = HERE / "version-0.1.0.sqlite"
KEPT = HERE / "outputs"

# Name of the output, and the command that prints it.
PRINTED = {
    "runs-list.txt": ["runs", "list"],
    "runs-show-1.txt": ["runs", "show", "1"],
    "runs-show-6.txt": ["runs", "show", "6"],
    "runs-show-16.txt": ["runs", "show", "16"],
    "runs-show-18.txt": ["runs", "show", "18"],
    "runs-show-19.txt": ["runs", "show", "19"],
    "runs.csv": ["runs", "export", "--format", "csv"],
    "runs.json": ["runs", "export", "--format", "json"],
    "compare.txt": ["compare", "8,11", "13,14"],
    "compare-variants.txt": ["compare", "8,11,13,14", "9,10,12,15"],
    "compare.json": ["compare", "8,11", "13,14", "--format", "json"],
    "compare.md": ["compare", "label:first", "label:sustained", "--format", "markdown"],
    "db-info.txt": ["db", "info"],
    "db-check.txt": ["db", "check"],
}
# Folder of the outputs, and the command that writes it.
WRITTEN = {
    "report": ["report"],
    "report-first": ["report", "--dispatch", "{first}", "--baseline", "onnxruntime-fp32", "--gate", "99.9"],
    "mlperf": ["runs", "export", "--format", "mlperf", "1", "5", "6", "7"],
}
# The dispatch with the label “first”.
FIRST = "SELECT id FROM dispatch WHERE label = 'first'"


def normalised(text: str) -> str:
    """Without what differs from one call to the next; pictures by their digests."""
    text = re.sub(r"Generated \d{4}-\d\d-\d\dT[0-9:.]+Z", "Generated NOW", text)
    text = re.sub(r"/\S*/([\w.-]+\.sqlite)", r"\1", text)
    text = re.sub(r"SQLite 3[0-9.]+", "SQLite VERSION", text)
    return re.sub(r"[A-Za-z0-9+/=]{200,}", lambda found: hashlib.sha256(found[0].encode()).hexdigest(), text)


def outputs() -> dict[str, str]:
    """All outputs by name. They are of a copy: nothing may change what is kept."""
    made: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / DATABASE.name
        shutil.copyfile(DATABASE, database)

        def harness(*arguments: str) -> str:
            done = subprocess.run(
                [HARNESS, *arguments], env={"HARNESS_DB": str(database)}, capture_output=True, text=True, cwd=folder, timeout=120
            )
            return f"{done.stdout}{done.stderr}exit status {done.returncode}\n"

        # Migrates it, if it is older.
        harness("db", "check")
        first = subprocess.run(["sqlite3", database, FIRST], capture_output=True, text=True, check=True).stdout.strip()
        for name, arguments in PRINTED.items():
            made[name] = normalised(harness(*arguments))
        for name, arguments in WRITTEN.items():
            out = Path(folder) / name
            harness(*(argument.format(first=first) for argument in arguments), "--output", str(out))
            for file in sorted(path for path in out.rglob("*") if path.is_file()):
                made[f"{name}/{file.relative_to(out)}"] = normalised(file.read_text())
    return made


def record() -> None:
    made = outputs()
    if KEPT.exists():
        shutil.rmtree(KEPT)
    for name, text in made.items():
        (KEPT / name).parent.mkdir(parents=True, exist_ok=True)
        (KEPT / name).write_text(text)
    print(f"{len(made)} outputs recorded in {KEPT}")


if __name__ == "__main__":
    sys.exit(record())
