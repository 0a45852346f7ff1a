"""`python -m unet train` and `evaluate`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from unet.commands.parser import Commands, add_checkpoint, add_data, command
from unet.files import up_to_date, write_json

SETTINGS = ("width", "depth", "epochs", "patience", "seed")


def add_train(commands: Commands) -> None:
    p = command(commands, "train", train, "Train the network; an interrupted training continues.")
    add_data(p)
    p.add_argument("--out", type=Path, default="build/checkpoints/unet.pt", help="checkpoint to write")
    p.add_argument("--width", type=int, default=8, help="features of the first level (the paper: 32)")
    p.add_argument("--depth", type=int, default=4, help="levels below the first")
    p.add_argument("--epochs", type=int, default=30, help="maximum number of epochs")
    p.add_argument("--patience", type=int, default=5, help="stop after this many epochs without a better Dice")
    p.add_argument("--seed", type=int, default=0, help="seed of the split, the weights and the order")


def train(options: argparse.Namespace) -> None:
    from unet import train as training
    from unet.data.pack import Pack

    settings = training.Settings(**{name: getattr(options, name) for name in SETTINGS})
    data = Pack(options.data)
    inputs = {"pack": data.sha256, "settings": asdict(settings)}
    marker = options.out.with_suffix(".made-from.json")
    if options.out.is_file() and up_to_date(marker, inputs, "Training", options.out):
        return
    found = training.run(data, options.out, settings)
    write_json(marker, inputs)
    print(f"Training: best validation Dice {found['dice']:.4f} in epoch {found['epochs']}: {options.out}")


def add_evaluate(commands: Commands) -> None:
    p = command(commands, "evaluate", evaluate, "Calculate a checkpoint's Dice with PyTorch, patient by patient.")
    add_checkpoint(p)
    add_data(p)


def evaluate(options: argparse.Namespace) -> None:
    from unet import checkpoint, score
    from unet.data.pack import Pack

    data = Pack(options.data)
    trained = checkpoint.load(options.checkpoint)
    scores = score.patient_dice(trained.model, data, {patient["id"] for patient in data.patients})
    for name, dice in scores.items():
        print(f"{name}  {dice:.4f}")
    print(f"mean over {len(scores)} patients: {sum(scores.values()) / len(scores):.4f}")
