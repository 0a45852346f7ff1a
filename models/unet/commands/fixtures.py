"""`python -m unet fixtures`."""

import argparse
from pathlib import Path

from unet.commands.parser import Commands, add_fleet, chosen_targets, command


def add(commands: Commands) -> None:
    p = command(commands, "fixtures", run, "Make the small modules and data that the tests run.")
    p.add_argument("--out", type=Path, default="build/fixtures", help="folder to write")
    add_fleet(p, "compile those of --made for this target; may be repeated")
    p.add_argument("--made", type=Path, default="build/fixtures", help="folder that this command wrote for this machine")


def run(options: argparse.Namespace) -> None:
    from unet import fixtures

    if options.target:
        fixtures.write_for(chosen_targets(options), options.made, options.out)
    else:
        fixtures.write(options.out)
