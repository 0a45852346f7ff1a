"""`harness-python-runner`: reads one job from standard input and writes events to standard output; usually started by an agent."""

import importlib.metadata
import os
import sys

# NumPy's linear algebra, which nothing here uses, would otherwise start threads beside the module's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HELP = """\
Usage: harness-python-runner [--probe | --version | --help]

Reads one job description (JSON) from standard input and writes events (one JSON object a line) to standard output.
harness-agent starts one for each job that asks for the runner “pytorch” or “onnxruntime”; docs/protocol.md describes both formats.

  --probe    print which frameworks are installed, as JSON, and exit
  --version  print the version and exit
"""


def main() -> int:
    arguments = sys.argv[1:]
    if arguments in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    if arguments == ["--version"]:
        print(f"harness-python-runner {importlib.metadata.version('unet')}")
        return 0
    if arguments == ["--probe"]:
        import json

        from unet.runner.engines import ENGINES, version

        print(json.dumps({name: version(engine.framework) for name, engine in ENGINES.items()}))
        return 0
    if arguments:
        print(f"harness-python-runner: unknown option “{arguments[0]}”; see --help", file=sys.stderr)
        return 64

    from unet.runner.protocol import EventWriter
    from unet.runner.session import Session

    return Session(EventWriter()).run(sys.stdin.buffer.read())


if __name__ == "__main__":
    sys.exit(main())
