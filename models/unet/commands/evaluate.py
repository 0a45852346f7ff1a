"""`python -m unet evaluate`."""

import argparse

from unet.commands.parser import Commands, add_checkpoint, add_data, command


def add(commands: Commands) -> None:
    p = command(commands, "evaluate", run, "Calculate a checkpoint's Dice with PyTorch, patient by patient.")
    add_checkpoint(p)
    add_data(p)


def run(options: argparse.Namespace) -> None:
    from unet import checkpoint, score
    from unet.data.pack import Pack

    data = Pack(options.data)
    trained = checkpoint.load(options.checkpoint)
    scores = score.patient_dice(trained.model, data, {patient["id"] for patient in data.patients})
    for name, dice in scores.items():
        print(f"{name}  {dice:.4f}")
    print(f"mean over {len(scores)} patients: {sum(scores.values()) / len(scores):.4f}")
