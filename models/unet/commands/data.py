"""`python -m unet phantom` and `pack`: data sets."""

import argparse
from pathlib import Path

from unet.commands.parser import Commands, command
from unet.files import up_to_date, write_json


def add_phantom(commands: Commands) -> None:
    p = command(commands, "phantom", phantom, "Generate synthetic volumes in the layout of the LGG data set.")
    p.add_argument("--out", type=Path, default="data/phantom-raw", help="folder to write")
    p.add_argument("--patients", type=int, default=16, help="number of volumes")
    p.add_argument("--slices", type=int, default=10, help="slices per volume")
    p.add_argument("--seed", type=int, default=0, help="equal seeds give equal bytes")


def phantom(options: argparse.Namespace) -> None:
    from unet.data import phantom as generator

    inputs = {"patients": options.patients, "slices": options.slices, "size": 256, "seed": options.seed}
    if up_to_date(options.out / "made-from.json", inputs, "Phantom", options.out):
        return
    generator.write(options.out, **inputs)
    write_json(options.out / "made-from.json", inputs)


def add_pack(commands: Commands) -> None:
    p = command(commands, "pack", pack, "Turn volumes into a data set: PNG slices and masks with dataset.json.")
    p.add_argument("--raw", type=Path, default="data/phantom-raw", help="folder with kaggle_3m or TCGA_* folders")
    p.add_argument("--out", type=Path, default="data/phantom", help="folder to write")
    p.add_argument("--name", default="phantom", help="the data set's name in reports")


def pack(options: argparse.Namespace) -> None:
    from unet.data import lgg
    from unet.data import pack as packing

    folders = lgg.patient_folders(options.raw)
    newest = max(path.stat().st_mtime_ns for folder in folders for path in (folder, *folder.iterdir()))
    inputs = {"raw": str(options.raw), "name": options.name, "patients": len(folders), "newest": newest}
    if up_to_date(options.out / "made-from.json", inputs, "Pack", options.out):
        return
    packing.write(options.raw, options.out, options.name)
    write_json(options.out / "made-from.json", inputs)
