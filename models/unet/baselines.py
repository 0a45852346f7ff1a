"""Bundles of the same network for PyTorch and ONNX Runtime: what a compiled module is compared with.

They are measured by harness-python-runner, in the same dispatch and by the same rules as modules of TVM's; see
docs/decisions/0013-baselines-as-runners.md.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from unet import bundle
from unet.bundle import Shape
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.files import folder_atomically, write_json
from unet.pack import Pack
from unet.targets import BoardTarget

# Slices that tell how large activations become: enough for their extremes, few enough for seconds.
CALIBRATION_SLICES = 32


@dataclass(frozen=True)
class Baseline:
    """A framework, how its runner runs a module, and what it is for people."""

    runner: str
    framework: str
    mode: str | None
    about: str


VARIANTS = {
    "pytorch-eager": Baseline("pytorch", "torch", "eager", "PyTorch as it is"),
    "pytorch-channels-last": Baseline("pytorch", "torch", "channels-last", "PyTorch, tensors in channels-last order"),
    "pytorch-compile": Baseline("pytorch", "torch", "compile", "torch.compile, weights frozen; the board needs g++"),
    "onnxruntime-fp32": Baseline("onnxruntime", "onnxruntime", None, "ONNX Runtime"),
    "onnxruntime-int8": Baseline("onnxruntime", "onnxruntime", None, "ONNX Runtime, calibrated on slices of --data"),
}


def write_bundle(
    checkpoint: Checkpoint,
    target: BoardTarget,
    variant: str,
    out: Path,
    data: Pack,
    shape: Shape = Shape(),
    name: str | None = None,
    reference: dict | None = None,
) -> Path:
    """Writes the folder `out/<name>`; it appears whole or not at all. `data` calibrates what is quantised."""
    if target.kind != "cpu":
        raise UserError(f"{variant} is for CPUs only; target {target.name} is {target.device}.")
    chosen = VARIANTS[variant]
    name = name or f"unet-w{checkpoint.model.width}-{target.name}-{variant}"
    with folder_atomically(out / name) as folder:
        if chosen.runner == "pytorch":
            module = folder / "module.pt2"
            exported = bundle.export(checkpoint, shape)
            # The image it was traced with would be the larger part of the file.
            exported.example_inputs = None
            torch.export.save(exported, module)
        else:
            module = folder / "module.onnx"
            export_onnx(checkpoint, shape, module)
            if variant == "onnxruntime-int8":
                quantise(module, calibration(data), reduce_range=not has_int8_products(target))
        what = bundle.Lowering(variant, None, None, shape.image, shape.mask)
        manifest = bundle.manifest(checkpoint, target, what, module, {}, name, reference)
        # What TVM compiled, and what a board must have for it: neither is so here.
        del manifest["tvm"], manifest["requires"], manifest["tuning"], manifest["calibration"]
        manifest["runner"] = chosen.runner
        manifest["framework"] = {"name": chosen.framework, "version": importlib.metadata.version(chosen.framework)}
        if chosen.mode is not None:
            manifest["framework"]["mode"] = chosen.mode
        write_json(folder / "bundle.json", manifest)
    return out / name


def export_onnx(checkpoint: Checkpoint, shape: Shape, file: Path) -> None:
    needed("onnxscript")
    example = torch.zeros(1, shape.channels, shape.height, shape.width)
    # It speaks of operators of torchvision, which no network here has, and of its own future.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.onnx.export(checkpoint.model, (example,), file, dynamo=True, external_data=False, verbose=False)


def calibration(data: Pack) -> Callable[[str], Iterator[dict[str, np.ndarray]]]:
    """Up to `CALIBRATION_SLICES` slices, evenly from all patients, as inputs of the name that is asked for."""
    images = np.concatenate([data.arrays(patient)[0] for patient in data.patients])
    chosen = np.linspace(0, len(images) - 1, min(CALIBRATION_SLICES, len(images))).round().astype(int)
    return lambda name: ({name: images[index : index + 1]} for index in chosen)


def quantise(file: Path, slices: Callable[[str], Iterator[dict[str, np.ndarray]]], reduce_range: bool) -> None:
    """Replaces the model by one whose convolutions work on 8-bit integers: weights per channel, activations per tensor."""
    needed("onnxruntime")
    quantization = needed("onnxruntime.quantization")
    shape_inference = needed("onnxruntime.quantization.shape_inference")

    class Reader(quantization.CalibrationDataReader):
        def __init__(self, name: str) -> None:
            self._left = slices(name)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._left, None)

    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        # Folds batch normalisation into the convolutions, without which their ranges would be measured apart.
        prepared = Path(scratch) / "prepared.onnx"
        shape_inference.quant_pre_process(file, prepared, skip_symbolic_shape=True)
        name = needed("onnxruntime").InferenceSession(prepared, providers=["CPUExecutionProvider"]).get_inputs()[0].name
        quantization.quantize_static(
            prepared,
            file,
            Reader(name),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            reduce_range=reduce_range,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )


def has_int8_products(target: BoardTarget) -> bool:
    """Whether the CPU adds 8-bit products in 32 bits. Without, x86 adds them in 16 and they overflow: weights then get 7 bits."""
    return target.architecture == "aarch64" or target.dot(4) is not None


def needed(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(f"{module} is not installed. Install the extra “baselines”: pip install -e 'models[baselines]'.") from error
