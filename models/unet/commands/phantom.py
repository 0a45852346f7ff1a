"""`python -m unet phantom`."""

import argparse
from pathlib import Path

from unet.commands.parser import Commands, command, up_to_date
from unet.files import write_json


def add(commands: Commands) -> None:
    p = command(commands, "phantom", run, "Generate synthetic volumes in the layout of the LGG data set.")
    p.add_argument("--out", type=Path, default="data/phantom-raw", help="folder to write")
    p.add_argument("--patients", type=int, default=16, help="number of volumes")
    p.add_argument("--slices", type=int, default=10, help="slices per volume")
    p.add_argument("--seed", type=int, default=0, help="equal seeds give equal bytes")


def run(options: argparse.Namespace) -> None:
    from unet.data import phantom

    inputs = {"patients": options.patients, "slices": options.slices, "size": 256, "seed": options.seed}
    if up_to_date(options.out / "made-from.json", inputs, "Phantom", options.out):
        return
    phantom.write(options.out, **inputs)
    write_json(options.out / "made-from.json", inputs)
