"""`python -m unet pack`."""

import argparse
from pathlib import Path

from unet.commands.parser import Commands, command, up_to_date
from unet.files import write_json


def add(commands: Commands) -> None:
    p = command(commands, "pack", run, "Turn volumes into a data set: PNG slices and masks with dataset.json.")
    p.add_argument("--raw", type=Path, default="data/phantom-raw", help="folder with kaggle_3m or TCGA_* folders")
    p.add_argument("--out", type=Path, default="data/phantom", help="folder to write")
    p.add_argument("--name", default="phantom", help="the data set's name in reports")


def run(options: argparse.Namespace) -> None:
    from unet.data import lgg, pack

    folders = lgg.patient_folders(options.raw)
    newest = max(path.stat().st_mtime_ns for folder in folders for path in (folder, *folder.iterdir()))
    inputs = {"raw": str(options.raw), "name": options.name, "patients": len(folders), "newest": newest}
    if up_to_date(options.out / "made-from.json", inputs, "Pack", options.out):
        return
    pack.write(options.raw, options.out, options.name)
    write_json(options.out / "made-from.json", inputs)
