"""What the commands' parsers and runs have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from unet.errors import UserError

if TYPE_CHECKING:
    from unet.targets import BoardTarget

Commands = argparse._SubParsersAction  # argparse has no public name for it


class Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows defaults where there are some, and keeps the line breaks of descriptions."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, []) else super()._get_help_string(action)


def command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], None], summary: str, epilog: str | None = None
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=summary, description=summary, epilog=epilog, formatter_class=Formatter)
    added.set_defaults(run=run)
    return added


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", type=Path, default="build/checkpoints/unet.pt", help="checkpoint that train wrote")


def add_data(parser: argparse.ArgumentParser, purpose: str = "data set, made by pack") -> None:
    parser.add_argument("--data", type=Path, default="data/phantom", help=purpose)


def add_fleet(parser: argparse.ArgumentParser, purpose: str | None = None) -> None:
    """`--targets`, and `--target` unless its `purpose` is None."""
    parser.add_argument("--targets", type=Path, default="targets.json", help="description of the fleet")
    if purpose is not None:
        parser.add_argument("--target", action="append", help=purpose)


def chosen_targets(options: argparse.Namespace) -> list[BoardTarget]:
    """Those named with --target, in that order; all of the fleet if none is."""
    from unet import targets

    fleet = targets.read(options.targets)
    by_name = {target.name: target for target in fleet}
    for name in options.target or []:
        if name not in by_name:
            raise UserError(f"{options.targets}: no target {name!r}. Targets: {', '.join(by_name)}.")
    return [by_name[name] for name in options.target] if options.target else fleet
