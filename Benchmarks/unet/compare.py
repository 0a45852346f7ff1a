"""The compiled U-Net against ONNX Runtime and PyTorch: latency, what each layer reaches, size and memory.

Every side is a separate process with a fixed number of threads, warmed up. Rounds measure all sides in an order drawn from a
seed, with 250 ms before each so that the other's workers stop spinning. A speed-up is the median over rounds of the ratio of that
round's medians: slow changes of the machine affect both sides of a round equally. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from unet import bundle, checkpoint, importer
from unet.bundle import baselines
from unet.kernels.cpu.direct import Direct
from unet.kernels.cpu.fused import WinogradHead
from unet.kernels.cpu.resample import UpConvolution
from unet.kernels.cpu.winograd import Winograd
from unet.kernels.int8 import gate
from unet.kernels.int8.convolution import Int8Convolution, Int8Stem
from unet.kernels.int8.resample import Int8UpConvolution
from unet.network import UNet
from unet.targets import BoardTarget, resolve
from unet.tuning.database import Database

HERE = Path(__file__).parent
HOST = BoardTarget("x86", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
FLOAT = ("fp32-winograd", "fp32-direct")
BYTES = "int8"
OTHERS = {"onnx-runtime": "unet.onnx", "pytorch": "unet.pt", "pytorch-channels-last": "unet.pt"}
ONNX_INT8 = "onnx-runtime-int8"
PAUSE_S = 0.25


def environment(threads: int) -> dict[str, str]:
    return os.environ | {"TVM_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}


@dataclass
class Side:
    name: str
    threads: int
    process: subprocess.Popen
    answer: np.ndarray
    peak_mib: float
    medians: list[float] = field(default_factory=list)

    @classmethod
    def start(cls, name: str, kind: str, file: Path, image: Path, threads: int) -> Side:
        command = [sys.executable, HERE / "side.py", kind, file, image, str(threads)]
        process = subprocess.Popen(command, env=environment(threads), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        first = process.stdout.readline()
        if not first:
            sys.exit(f"{name} did not start")
        ready = json.loads(first)
        return cls(name, threads, process, np.array(ready["answer"]), ready["peak_mib"])

    def measure(self, calls: int) -> None:
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        self.medians.append(float(np.median(json.loads(self.process.stdout.readline()))))

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def network(folder: Path, width: int) -> checkpoint.Checkpoint:
    """A network from a seed, with the batch statistics of an image as after training: the signal neither vanishes nor grows, either
    of which would hide the effect of rounding."""
    torch.manual_seed(0)
    model = UNet(width)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
            torch.nn.init.normal_(layer.bias, 0, 0.1)
    with torch.no_grad():
        model.train()(torch.randn(1, 3, 256, 256))
    checkpoint.save(folder / "unet.pt", model.eval(), {})
    return checkpoint.load(folder / "unet.pt")


@dataclass
class Build:
    """A compiled variant, and the kernel of each of its functions."""

    file: Path
    seconds: float
    kernels: dict[str, object]

    @classmethod
    def make(cls, trained: checkpoint.Checkpoint, variant: str, folder: Path, tuning: Path, images: list[torch.Tensor]) -> Build:
        network = importer.read(bundle.export(trained, bundle.Shape()))
        begin = time.monotonic()  # compile_bundle exports the network again
        calibrated = gate.calibrate_on(network, HOST, images) if variant == BYTES else None
        made = bundle.compile_bundle(trained, HOST, variant, folder, tuning=tuning, calibrated=calibrated)
        seconds = time.monotonic() - begin
        database = Database.of(HOST.name, HOST.mcpu, tuning)
        builder = bundle.graph_builder(HOST, variant, network, database, calibrated)
        builder.build(network)
        return cls(made / "module.so", seconds, {v.name_hint: kernel for kernel, v in builder.functions.items()})


def operations(kernel: object) -> tuple[float, float]:
    """A layer's operations as a direct convolution, and those that its algorithm needs in matrix products."""
    taps = {Direct: 9, Winograd: 9, WinogradHead: 9, Int8Convolution: 9, Int8Stem: 9, UpConvolution: 4, Int8UpConvolution: 4}.get(
        type(kernel), 0
    )
    if not taps:
        return 0.0, 0.0
    direct = 2.0 * taps * kernel.inputs * kernel.outputs * kernel.height * kernel.width
    return direct, direct * getattr(kernel, "share", 1.0)


def layer_table(build: Build, image: Path, threads: int) -> None:
    command = [sys.executable, HERE / "layers.py", build.file, image]
    done = subprocess.run(command, env=environment(threads), capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    peak = measured["peak"]
    if any(isinstance(kernel, Int8Convolution) for kernel in build.kernels.values()):
        peak = measured["peak_of_bytes"]
    print(f"\n{build.file.parent.name}: layers with {threads} threads, against a measured peak of {peak / 1e9:.0f} GFLOP/s")
    print(f"{'kernel':12} {'shape':>18} {'ms':>7} {'GFLOP/s':>8} {'of peak':>8} {'bound ms':>9}")
    total = bound = 0.0
    for name, seconds in measured["layers"]:
        kernel = build.kernels.get(name)
        if kernel is None:
            continue
        direct, needed = operations(kernel)
        total, bound = total + seconds, bound + needed / peak
        if not direct:
            print(f"{type(kernel).__name__:12} {'':18} {seconds * 1e3:7.3f}")
            continue
        shape = f"{kernel.inputs}→{kernel.outputs} @{kernel.height}"
        rate = direct / seconds
        figures = f"{seconds * 1e3:7.3f} {rate / 1e9:8.0f} {rate / peak:8.0%} {needed / peak * 1e3:9.3f}"
        print(f"{type(kernel).__name__:12} {shape:>18} {figures}")
    print(f"{'all':12} {'':18} {total * 1e3:7.3f} {'':17} {bound * 1e3:9.3f}   bound: matrix products alone, at the peak")


def tune(folder: Path) -> tuple[Path, float]:
    """Searches without a database, on all cores; returns the folder of the database, and the seconds."""
    database = folder / "tuning"
    command = [sys.executable, "-m", "unet", "tune", "--checkpoint", folder / "unet.pt", "--target", HOST.name]
    command += ["--targets", HERE.parents[1] / "targets.json", "--database", database]
    begin = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
    return database, time.monotonic() - begin


def others_of(trained: checkpoint.Checkpoint, folder: Path, x: np.ndarray, bytes_too: bool) -> dict[str, str]:
    """Files of the other runtimes; ONNX Runtime's int8 is calibrated on the image that ours is calibrated on."""
    baselines.export_onnx(trained, bundle.Shape(), folder / "unet.onnx")
    if not bytes_too:
        return OTHERS
    shutil.copy(folder / "unet.onnx", folder / "unet-int8.onnx")
    baselines.quantise(folder / "unet-int8.onnx", lambda name: iter([{name: x}]), reduce_range=False)
    return OTHERS | {ONNX_INT8: "unet-int8.onnx"}


def ratio(sides: dict[tuple[str, int], Side], slow: str, fast: str, threads: int) -> float:
    rounds = np.divide(sides[slow, threads].medians, sides[fast, threads].medians)
    return round(float(np.median(rounds)), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=9, help="calls of each side in a round")
    parser.add_argument("--width", type=int, default=32, help="features of the first level")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, len(os.sched_getaffinity(0))}))
    parser.add_argument("--database", type=Path, help="folder of tuning databases to compile with, instead of searching")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = network(folder, options.width)
        x = torch.randn(1, 3, 256, 256, generator=torch.Generator().manual_seed(0)).numpy()
        np.save(folder / "image.npy", x)
        tuning, tune_s = (options.database, None) if options.database else tune(folder)
        images = [torch.from_numpy(x)]
        bytes_too = HOST.dot(HOST.cpu().width) is not None
        variants = (*FLOAT, BYTES) if bytes_too else FLOAT
        builds = {variant: Build.make(trained, variant, folder, tuning, images) for variant in variants}
        others = others_of(trained, folder, x, bytes_too)
        started = {}
        for threads in options.threads:
            for variant, build in builds.items():
                started[variant, threads] = Side.start(variant, "module", build.file, folder / "image.npy", threads)
            for kind, file in others.items():
                started[kind, threads] = Side.start(kind, kind.removesuffix("-int8"), folder / file, folder / "image.npy", threads)
        order = random.Random(0)
        for number in range(options.rounds):
            for side in order.sample(list(started.values()), len(started)):
                time.sleep(PAUSE_S)
                side.measure(options.calls)
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
        for side in started.values():
            side.stop()
        for build in builds.values():
            layer_table(build, folder / "image.npy", max(options.threads))
        report(started, builds, options.threads, tune_s)


def report(sides: dict[tuple[str, int], Side], builds: dict[str, Build], threads: list[int], tune_s: float | None) -> None:
    columns = ("× ORT", 7), ("× PyTorch", 10), ("peak MiB", 9), ("module MiB", 11), ("max |diff|", 11)
    print(f"\n{'side':22} {'threads':>7} {'median ms':>10}" + "".join(f" {head:>{width}}" for head, width in columns))
    difference = {}
    for (name, count), side in sides.items():
        difference[name, count] = float(np.abs(side.answer - sides["pytorch", count].answer).max())
        size = f"{builds[name].file.stat().st_size / 2**20:.1f}" if name in builds else ""
        print(
            f"{name:22} {count:7} {np.median(side.medians) * 1e3:10.2f} {ratio(sides, 'onnx-runtime', name, count):7.2f}"
            f" {ratio(sides, 'pytorch', name, count):10.2f} {side.peak_mib:9.0f} {size:>11} {difference[name, count]:11.1e}"
        )
    figures = {}
    for count in threads:
        fastest = min(FLOAT, key=lambda variant: np.median(sides[variant, count].medians))
        figures[f"x_ort_{count}"] = ratio(sides, "onnx-runtime", fastest, count)
        figures[f"x_torch_{count}"] = ratio(sides, "pytorch", fastest, count)
        figures[f"x_ort_direct_{count}"] = ratio(sides, "onnx-runtime", "fp32-direct", count)
        if (BYTES, count) in sides:
            figures[f"int8_x_ort_fp32_{count}"] = ratio(sides, "onnx-runtime", BYTES, count)
            figures[f"x_ort_int8_{count}"] = ratio(sides, ONNX_INT8, BYTES, count)
    figures["max_abs_diff"] = float(f"{max(difference[variant, count] for variant in FLOAT for count in threads):.1e}")
    figures["compile_s"] = round(sum(build.seconds for build in builds.values()), 2)
    if tune_s is not None:
        figures["tune_s"] = round(tune_s, 1)
    print(json.dumps({"bench": "unet", "figures": figures}))


if __name__ == "__main__":
    main()
