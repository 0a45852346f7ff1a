"""Baselines: bundles of the same network for PyTorch and ONNX Runtime, which compiled modules are compared with.

harness-python-runner measures them in the same dispatch and by the same rules as modules of TVM; see
docs/decisions/0013-baselines-as-runners.md.
"""

import importlib
import importlib.metadata
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from unet import variants
from unet.bundle.lowering import Shape, export
from unet.bundle.manifest import bundle_name, manifest
from unet.checkpoint import Checkpoint
from unet.data.pack import Pack
from unet.errors import UserError
from unet.files import folder_atomically, write_json
from unet.targets import BoardTarget
from unet.variants import Variant

# Slices from which the ranges of activations are taken: enough for their extremes, few enough to take seconds.
CALIBRATION_SLICES = 32


def write_bundle(
    checkpoint: Checkpoint,
    target: BoardTarget,
    variant: str | Variant,
    out: Path,
    data: Pack,
    shape: Shape = Shape(),
    name: str | None = None,
    reference: dict | None = None,
) -> Path:
    """Writes the folder `out/<name>`; it appears whole or not at all. `data` calibrates what is quantised."""
    variant = variants.named(variant)
    variant.check(target)
    baseline = variant.baseline
    if baseline is None:
        raise UserError(f"{variant.name} is not a baseline.")
    name = name or bundle_name(checkpoint, target, variant.name)
    with folder_atomically(out / name) as folder:
        if baseline.runner == "pytorch":
            module = folder / "module.pt2"
            exported = export(checkpoint, shape)
            # The image it was traced with would be most of the file.
            exported.example_inputs = None
            torch.export.save(exported, module)
        else:
            module = folder / "module.onnx"
            export_onnx(checkpoint, shape, module)
            if baseline.quantised:
                quantise(module, calibration(data), reduce_range=not has_int8_products(target))
        framework = {"name": baseline.framework, "version": importlib.metadata.version(baseline.framework)}
        if baseline.mode is not None:
            framework["mode"] = baseline.mode
        common = manifest(checkpoint, target, variant.name, module, name, (shape.image, shape.mask), reference)
        write_json(folder / "bundle.json", {**common, "runner": baseline.runner, "framework": framework})
    return out / name


def export_onnx(checkpoint: Checkpoint, shape: Shape, file: Path) -> None:
    needed("onnxscript")
    example = torch.zeros(1, shape.channels, shape.height, shape.width)
    # It warns about operators of torchvision, which no network here has, and about deprecations of its own.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.onnx.export(checkpoint.model, (example,), file, dynamo=True, external_data=False, verbose=False)


def calibration(data: Pack) -> Callable[[str], Iterator[dict[str, np.ndarray]]]:
    """Up to `CALIBRATION_SLICES` slices, evenly from all patients, as inputs of a given name."""
    images = np.concatenate([data.arrays(patient)[0] for patient in data.patients])
    chosen = np.linspace(0, len(images) - 1, min(CALIBRATION_SLICES, len(images))).round().astype(int)
    return lambda name: ({name: images[index : index + 1]} for index in chosen)


def quantise(file: Path, slices: Callable[[str], Iterator[dict[str, np.ndarray]]], reduce_range: bool) -> None:
    """Replaces the model by one whose convolutions work on 8-bit integers: weights per channel, activations per tensor."""
    needed("onnxruntime")
    quantization: Any = needed("onnxruntime.quantization")
    shape_inference = needed("onnxruntime.quantization.shape_inference")

    class Reader(quantization.CalibrationDataReader):
        def __init__(self, name: str) -> None:
            self._left = slices(name)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._left, None)

    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        # Folds batch normalisation into the convolutions; otherwise their ranges would be measured separately.
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
    """Whether 8-bit products are added in 32 bits. Otherwise x86 adds them in 16, which overflow: weights then get 7 bits."""
    return target.architecture == "aarch64" or target.dot(4) is not None


def needed(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(f"{module} is not installed. Install the extra “baselines”: pip install -e 'models[baselines]'.") from error
