"""`python -m unet`: from MRI slices to compiled bundles. Each step prints what it does and can be repeated."""

import argparse
import sys
import warnings

from unet.commands import boards, compile, data, training, tune
from unet.errors import UserError

DESCRIPTION = """\
The U-Net of Buda et al. 2019, from MRI slices to modules compiled with Apache TVM.

The usual order:
  phantom   generate synthetic volumes (or use the LGG data set from Kaggle as it is)
  pack      turn volumes into a data set that boards can be scored on
  train     train the network on a data set
  compile   compile a checkpoint for the targets of targets.json
Then: harness dispatch --bundle build/bundles/* --dataset data/phantom --target x86
"""
# In the order of the help.
COMMANDS = (
    *(data.add_phantom, data.add_pack, training.add_train, compile.add, tune.add),
    *(boards.add_roofline, training.add_evaluate, boards.add_runtime, boards.add_fixtures),
)


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
    try:
        options.run(options)
    except UserError as error:
        print(f"unet {options.command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"unet {options.command}: {error.filename or ''}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    keep_lines = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(prog="python -m unet", description=DESCRIPTION, formatter_class=keep_lines)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
