"""`python -m unet`: from MRI slices to compiled bundles. Each step says what it does and can be repeated."""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
import time
import warnings
from pathlib import Path

from unet.errors import UserError

DESCRIPTION = """\
The U-Net of Buda et al. 2019, from MRI slices to modules compiled with Apache TVM.

The usual order:
  phantom   make synthetic volumes (or use the LGG data set from Kaggle as it is)
  pack      turn volumes into a data set that boards can score against
  train     train the network on a pack
  compile   compile a checkpoint for the targets of targets.json
Then: harness dispatch --bundle build/bundles/* --dataset data/phantom --target x86
"""


VARIANT_HELP = """only this one; may be repeated. For CPUs: fp32-winograd, fp32-direct, int8 (these by default), fp32-compact,
fp16-weights; for CUDA: fp32-gemm (by default), tf32-gemm; for both: fp32-tvm-default; for comparison on CPUs: pytorch-eager, pytorch-channels-last,
pytorch-compile, onnxruntime-fp32, onnxruntime-int8, which harness-python-runner runs"""


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
    top = argparse.ArgumentParser(
        prog="python -m unet", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=summary, description=summary, formatter_class=argparse.ArgumentDefaultsHelpFormatter
        )
        added.set_defaults(run=run)
        return added

    p = command("phantom", run_phantom, "Make synthetic volumes in the layout of the LGG data set.")
    p.add_argument("--out", type=Path, default="data/phantom-raw", help="folder to write")
    p.add_argument("--patients", type=int, default=16, help="number of volumes")
    p.add_argument("--slices", type=int, default=10, help="slices a volume")
    p.add_argument("--seed", type=int, default=0, help="equal seeds give equal bytes")

    p = command("pack", run_pack, "Turn volumes into a data set: PNG slices and masks with dataset.json.")
    p.add_argument("--raw", type=Path, default="data/phantom-raw", help="folder that holds kaggle_3m or TCGA_* folders")
    p.add_argument("--out", type=Path, default="data/phantom", help="folder to write")
    p.add_argument("--name", default="phantom", help="the data set's name in reports")

    p = command("train", run_train, "Train the network; continues if it was interrupted.")
    p.add_argument("--data", type=Path, default="data/phantom", help="a pack")
    p.add_argument("--out", type=Path, default="build/checkpoints/unet.pt", help="checkpoint to write")
    p.add_argument("--width", type=int, default=8, help="features of the first level (the paper: 32)")
    p.add_argument("--depth", type=int, default=4, help="levels below the first")
    p.add_argument("--epochs", type=int, default=30, help="at most so many")
    p.add_argument("--patience", type=int, default=5, help="stop after so many epochs without a better Dice")
    p.add_argument("--seed", type=int, default=0, help="of the split, the weights and the order")

    p = command("compile", run_compile, "Compile a checkpoint into bundles for targets of targets.json.")
    p.add_argument("--checkpoint", type=Path, default="build/checkpoints/unet.pt", help="what train wrote")
    p.add_argument("--targets", type=Path, default="targets.json", help="the fleet")
    p.add_argument("--target", action="append", help="only this one; may be repeated (default: every target)")
    p.add_argument("--variant", action="append", help=VARIANT_HELP)
    p.add_argument("--data", type=Path, default="data/phantom", help="a pack for PyTorch to score: the accuracy gate's reference")
    p.add_argument("--database", type=Path, default="models/tuning", help="folder of the tuning databases; see tune")
    p.add_argument("--out", type=Path, default="build/bundles", help="folder for the bundles")

    p = command("tune", run_tune, "Measure which schedules are the fastest on this machine, for compile to use.")
    p.add_argument("--checkpoint", type=Path, default="build/checkpoints/unet.pt", help="what train wrote")
    p.add_argument("--targets", type=Path, default="targets.json", help="the fleet")
    p.add_argument("--target", required=True, help="which one; any but this machine through harness tune")
    p.add_argument("--database", type=Path, default="models/tuning", help="folder of the tuning databases")
    p.add_argument("--budget-seconds", type=float, default=150, help="about how long the search may take")
    p.add_argument("--layer", action="append", default=[], help="only this one, as 64-32 for 64 → 32 channels; may be repeated")
    p.add_argument("--again", action="store_true", help="also layers that the database has for this CPU")
    p.add_argument("--measure", choices=("here", "stdio"), default="here", help="stdio: candidates and times as JSON lines")

    p = command("roofline", run_roofline, "Compile what measures a target's peaks, for harness profile.")
    p.add_argument("--checkpoint", type=Path, default="build/checkpoints/unet.pt", help="what train wrote")
    p.add_argument("--targets", type=Path, default="targets.json", help="the fleet")
    p.add_argument("--target", action="append", help="only this one; may be repeated (default: every target with a CPU)")
    p.add_argument("--out", type=Path, default="build/bundles", help="folder for the bundles")

    p = command("evaluate", run_evaluate, "Score a checkpoint with PyTorch, per patient.")
    p.add_argument("--checkpoint", type=Path, default="build/checkpoints/unet.pt", help="what train wrote")
    p.add_argument("--data", type=Path, default="data/phantom", help="a pack")

    p = command("runtime", run_runtime, "Copy TVM's runtime libraries for a board.")
    p.add_argument("--out", type=Path, required=True, help="folder to write")
    p.add_argument("--wheel", type=Path, action="append", default=[], help="a wheel file for another CPU; may be repeated")
    p.add_argument("--cuda", action="store_true", help="also what a board with an NVIDIA GPU needs")

    p = command("fixtures", run_fixtures, "Make the small module and data that the tests run.")
    p.add_argument("--out", type=Path, default="build/fixtures", help="folder to write")
    p.add_argument("--target", action="append", help="compile those of --made for this target; may be repeated")
    p.add_argument("--targets", type=Path, default="targets.json", help="the fleet")
    p.add_argument("--made", type=Path, default="build/fixtures", help="what this command made for this machine")
    return top


def run_phantom(options: argparse.Namespace) -> None:
    from unet import phantom

    made_from = {"patients": options.patients, "slices": options.slices, "size": 256, "seed": options.seed}
    if up_to_date(options.out / "made-from.json", made_from, "Phantom", options.out):
        return
    phantom.write(options.out, **made_from)
    mark(options.out / "made-from.json", made_from)


def run_pack(options: argparse.Namespace) -> None:
    from unet import lgg, pack

    folders = lgg.patient_folders(options.raw)
    newest = max(path.stat().st_mtime_ns for folder in folders for path in (folder, *folder.iterdir()))
    made_from = {"raw": str(options.raw), "name": options.name, "patients": len(folders), "newest": newest}
    if up_to_date(options.out / "made-from.json", made_from, "Pack", options.out):
        return
    pack.write(options.raw, options.out, options.name)
    mark(options.out / "made-from.json", made_from)


def run_train(options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from unet import train
    from unet.pack import Pack

    settings = train.Settings(
        width=options.width, depth=options.depth, epochs=options.epochs, patience=options.patience, seed=options.seed
    )
    data = Pack(options.data)
    made_from = {"pack": data.sha256, "settings": asdict(settings)}
    marker = options.out.with_suffix(".made-from.json")
    if options.out.is_file() and up_to_date(marker, made_from, "Training", options.out):
        return
    training = train.run(data, options.out, settings)
    mark(marker, made_from)
    print(f"Training: best validation Dice {training['dice']:.4f} in epoch {training['epochs']}: {options.out}")


def run_compile(options: argparse.Namespace) -> None:
    from unet import baselines, bundle, checkpoint
    from unet.pack import Pack

    chosen = chosen_targets(options)
    known = {variant for variants in (*bundle.VARIANTS.values(), baselines.VARIANTS) for variant in variants}
    for variant in options.variant or []:
        if variant not in known:
            raise UserError(f"no variant {variant!r}; there are {', '.join(sorted(known))}.")
    trained = checkpoint.load(options.checkpoint)
    data = Pack(options.data)
    reference = functools.cache(lambda: score_with_pytorch(trained, data))
    for target in chosen:
        for variant in chosen_variants(target, options):
            _compile(trained, target, variant, options, data, reference)


def run_roofline(options: argparse.Namespace) -> None:
    from unet import checkpoint, roofline

    trained = checkpoint.load(options.checkpoint)
    for target in chosen_targets(options):
        if target.kind == "cpu":
            print(f"Roofline: {target.name}: {roofline.write(trained, target, options.out)}")


def chosen_variants(target, options: argparse.Namespace) -> list[str]:
    """Those named with --variant that the target's kind of device has; the usual ones that its CPU can run if none is named."""
    from unet import baselines, bundle

    of_kind = [*bundle.VARIANTS[target.kind], *(baselines.VARIANTS if target.kind == "cpu" else ())]
    wanted = options.variant or bundle.defaults(target)
    found = [variant for variant in wanted if variant in of_kind]
    if not found:
        print(f"Compile: {target.name}: left out, {target.kind} has no variant {', '.join(wanted)} but {', '.join(of_kind)}")
    return found


def chosen_targets(options: argparse.Namespace) -> list:
    """Those named with --target, in that order; all of the fleet if none is."""
    from unet import targets

    fleet = targets.read(options.targets)
    by_name = {target.name: target for target in fleet}
    for name in options.target or []:
        if name not in by_name:
            raise UserError(f"{options.targets}: no target {name!r}; there are {', '.join(by_name)}.")
    return [by_name[name] for name in options.target] if options.target else fleet


def _compile(trained, target, variant: str, options: argparse.Namespace, data, reference) -> None:
    from unet import baselines, bundle
    from unet.files import sha256_file, sources_digest

    folder = options.out / f"unet-w{trained.model.width}-{target.name}-{variant}"
    made_from = {"checkpoint": trained.sha256, "tvm": target.tvm, "variant": variant, "sources": sources_digest()}
    made_from["data"] = data.sha256
    tuned = options.database / f"{target.name}.jsonl"
    made_from["tuning"] = sha256_file(tuned) if tuned.is_file() else None
    if up_to_date(folder / "made-from.json", made_from, "Compile", folder):
        return
    start = time.monotonic()
    try:
        if variant in baselines.VARIANTS:
            baselines.write_bundle(trained, target, variant, options.out, data, reference=reference())
        else:
            calibrated = calibrate(trained, target, data, reference()) if variant == "int8" else None
            bundle.compile_bundle(
                trained, target, variant, options.out, reference=reference(), tuning=options.database, calibrated=calibrated
            )
    except UserError as error:
        # One board's missing cross compiler or dot product must not keep the others from being compiled.
        if options.target and options.variant:
            raise
        print(f"Compile: {error}", file=sys.stderr)
        return
    mark(folder / "made-from.json", made_from)
    size = next(folder.glob("module.*")).stat().st_size / 2**20
    print(f"Compile: {folder} ({size:.1f} MiB, {time.monotonic() - start:.1f} s)", flush=True)


def run_tune(options: argparse.Namespace) -> None:
    # Before TVM is loaded: it starts its threads once, and by itself takes half of the cores.
    os.environ.setdefault("TVM_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    from unet import checkpoint
    from unet.tuning import command

    options.target = [options.target]
    (target,) = chosen_targets(options)
    settings = command.Settings(
        folder=options.database,
        journals=Path("build/tuning"),
        seconds=options.budget_seconds,
        again=options.again,
        layers=tuple(options.layer),
    )
    tune = command.here if options.measure == "here" else command.through_lines
    tune(checkpoint.load(options.checkpoint), target, settings)


def calibrate(trained, target, data, reference: dict):
    """Finds int8's ranges on slices of `data`, and refuses it if its Dice there is not that of PyTorch."""
    from unet import bundle, program
    from unet.int8 import gate

    head = program.read(bundle.export(trained, bundle.Shape()))
    calibrated = gate.calibrate(head, target, data)
    calibrated.check(data, reference["dice"])
    return calibrated


def score_with_pytorch(trained, data) -> dict:
    from unet import score

    start = time.monotonic()
    found = score.reference(trained.model, data)
    print(f"Compile: PyTorch's Dice on {data.folder} is {found['dice']:.4f} ({time.monotonic() - start:.1f} s)", flush=True)
    return found


def run_evaluate(options: argparse.Namespace) -> None:
    from unet import checkpoint, score
    from unet.pack import Pack

    data = Pack(options.data)
    trained = checkpoint.load(options.checkpoint)
    scores = score.patient_dice(trained.model, data, {patient["id"] for patient in data.patients})
    for name, dice in scores.items():
        print(f"{name}  {dice:.4f}")
    print(f"mean over {len(scores)} patients: {sum(scores.values()) / len(scores):.4f}")


def run_runtime(options: argparse.Namespace) -> None:
    from unet import runtime

    runtime.write(options.out, options.wheel, options.cuda)


def run_fixtures(options: argparse.Namespace) -> None:
    from unet import fixtures

    if options.target:
        fixtures.write_for(chosen_targets(options), options.made, options.out)
    else:
        fixtures.write(options.out)


def up_to_date(marker: Path, made_from: dict, title: str, out: Path) -> bool:
    """Whether `marker` says that `out` was made from exactly this; says so if it was."""
    if marker.is_file() and json.loads(marker.read_bytes()) == made_from:
        print(f"{title}: {out} is up to date")
        return True
    return False


def mark(marker: Path, made_from: dict) -> None:
    from unet.files import write_json

    write_json(marker, made_from)


if __name__ == "__main__":
    sys.exit(main())
