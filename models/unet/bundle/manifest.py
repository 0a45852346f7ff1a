"""bundle.json: what a module is, and what a board must have to run it."""

import datetime
import subprocess
from pathlib import Path

from unet.checkpoint import Checkpoint
from unet.data.pack import NORMALISATION
from unet.files import sha256_file
from unet.score import THRESHOLD
from unet.targets import BoardTarget

# Of the input and of the output.
Shapes = tuple[tuple[int, ...], tuple[int, ...]]
SCHEMA = "harness.bundle/1"


def manifest(
    checkpoint: Checkpoint, target: BoardTarget, variant: str, module: Path, name: str, shapes: Shapes, reference: dict | None
) -> dict:
    """What every bundle.json has; docs/schemas/bundle.schema.json describes all keys."""
    model, (inputs, outputs) = checkpoint.model, shapes
    return {
        "schema": SCHEMA,
        "name": name,
        "model": {
            "name": "unet",
            "width": model.width,
            "depth": model.depth,
            "parameters": model.parameter_count,
            "checkpoint_sha256": checkpoint.sha256,
        },
        "variant": variant,
        "target": {"name": target.name, "tvm": target.tvm, "architecture": target.architecture, "device": target.kind},
        "entry": "main",
        "inputs": [{"name": "image", "shape": list(inputs), "dtype": "float32"}],
        "outputs": [{"name": "probability", "shape": list(outputs), "dtype": "float32"}],
        "normalisation": NORMALISATION,
        "threshold": THRESHOLD,
        "module": {"file": module.name, "sha256": sha256_file(module), "size_bytes": module.stat().st_size},
        "training": checkpoint.training,
        "reference": reference,
        "source_commit": source_commit(),
        "created_at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def bundle_name(checkpoint: Checkpoint, target: BoardTarget, variant: str) -> str:
    """The name of a bundle, and of its folder, that is given no other."""
    return f"unet-w{checkpoint.model.width}-{target.name}-{variant}"


def source_commit() -> str | None:
    """The checkout's commit, with “-dirty” if tracked files differ from it; None outside one."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str | None:
        try:
            return subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return None

    commit = git("rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}-dirty" if git("status", "--porcelain", "--untracked-files=no") else commit
