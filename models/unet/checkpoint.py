"""A trained network on disk, with what it was trained on."""

import io
from dataclasses import dataclass
from pathlib import Path

import torch

from unet.errors import UserError
from unet.files import sha256, write_atomically
from unet.network import UNet

FORMAT = "unet-checkpoint-1"


@dataclass
class Checkpoint:
    """`training` is the part of bundle.json of that name; `sha256` the digest of the file."""

    model: UNet
    training: dict
    sha256: str


def save(path: Path, model: UNet, training: dict, extra: dict | None = None) -> None:
    buffer = io.BytesIO()
    shape = {"width": model.width, "depth": model.depth, "channels": model.channels}
    torch.save({"format": FORMAT, "shape": shape, "state": model.state_dict(), "training": training, **(extra or {})}, buffer)
    write_atomically(path, buffer.getvalue())


def load_raw(path: Path) -> dict:
    """The file's content, without running code from it (`weights_only`)."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such checkpoint. Train one with “python -m unet train”.") from error
    except Exception as error:
        raise UserError(f"{path}: not a readable checkpoint ({type(error).__name__}). Train again.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"{path}: not a checkpoint of this program. Train one with “python -m unet train”.")
    return content


def load(path: Path) -> Checkpoint:
    content = load_raw(path)
    model = UNet(**content["shape"])
    model.load_state_dict(content["state"])
    model.eval()
    return Checkpoint(model, content["training"], sha256(path.read_bytes()))
