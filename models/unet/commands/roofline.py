"""`python -m unet roofline`."""

import argparse
from pathlib import Path

from unet.commands.parser import Commands, add_checkpoint, add_fleet, chosen_targets, command


def add(commands: Commands) -> None:
    p = command(commands, "roofline", run, "Compile the module that measures a target's peaks, for harness profile.")
    add_checkpoint(p)
    add_fleet(p, "only this target; may be repeated (default: every target with a CPU)")
    p.add_argument("--out", type=Path, default="build/bundles", help="folder for the bundles")


def run(options: argparse.Namespace) -> None:
    from unet import checkpoint
    from unet.bundle import roofline

    trained = checkpoint.load(options.checkpoint)
    for target in chosen_targets(options):
        if target.kind == "cpu":
            print(f"Roofline: {target.name}: {roofline.write(trained, target, options.out)}")
