"""`python -m unet tune`."""

import argparse
import os
from pathlib import Path

from unet.commands.parser import Commands, add_checkpoint, add_fleet, chosen_targets, command


def add(commands: Commands) -> None:
    p = command(commands, "tune", run, "Measure which schedules are fastest on this machine, for compile to use.")
    add_checkpoint(p)
    add_fleet(p)
    p.add_argument("--target", required=True, help="target to tune for; for other machines use harness tune")
    p.add_argument("--database", type=Path, default="models/tuning", help="folder of the tuning databases")
    p.add_argument("--budget-seconds", type=float, default=150, help="about how long the search may take")
    p.add_argument("--layer", action="append", default=[], help="only this layer, as 64-32 for 64 → 32 channels; may be repeated")
    p.add_argument("--again", action="store_true", help="also search layers that the database has for this CPU")
    places = ("here", "stdio")
    p.add_argument("--measure", choices=places, default="here", help="stdio: exchange candidates and times as JSON lines")


def run(options: argparse.Namespace) -> None:
    # Before TVM is loaded: it starts its threads once, and by default uses half of the cores.
    os.environ.setdefault("TVM_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    from unet import checkpoint
    from unet.tuning import command as tuning

    options.target = [options.target]
    (target,) = chosen_targets(options)
    layers = tuple(options.layer)
    settings = tuning.Settings(options.database, Path("build/tuning"), options.budget_seconds, options.again, layers)
    tune = tuning.here if options.measure == "here" else tuning.through_lines
    tune(checkpoint.load(options.checkpoint), target, settings)
