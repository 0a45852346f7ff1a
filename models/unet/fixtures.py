"""The small modules and data that tests run: a trained module, other variants, a module that does nothing, a single layer,
a data set, and PyTorch's results."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from tvm import relax
from tvm.tirx.script import builder as T

from unet import bundle, checkpoint, graph, score, targets, train, variants
from unet.bundle import baselines, roofline
from unet.data import pack, phantom
from unet.files import folder_atomically, sources_digest, up_to_date, write_json
from unet.kernels.cpu.kernel import function

SEED = 5


def write(out: Path) -> None:
    """Fills the folder `out`; does nothing if it was made from these sources."""
    stamp = {"sources": sources_digest()}
    if up_to_date(out / "made-by.json", stamp, "Fixtures", out):
        return
    with folder_atomically(out) as folder:
        phantom.write(folder / "raw", patients=6, slices=4, size=256, seed=SEED)
        pack.write(folder / "raw", folder / "all", "phantom-fixtures")
        settings = train.Settings(width=8, depth=3, epochs=12, patience=12, seed=SEED, batch=4)
        train.run(pack.Pack(folder / "all"), folder / "unet.pt", settings)
        # Three patients, one of them without a lesion in most slices.
        pack.write(folder / "raw", folder / "dataset", "phantom-fixtures", only=[f"TCGA_PH_000{n}" for n in (1, 2, 3)])
        host = targets.BoardTarget("x86", targets.resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
        trained = checkpoint.load(folder / "unet.pt")
        scored = score.reference(trained.model, pack.Pack(folder / "dataset"))
        _bundles(trained, host, scored, folder)
        roofline.write(trained, host, folder)
        for variant in (variant for variant in variants.VARIANTS if variant.baseline):
            baselines.write_bundle(trained, host, variant, folder, pack.Pack(folder / "all"), name=variant.name, reference=scored)
        _reference(trained, pack.Pack(folder / "dataset"), folder / "reference")
        write_json(folder / "made-by.json", stamp)
    print(f"Fixtures: {out}")


def write_for(fleet: list[targets.BoardTarget], made: Path, out: Path) -> None:
    """Fills the folder `out` with what `write` wrote to `made`, compiled for other boards.

    The first target's bundles have the names of the fixtures; each target also has one called after it.
    """
    sources = json.loads((made / "made-by.json").read_bytes())["sources"]
    stamp = {"sources": sources, "targets": {target.name: target.tvm for target in fleet}}
    if up_to_date(out / "made-by.json", stamp, "Fixtures", out):
        return
    with folder_atomically(out) as folder:
        # One patient only: under emulation a slice takes seconds.
        pack.write(made / "raw", folder / "dataset", "phantom-fixtures", only=["TCGA_PH_0002"])
        data = pack.Pack(folder / "dataset")
        trained = checkpoint.load(made / "unet.pt")
        _reference(trained, data, folder / "reference")
        scored = score.reference(trained.model, data)
        _bundles(trained, fleet[0], scored, folder)
        for target in fleet:
            bundle.compile_bundle(trained, target, "fp32-winograd", folder, name=target.name, reference=scored)
        write_json(folder / "made-by.json", stamp)
    print(f"Fixtures: {out}")


def _bundles(trained: checkpoint.Checkpoint, target: targets.BoardTarget, scored: dict, out: Path) -> None:
    bundle.compile_bundle(trained, target, "fp32-winograd", out, name="bundle", reference=scored)
    bundle.compile_bundle(trained, target, "fp32-direct", out, name="bundle-other", reference=scored)
    # Its weights are transformed when it is loaded.
    bundle.compile_bundle(trained, target, "fp32-compact", out, name="bundle-compact", reference=scored)
    null_bundle(trained, target, out)
    _candidate_bundle(trained, target, out)


def null_bundle(trained: checkpoint.Checkpoint, host: targets.BoardTarget, out: Path) -> Path:
    """A module with the same signature that writes one number: the cost of the timed loop and the VM alone."""
    shape = bundle.Shape()

    def body(x: Any, y: Any) -> None:
        T.buffer_store(y, x[0, 0, 0, 0], [0, 0, 0, 0])

    block = relax.BlockBuilder()
    x = relax.Var("x", graph.tensor(*shape.image))
    nothing = block.add_func(function("nothing", {"x": shape.image, "y": shape.mask}, body), "nothing")
    module = graph.main(block, [x], lambda: relax.call_tir(nothing, [x], graph.tensor(*shape.mask)))
    made = bundle.Lowering("null", module, graph.pipeline(), shape.image, shape.mask)
    return bundle.write(trained, host, made, out, "bundle-null", None)


def _candidate_bundle(trained: checkpoint.Checkpoint, target: targets.BoardTarget, out: Path) -> None:
    """A single convolution, as in a search for schedules: its input has more channels than an image."""
    image, answer = (1, 8, 32, 32), (1, 1, 32, 32)
    weight = np.random.default_rng(SEED).standard_normal((1, 8, 3, 3))
    x = relax.Var("x", graph.tensor(*image))
    module = graph.main(relax.BlockBuilder(), [x], lambda: relax.op.nn.conv2d(x, graph.constant(weight), padding=1))
    made = bundle.Lowering("candidate", module, relax.get_pipeline("default"), image, answer)
    bundle.write(trained, target, made, out, "bundle-candidate", None)


def _reference(trained: checkpoint.Checkpoint, data: pack.Pack, out: Path) -> None:
    """PyTorch's probabilities in manifest order, and NumPy's counts and Dice of its masks."""
    out.mkdir()
    everything, slices, patients = [], [], {}
    for patient in data.patients:
        images, truth = data.arrays(patient)
        found = score.probabilities(trained.model, images)
        everything.append(found)
        masks = found >= score.THRESHOLD
        patients[patient["id"]] = score.dice(masks, truth.astype(bool))
        for entry, mask, true in zip(patient["slices"], masks, truth.astype(bool)):
            sums = {"intersection": mask & true, "predicted": mask, "truth": true}
            counts = {name: int(pixels.sum()) for name, pixels in sums.items()}
            slices.append({"patient": patient["id"], "index": entry["index"], **counts})
    np.concatenate(everything).astype("<f4").tofile(out / "probabilities.f32")
    dice = sum(patients.values()) / len(patients)
    write_json(out / "reference.json", {"threshold": score.THRESHOLD, "slices": slices, "patients": patients, "dice": dice})
