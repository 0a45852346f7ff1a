"""Bundles for PyTorch and ONNX Runtime, and the parts of the runner that measures them; Swift tests run the whole program.

Longer than other files: each runner's part is held to the same cases.
"""

import importlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch

from test_bundle import schema
from test_kernels import HOST, network
from unet import bundle, targets, variants
from unet.__main__ import main
from unet.bundle import baselines
from unet.data import lgg, pack
from unet.errors import UserError
from unet.runner.accuracy import keeping_largest
from unet.runner.engines import ENGINES
from unet.runner.protocol import Failure, Job
from unet.runner.session import failure_of
from unet.runner.slices import Normaliser
from unet.runner.timing import SplitMix64, WarmUp

SHAPE = bundle.Shape(3, 64, 64)
BASELINES = [variant.name for variant in variants.VARIANTS if variant.baseline]
PLAIN = [variant for variant in BASELINES if variant != "pytorch-compile"]


@pytest.fixture(scope="module")
def folders(packed: pack.Pack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("baselines")
    training = {"dataset": "none", "dataset_sha256": None, "synthetic": True, "epochs": 0, "seed": 0, "dice": None}
    checkpoint = replace(network(4, 2), training=training)
    return {variant: baselines.write_bundle(checkpoint, HOST, variant, out, packed, SHAPE) for variant in BASELINES}


def manifest(folder: Path) -> dict:
    return json.loads((folder / "bundle.json").read_bytes())


# MARK: bundles


@pytest.mark.parametrize("variant", BASELINES)
def test_a_baseline_is_valid_and_names_its_framework(folders: dict[str, Path], variant: str) -> None:
    found = manifest(folders[variant])
    jsonschema.validate(found, schema("bundle"))
    assert found["runner"] == variant.partition("-")[0] and found["framework"]["version"]
    assert "tvm" not in found and "requires" not in found
    assert sorted(path.name for path in folders[variant].iterdir()) == sorted(["bundle.json", found["module"]["file"]])


def test_the_schema_requires_what_each_runner_needs(folders: dict[str, Path]) -> None:
    found = manifest(folders["pytorch-eager"])
    for change in ({"runner": "tvm"}, {"framework": None}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**found, **change}, schema("bundle"))
    del found["framework"]
    with pytest.raises(jsonschema.ValidationError, match="framework"):
        jsonschema.validate(found, schema("bundle"))


def test_quantised_convolutions_have_8_bits_and_fewer_where_the_cpu_would_overflow(folders: dict[str, Path]) -> None:
    import onnx

    weights = [
        onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(folders["onnxruntime-int8"] / "module.onnx").graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8
    ]
    assert sum(array.ndim == 4 for array in weights) >= 10
    avx2 = targets.BoardTarget("old", {"kind": "llvm", "mtriple": "x86_64-linux-gnu", "mcpu": "haswell"}, "cpu:0")
    vnni = targets.BoardTarget("new", {"kind": "llvm", "mtriple": "x86_64-linux-gnu", "mcpu": "znver4"}, "cpu:0")
    arm = targets.BoardTarget("arm", {"kind": "llvm", "mtriple": "aarch64-linux-gnu", "mcpu": "cortex-a53"}, "cpu:0")
    assert [baselines.has_int8_products(target) for target in (avx2, vnni, arm)] == [False, True, True]


def test_calibration_takes_slices_of_all_patients(packed: pack.Pack) -> None:
    taken = [inputs["x"] for inputs in baselines.calibration(packed)("x")]
    everything = np.concatenate([packed.arrays(patient)[0] for patient in packed.patients])
    assert len(taken) == min(baselines.CALIBRATION_SLICES, len(everything))
    assert all(image.shape == (1, 3, 64, 64) for image in taken)
    assert np.array_equal(taken[0][0], everything[0]) and np.array_equal(taken[-1][0], everything[-1])


def test_a_gpu_has_no_baselines(packed: pack.Pack, tmp_path: Path) -> None:
    gpu = targets.BoardTarget("gpu", {"kind": "cuda", "arch": "sm_86"}, "cuda:0")
    with pytest.raises(UserError, match="for CPUs only"):
        baselines.write_bundle(network(4, 1), gpu, "pytorch-eager", tmp_path, packed)


def test_compile_writes_baselines_only_when_they_are_named(packed: pack.Pack, tmp_path: Path, capsys) -> None:
    from unet import checkpoint

    fleet = {"schema": "harness.targets/1", "targets": [{"name": "here", "tvm": HOST.tvm, "device": "cpu:0"}]}
    (tmp_path / "targets.json").write_text(json.dumps(fleet))
    checkpoint.save(tmp_path / "unet.pt", network(4, 1).model, {})
    arguments = ["compile", "--checkpoint", str(tmp_path / "unet.pt"), "--targets", str(tmp_path / "targets.json")]
    arguments += ["--data", str(packed.folder), "--out", str(tmp_path / "out"), "--variant"]
    assert main([*arguments, "pytorch-eager"]) == 0 and main([*arguments, "pytorch-eager"]) == 0
    assert "is up to date" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["unet-w4-here-pytorch-eager"]
    assert main([*arguments, "pytorch-eagre"]) == 1 and "onnxruntime-int8" in capsys.readouterr().err


# MARK: what both runners must compute alike


def test_normalisation_is_that_of_the_data_set_in_both_memory_orders() -> None:
    image = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    norm = {"low": 10.5, "high": 201.25, "mean": [0.5, 0.25, 0.125], "std": [0.5, 0.1, 2.0], "unknown": 1}
    expected = lgg.Normalisation(norm["low"], norm["high"], norm["mean"], norm["std"]).apply(image)
    for memory in (np.zeros((3, 5, 7), np.float32), np.zeros((5, 7, 3), np.float32).transpose(2, 0, 1)):
        Normaliser.of(norm).apply(image, memory)
        assert np.array_equal(memory, expected)


def test_splitmix64_gives_the_published_numbers() -> None:
    """The first numbers of java.util.SplittableRandom(1234567), as published with the algorithm."""
    generator = SplitMix64(1234567)
    assert [generator.next() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert all(0 <= SplitMix64(seed).index(8) < 8 for seed in range(100))


def test_a_warm_up_ends_when_medians_are_stable_or_a_limit_is_reached() -> None:
    def run(latencies: list[int], calls: int = 100, duration: int = 10**9) -> tuple[int, str | None]:
        warm = WarmUp(calls, duration)
        return next(((n, reason) for n, latency in enumerate(latencies, 1) if (reason := warm.add(latency))), (0, None))

    assert run([100] * 20) == (10, "stable")
    assert run([100] * 5 + [98] * 5) == (10, "stable")
    assert run([100] * 5 + [97] * 20) == (13, "stable")
    assert run([2**n for n in range(20)], calls=7) == (7, "call-limit")
    assert run([2**n for n in range(20)], duration=20) == (5, "time-limit")
    assert run([5], calls=1) == (1, "call-limit")


def largest_by_search(volume: np.ndarray) -> np.ndarray:
    """By the definition, voxel by voxel."""
    left = {tuple(voxel) for voxel in np.argwhere(volume)}
    best: set = set()
    for start in map(tuple, np.argwhere(volume)):
        found, edge = set(), [start] if start in left else []
        left.discard(start)
        while edge:
            voxel = edge.pop()
            found.add(voxel)
            near = [tuple(np.add(voxel, offset) - 1) for offset in np.ndindex(3, 3, 3)]
            edge += [v for v in near if v in left]
            left.difference_update(near)
        best = found if len(found) > len(best) else best
    kept = np.zeros_like(volume)
    for voxel in best:
        kept[voxel] = True
    return kept


@pytest.mark.parametrize("share", [0.0, 0.03, 0.08, 0.15, 0.4, 1.0])
def test_the_largest_component_is_the_one_a_search_finds(share: float) -> None:
    generator = np.random.default_rng(7)
    for _ in range(10):
        volume = generator.random((4, 9, 11)) < share
        assert np.array_equal(keeping_largest(volume), largest_by_search(volume))


# MARK: engines

THREADS = """
import json, os, sys
from pathlib import Path
from unet.runner.engines import ENGINES
from unet.runner.session import open_framework

folder, threads = Path(sys.argv[1]), int(sys.argv[2])
bundle = json.loads((folder / "bundle.json").read_bytes())
kind = ENGINES[bundle["runner"]]
library, used = open_framework(kind, bundle, threads)
before = len(os.listdir("/proc/self/task"))
engine = kind(library, str(folder / bundle["module"]["file"]), bundle, threads, folder)
for _ in range(3):
    engine.call()
print(used, 1 + len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.parametrize("variant", ["pytorch-eager", "onnxruntime-fp32"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_engines_use_the_requested_number_of_threads(folders: dict[str, Path], variant: str, threads: int) -> None:
    arguments = [sys.executable, "-c", THREADS, str(folders[variant]), str(threads)]
    done = subprocess.run(arguments, capture_output=True, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, check=True)
    assert done.stdout.split() == [str(threads), str(threads)]


@pytest.mark.parametrize("variant", PLAIN)
def test_an_engine_computes_the_network(folders: dict[str, Path], packed: pack.Pack, variant: str, tmp_path: Path) -> None:
    found = manifest(folders[variant])
    kind = ENGINES[found["runner"]]
    engine = kind(importlib.import_module(kind.framework), str(folders[variant] / found["module"]["file"]), found, 1, tmp_path)
    model = network(4, 2).model
    for image in packed.arrays(packed.patients[0])[0][:2]:
        engine.planes[...] = image
        with torch.no_grad():
            expected = model(torch.from_numpy(image[None])).numpy().reshape(-1)
            answer = engine.probabilities(engine.call())
        error = np.abs(answer - expected)
        # Random weights are less tolerant than trained ones; a missing or exchanged layer would cost far more.
        assert error.mean() < 0.05 if variant.endswith("int8") else error.max() < 1e-5


@pytest.mark.parametrize(
    "change", [{"scenario": "stream"}, {"min_queries": 9, "max_queries": 3}, {"threads": 0}, {"memory_limit_bytes": 5}]
)
def test_settings_out_of_range_are_refused(change: dict) -> None:
    settings = {"scenario": "single-stream", "min_duration_ns": 0, "min_queries": 1, "max_queries": 5, "seed": 0}
    settings |= {"warm_up_max_calls": 1, "warm_up_max_duration_ns": 1, "time_limit_ns": 1, "new": "ignored"}
    job = {"protocol": "harness.runner/1", "bundle": {}, "module_path": "", "device": "cpu:0", "output_folder": ""}
    assert Job.read(json.dumps({**job, "settings": settings}).encode()).settings.threads is None
    with pytest.raises(Failure) as caught:
        Job.read(json.dumps({**job, "settings": {**settings, **change}}).encode())
    assert caught.value.code == "invalid-request"


def test_unsupported_scenarios_are_refused_as_such(folders: dict[str, Path], tmp_path: Path) -> None:
    events = run(
        folders["pytorch-eager"], tmp_path, {"scenario": "server", "latency_bound_ns": 5, "target_queries_per_second": 1.5}
    )
    assert [event["type"] for event in events] == ["failed"]
    assert events[0]["failure"]["code"] == "scenario-unsupported"


def test_every_query_has_its_time_of_issue_and_latency(folders: dict[str, Path], tmp_path: Path) -> None:
    events = run(folders["pytorch-eager"], tmp_path)
    (queries,) = [event["queries"] for event in events if event["type"] == "queries"]
    (samples,) = [event["samples"] for event in events if event["type"] == "samples" and event["samples"]["phase"] == "timed"]
    assert len(queries["issued_ns"]) == len(queries["latency_ns"]) == len(samples["compute_ns"]) == 3
    assert queries["issued_ns"] == sorted(queries["issued_ns"])
    assert all(whole >= part for whole, part in zip(queries["latency_ns"], samples["end_to_end_ns"]))


FORBIDDEN = """
import ctypes, sys
# PR_SET_MDWE with PR_MDWE_REFUSE_EXEC_GAIN, like systemd's MemoryDenyWriteExecute.
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
    sys.exit(77)
from unet.runner.session import failure_of
print(failure_of(RuntimeError("could not create a primitive"), "module-run", "the module failed").message)
"""


def test_where_machine_code_may_not_be_generated_the_error_names_the_unit_s_setting() -> None:
    done = subprocess.run([sys.executable, "-c", FORBIDDEN], capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip("this kernel has no PR_SET_MDWE (Linux 6.3)")
    assert "MemoryDenyWriteExecute=no" in done.stdout, done.stderr
    assert (
        "MemoryDenyWriteExecute" not in failure_of(RuntimeError("could not create a primitive"), "module-run", "it failed").message
    )


def test_lack_of_memory_has_its_own_code() -> None:
    for text in ("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried", "std::bad_alloc"):
        assert failure_of(RuntimeError(text), "module-run", "it failed").code == "out-of-memory"
    assert failure_of(RuntimeError("shape mismatch"), "module-run", "it failed").code == "module-run"


def run(folder: Path, out: Path, settings: dict | None = None, **environment: str) -> list[dict]:
    """The events of the whole program, run on a bundle without a data set."""
    usual = {"scenario": "single-stream", "min_duration_ns": 0, "min_queries": 3, "max_queries": 9, "seed": 0}
    usual |= {"warm_up_max_calls": 2, "warm_up_max_duration_ns": 10**9, "time_limit_ns": 10**11, "threads": 1}
    found = manifest(folder)
    job = {"protocol": "harness.runner/1", "id": "x", "bundle": found, "module_path": str(folder / found["module"]["file"])}
    job |= {"device": "cpu:0", "settings": usual | (settings or {}), "output_folder": str(out)}
    arguments = [sys.executable, "-m", "unet.runner"]
    done = subprocess.run(arguments, input=json.dumps(job), capture_output=True, text=True, env=os.environ | environment)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode == 0) == (events[-1]["type"] == "done"), done.stderr
    return events


def test_without_a_data_set_noise_is_measured(folders: dict[str, Path], tmp_path: Path) -> None:
    events = run(folders["onnxruntime-fp32"], tmp_path)
    phases = [event["phase"] for event in events if event["type"] == "phase-finished"]
    assert phases == ["runtime", "load", "first-call", "warm-up", "timed"] and events[-1] == {"type": "done"}
    assert [len(event["samples"]["compute_ns"]) for event in events if event["type"] == "samples"] == [1, 2, 3]


def test_many_samples_are_sent_in_chunks(folders: dict[str, Path], tmp_path: Path) -> None:
    events = run(folders["onnxruntime-fp32"], tmp_path, {"min_queries": 1100, "max_queries": 1100})
    pieces = [event["samples"] for event in events if event["type"] == "samples" and event["samples"]["phase"] == "timed"]
    assert [(piece["first"], len(piece["compute_ns"]), len(piece["end_to_end_ns"])) for piece in pieces] == [
        (0, 512, 512),
        (512, 512, 512),
        (1024, 76, 76),
    ]


def test_the_error_of_torch_compile_without_a_compiler_names_the_package(folders: dict[str, Path], tmp_path: Path) -> None:
    failure = run(folders["pytorch-compile"], tmp_path, PATH="/nonexistent", CXX="")[-1]["failure"]
    assert failure["code"] == "module-run" and "install Debian's g++" in failure["message"]


@pytest.mark.parametrize(("variant", "mebibytes"), [("onnxruntime-fp32", 40), ("pytorch-eager", 150)])
def test_a_memory_limit_that_is_too_low_has_its_own_code(
    folders: dict[str, Path], tmp_path: Path, variant: str, mebibytes: int
) -> None:
    failure = run(folders[variant], tmp_path, {"memory_limit_bytes": mebibytes << 20})[-1]["failure"]
    assert failure["code"] == "out-of-memory" and "--memory-limit" in failure["message"]


def test_probe_version_and_help() -> None:
    def ask(word: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-m", "unet.runner", word], capture_output=True, text=True)

    assert set(json.loads(ask("--probe").stdout)) == set(ENGINES)
    assert ask("--version").stdout.startswith("harness-python-runner ") and "--probe" in ask("--help").stdout
    assert ask("--verison").returncode == 64
    imported = "import sys, unet.runner.session; print('tvm' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", imported], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
