"""Bundles, schemas, targets, training and the command line."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import torch

from unet import bundle, checkpoint, score, targets, train, variants
from unet.__main__ import main
from unet.bundle import runtime
from unet.data import pack
from unet.errors import UserError
from unet.files import sha256_file, sources_digest

ROOT = Path(__file__).parents[2]


def schema(name: str) -> dict:
    return json.loads((ROOT / f"docs/schemas/{name}.schema.json").read_bytes())


def described(node: object) -> bool:
    """Whether every property of a schema has a description."""
    if isinstance(node, dict):
        properties = node.get("properties", {})
        return all("description" in value for value in properties.values()) and all(map(described, node.values()))
    return all(map(described, node)) if isinstance(node, list) else True


@pytest.fixture(scope="module")
def trained(packed: pack.Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "unet.pt"
    train.run(packed, path, train.Settings(width=4, depth=2, epochs=2, crop=32))
    return path


@pytest.mark.parametrize("name", ["targets", "bundle", "dataset"])
def test_schemas_are_schemas_and_describe_every_property(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert described(schema(name))


def test_the_fleet_as_shipped_is_valid() -> None:
    jsonschema.validate(json.loads((ROOT / "targets.json").read_bytes()), schema("targets"))


def test_a_mistyped_key_is_not_valid() -> None:
    document = json.loads((ROOT / "targets.json").read_bytes())
    document["targets"][0]["agnet"] = "local"
    with pytest.raises(jsonschema.ValidationError, match="agnet"):
        jsonschema.validate(document, schema("targets"))


def test_a_pack_is_valid(packed: pack.Pack) -> None:
    jsonschema.validate(packed.manifest, schema("dataset"))


def test_a_bundle_is_valid_and_has_the_hash_of_its_module(trained: Path, packed: pack.Pack, tmp_path: Path) -> None:
    loaded = checkpoint.load(trained)
    host = targets.BoardTarget("x86", targets.resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
    reference = score.reference(loaded.model, packed)
    folder = bundle.compile_bundle(loaded, host, "fp32-direct", tmp_path, bundle.Shape(3, 64, 64), reference=reference)
    manifest = json.loads((folder / "bundle.json").read_bytes())
    jsonschema.validate(manifest, schema("bundle"))
    assert manifest["module"]["sha256"] == sha256_file(folder / "module.so")
    assert manifest["model"]["checkpoint_sha256"] == loaded.sha256 == sha256_file(trained)
    assert manifest["target"]["tvm"]["mcpu"] != "native"
    assert manifest["training"]["synthetic"] is True and manifest["reference"]["dataset_sha256"] == packed.sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name]


@pytest.mark.skipif(shutil.which("aarch64-linux-gnu-gcc") is None, reason="gcc-aarch64-linux-gnu is not installed")
def test_a_bundle_for_the_raspberry_pi_is_an_arm_module(trained: Path, tmp_path: Path) -> None:
    board = next(target for target in targets.read(ROOT / "targets.json") if target.name == "rpi3")
    folder = bundle.compile_bundle(checkpoint.load(trained), board, "fp32-direct", tmp_path, bundle.Shape(3, 64, 64))
    assert (folder / "module.so").read_bytes()[18] == 183


def test_without_a_cross_compiler_the_error_names_the_package_to_install(trained: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    board = next(target for target in targets.read(ROOT / "targets.json") if target.name == "rpi3")
    with pytest.raises(UserError, match="gcc-aarch64-linux-gnu"):
        bundle.compile_bundle(checkpoint.load(trained), board, "fp32-direct", tmp_path, bundle.Shape(3, 64, 64))
    assert not list(tmp_path.iterdir())


def test_equal_seeds_train_equal_networks(packed: pack.Pack, tmp_path: Path) -> None:
    settings = train.Settings(width=4, depth=1, epochs=1, crop=32, seed=3)
    states = []
    for name in ("a", "b"):
        train.run(packed, tmp_path / f"{name}.pt", settings)
        states.append(checkpoint.load(tmp_path / f"{name}.pt").model.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_an_interrupted_training_continues_and_gives_the_same_network(packed: pack.Pack, tmp_path: Path, monkeypatch) -> None:
    settings = train.Settings(width=4, depth=1, epochs=3, patience=9, crop=32, seed=1)
    train.run(packed, tmp_path / "whole.pt", settings)
    real = train._epoch

    def interrupted(model, optimiser, batches, epoch, *rest):
        if epoch == 3:
            raise KeyboardInterrupt
        return real(model, optimiser, batches, epoch, *rest)

    monkeypatch.setattr(train, "_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train.run(packed, tmp_path / "cut.pt", settings)
    monkeypatch.setattr(train, "_epoch", real)
    train.run(packed, tmp_path / "cut.pt", settings)
    whole, cut = (checkpoint.load(tmp_path / f"{name}.pt").model.state_dict() for name in ("whole", "cut"))
    assert all(torch.equal(whole[key], cut[key]) for key in whole)
    assert not (tmp_path / "cut.resume").exists()


def test_a_file_that_is_not_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such checkpoint"):
        checkpoint.load(tmp_path / "none.pt")
    (tmp_path / "bad.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(UserError, match="not a readable checkpoint"):
        checkpoint.load(tmp_path / "bad.pt")


def test_the_runtime_s_libraries_and_versions_are_written(tmp_path: Path) -> None:
    runtime.write(tmp_path / "r", [])
    assert {path.name for path in (tmp_path / "r").iterdir()} == {"libtvm_ffi.so", "libtvm_runtime.so", "runtime.json"}
    assert json.loads((tmp_path / "r/runtime.json").read_bytes())["version"] == importlib.metadata.version("apache-tvm")
    with pytest.raises(UserError, match="no wheel of apache-tvm-ffi"):
        runtime.write(tmp_path / "r2", [tmp_path / "apache_tvm-1-x.whl"])


def test_dice_is_that_of_the_definition() -> None:
    import numpy as np

    p, t = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert score.dice(p, t) == 0.5 and score.dice(p & False, t & False) == 1.0 and score.dice(p, t & False) == 0.0


def test_every_command_explains_itself() -> None:
    top = subprocess.run([sys.executable, "-m", "unet", "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("phantom", "pack", "train", "compile", "evaluate", "runtime", "fixtures"):
        assert command in top
        help_text = subprocess.run([sys.executable, "-m", "unet", command, "--help"], capture_output=True, text=True, check=True)
        assert "--" in help_text.stdout


def test_a_user_error_is_one_line_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["pack", "--raw", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("unet pack: ") and error.count("\n") == 1 and "Traceback" not in error


def test_a_finished_step_is_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["phantom", "--out", str(tmp_path / "raw"), "--patients", "1", "--slices", "1"]
    assert main(arguments) == 0 and main(arguments) == 0
    assert "is up to date" in capsys.readouterr().out


def test_the_digest_of_the_sources_is_reproducible() -> None:
    assert len(sources_digest()) == 64 and sources_digest() == sources_digest()


def test_each_target_has_suitable_default_variants() -> None:
    fleet = {target.name: target for target in targets.read(Path(__file__).parents[2] / "targets.json")}
    defaults = {name: [variant.name for variant in variants.defaults(target)] for name, target in fleet.items()}
    assert defaults["rpi3"] == ["fp32-compact", "fp32-direct"]
    assert defaults["m1-vm"] == ["fp32-winograd", "fp32-direct", "int8"]
    assert defaults["cuda"] == ["fp32-gemm"]
    for target in fleet.values():
        assert set(variants.defaults(target)) <= set(variants.of_device(target.kind))
