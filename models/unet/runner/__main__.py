"""`harness-python-runner`: one job from standard input, events on standard output. An agent starts it; so can you."""

from __future__ import annotations

import importlib.metadata
import os
import sys

# NumPy's linear algebra, which nothing here uses, would otherwise start threads of its own beside the module's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HELP = """\
Usage: harness-python-runner [--probe | --version | --help]

Reads one job description (JSON) from standard input and writes events (one JSON object a line) to standard output.
harness-agent starts one for each job that asks for the runner “pytorch” or “onnxruntime”; docs/protocol.md describes both formats.

  --probe    print which frameworks are installed, as JSON, and exit
  --version  print the version and exit
"""


def main() -> int:
    words = sys.argv[1:]
    if words == ["--help"] or words == ["-h"]:
        print(HELP, end="")
        return 0
    if words == ["--version"]:
        print(f"harness-python-runner {importlib.metadata.version('unet')}")
        return 0
    if words == ["--probe"]:
        import json

        from unet.runner.engines import ENGINES, version

        print(json.dumps({name: version(engine.framework) for name, engine in ENGINES.items()}))
        return 0
    if words:
        print(f"harness-python-runner: “{words[0]}” is no option of it; see --help", file=sys.stderr)
        return 64

    from unet.runner.protocol import EventWriter
    from unet.runner.session import Session

    return Session(EventWriter()).run(sys.stdin.buffer.read())


if __name__ == "__main__":
    sys.exit(main())
