"""`python -m unet runtime`."""

import argparse
from pathlib import Path

from unet.commands.parser import Commands, command


def add(commands: Commands) -> None:
    p = command(commands, "runtime", run, "Copy TVM's runtime libraries for a board.")
    p.add_argument("--out", type=Path, required=True, help="folder to write")
    p.add_argument("--wheel", type=Path, action="append", default=[], help="wheel file for another CPU; may be repeated")
    p.add_argument("--cuda", action="store_true", help="also copy what a board with an NVIDIA GPU needs")


def run(options: argparse.Namespace) -> None:
    from unet.bundle import runtime

    runtime.write(options.out, options.wheel, options.cuda)
