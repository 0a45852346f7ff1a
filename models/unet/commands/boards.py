"""`python -m unet roofline`, `runtime` and `fixtures`: what boards and tests need besides a network's bundles."""

import argparse
from pathlib import Path

from unet.commands.parser import Commands, add_checkpoint, add_fleet, chosen_targets, command


def add_roofline(commands: Commands) -> None:
    p = command(commands, "roofline", roofline, "Compile the module that measures a target's peaks, for harness profile.")
    add_checkpoint(p)
    add_fleet(p, "only this target; may be repeated (default: every target with a CPU)")
    p.add_argument("--out", type=Path, default="build/bundles", help="folder for the bundles")


def roofline(options: argparse.Namespace) -> None:
    from unet import checkpoint
    from unet.bundle.roofline import write

    trained = checkpoint.load(options.checkpoint)
    for target in chosen_targets(options):
        if target.kind == "cpu":
            print(f"Roofline: {target.name}: {write(trained, target, options.out)}")


def add_runtime(commands: Commands) -> None:
    p = command(commands, "runtime", runtime, "Copy TVM's runtime libraries for a board.")
    p.add_argument("--out", type=Path, required=True, help="folder to write")
    p.add_argument("--wheel", type=Path, action="append", default=[], help="wheel file for another CPU; may be repeated")
    p.add_argument("--cuda", action="store_true", help="also copy what a board with an NVIDIA GPU needs")


def runtime(options: argparse.Namespace) -> None:
    from unet.bundle.runtime import write

    write(options.out, options.wheel, options.cuda)


def add_fixtures(commands: Commands) -> None:
    p = command(commands, "fixtures", fixtures, "Make the small modules and data that the tests run.")
    p.add_argument("--out", type=Path, default="build/fixtures", help="folder to write")
    add_fleet(p, "compile those of --made for this target; may be repeated")
    p.add_argument("--made", type=Path, default="build/fixtures", help="folder that this command wrote for this machine")


def fixtures(options: argparse.Namespace) -> None:
    from unet.fixtures import write, write_for

    if options.target:
        write_for(chosen_targets(options), options.made, options.out)
    else:
        write(options.out)
