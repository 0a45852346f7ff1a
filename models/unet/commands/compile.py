"""`python -m unet compile`."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from unet import variants
from unet.commands.parser import Commands, add_checkpoint, add_data, add_fleet, chosen_targets, command
from unet.errors import UserError
from unet.files import sha256_file, sources_digest, up_to_date, write_json
from unet.variants import Variant

if TYPE_CHECKING:
    from unet.checkpoint import Checkpoint
    from unet.data.pack import Pack
    from unet.targets import BoardTarget


def add(commands: Commands) -> None:
    summary = "Compile a checkpoint into bundles for the targets of targets.json."
    p = command(commands, "compile", run, summary, epilog=f"variants:\n{variants.help_text()}")
    add_checkpoint(p)
    add_fleet(p, "only this target; may be repeated (default: every target)")
    p.add_argument("--variant", action="append", help="only this variant; may be repeated (default: those that suit the target)")
    add_data(p, "data set on which PyTorch's Dice, the accuracy gate's reference, is calculated")
    p.add_argument("--database", type=Path, default="models/tuning", help="folder of the tuning databases; see tune")
    p.add_argument("--out", type=Path, default="build/bundles", help="folder for the bundles")


@dataclass(frozen=True)
class Inputs:
    """What all bundles of a run are made from."""

    options: argparse.Namespace
    trained: Checkpoint
    data: Pack

    @cached_property
    def reference(self) -> dict:
        """PyTorch's score of the checkpoint, calculated when a bundle first needs it."""
        from unet import score

        start = time.monotonic()
        found = score.reference(self.trained.model, self.data)
        seconds = time.monotonic() - start
        print(f"Compile: PyTorch's Dice on {self.data.folder} is {found['dice']:.4f} ({seconds:.1f} s)", flush=True)
        return found


def run(options: argparse.Namespace) -> None:
    from unet import checkpoint
    from unet.data.pack import Pack

    targets = chosen_targets(options)
    wanted = [variants.named(name) for name in options.variant or []]
    inputs = Inputs(options, checkpoint.load(options.checkpoint), Pack(options.data))
    for target in targets:
        for variant in suitable(target, wanted):
            _compile(inputs, target, variant)


def suitable(target: BoardTarget, wanted: list[Variant]) -> list[Variant]:
    """Those of `wanted` that exist for the target's kind of device; the target's defaults if none is wanted."""
    if not wanted:
        return variants.defaults(target)
    existing = variants.of_device(target.kind)
    found = [variant for variant in wanted if variant in existing]
    if not found:
        names, others = (", ".join(variant.name for variant in some) for some in (wanted, existing))
        print(f"Compile: {target.name}: skipped, {target.kind} has no variant {names}; it has {others}")
    return found


def _compile(inputs: Inputs, target: BoardTarget, variant: Variant) -> None:
    from unet.bundle.manifest import bundle_name

    options = inputs.options
    folder = options.out / bundle_name(inputs.trained, target, variant.name)
    tuned = options.database / f"{target.name}.jsonl"
    made_from = {
        "checkpoint": inputs.trained.sha256,
        "tvm": target.tvm,
        "variant": variant.name,
        "sources": sources_digest(),
        "data": inputs.data.sha256,
        "tuning": sha256_file(tuned) if tuned.is_file() else None,
    }
    if up_to_date(folder / "made-from.json", made_from, "Compile", folder):
        return
    start = time.monotonic()
    try:
        _write(inputs, target, variant)
    except UserError as error:
        # One board's missing cross compiler or dot product must not keep the others from being compiled.
        if options.target and options.variant:
            raise
        print(f"Compile: {error}", file=sys.stderr)
        return
    write_json(folder / "made-from.json", made_from)
    size = next(folder.glob("module.*")).stat().st_size / 2**20
    print(f"Compile: {folder} ({size:.1f} MiB, {time.monotonic() - start:.1f} s)", flush=True)


def _write(inputs: Inputs, target: BoardTarget, variant: Variant) -> None:
    from unet import bundle, importer
    from unet.bundle import baselines

    variant.check(target)
    trained, data, out = inputs.trained, inputs.data, inputs.options.out
    if variant.baseline is not None:
        baselines.write_bundle(trained, target, variant, out, data, reference=inputs.reference)
        return
    calibrated = None
    if variant.gate is not None:
        network = importer.read(bundle.export(trained, bundle.Shape()))
        calibrated = variant.gate(network, target, data, inputs.reference["dice"])
    tuning = inputs.options.database
    bundle.compile_bundle(trained, target, variant, out, reference=inputs.reference, tuning=tuning, calibrated=calibrated)
