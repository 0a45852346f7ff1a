"""Makes fixtures of a board whose GPU is emulated by the CPU: `python gpu_on_cpu.py --made build/fixtures --out
build/fixtures-cuda`.

They contain what a dispatch to `cuda:0` needs, at 64×64 pixels so that a fibre for each CUDA thread is fast enough: a bundle for
the GPU, one of the same weights for the CPU, a data set, and TVM's runtime with replacements of NVIDIA's libraries (gpu_on_cpu.cc).
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import tvm

from cuda_on_cpu import compile_for_cpu, device_code, kernels
from unet import bundle, checkpoint, targets
from unet.bundle import requires, runtime
from unet.data import pack
from unet.files import folder_atomically, sources_digest, write_json

SOURCE = Path(__file__).with_suffix(".cc")
SHAPE = bundle.Shape(3, 64, 64)
VARIANT = "fp32-gemm"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--made", type=Path, required=True, help="folder that `python -m unet fixtures` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args()
    stamp = {"sources": sources_digest(), "gpu": [file.read_text() for file in (SOURCE, SOURCE.with_suffix(".py"))]}
    marker = options.out / "made-by.json"
    if marker.is_file() and json.loads(marker.read_bytes()) == stamp:
        print(f"Fixtures: {options.out} is up to date")
        return
    with folder_atomically(options.out) as folder:
        write(options.made, folder)
        write_json(folder / "made-by.json", stamp)
    print(f"Fixtures: {options.out}")


def write(made: Path, out: Path) -> None:
    pack.write(made / "raw", out / "dataset", "phantom-fixtures", only=["TCGA_PH_0002"], size=SHAPE.height)
    trained = checkpoint.load(made / "unet.pt")
    gpu = targets.BoardTarget("cuda", targets.resolve({"kind": "cuda", "arch": "sm_86"}), "cuda:0")
    cpu = targets.BoardTarget("x86", targets.resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
    bundle.compile_bundle(trained, gpu, VARIANT, out, SHAPE, name="bundle")
    bundle.compile_bundle(trained, cpu, "fp32-direct", out, SHAPE, name="bundle-cpu")
    compile_for_cpu(kernels(device_code(executable(trained, gpu))), out)
    runtime.write(out / "tvm", [], cuda=True)
    runtime_library = out / "tvm/libcudart.so.13"
    link(runtime_library, ["-DCUDART"], "libcudart.so.13 { global: *; };")
    # The driver's launches go through the same queue as the runtime's copies.
    link(out / "tvm/libcuda.so.1", [str(runtime_library), "-Wl,-rpath,$ORIGIN"], "{ global: *; };")


def executable(trained: checkpoint.Checkpoint, target: targets.BoardTarget):
    """The executable that the bundle's module was exported from, which still has the kernels' source."""
    with bundle.code_generator(target):
        module, pipeline = bundle.lower(bundle.export(trained, SHAPE), target, VARIANT)
        return tvm.compile(module, target=target.target(), relax_pipeline=requires.Lowered().after(pipeline))


def link(library: Path, options: list[str], versions: str) -> None:
    """TVM looks up functions with a symbol version named after the library."""
    script = library.with_suffix(".versions")
    script.write_text(versions)
    command = ["g++", "-O1", "-w", "-shared", "-fPIC", f"-Wl,-soname,{library.name}", f"-Wl,--version-script={script}"]
    subprocess.run([*command, "-o", library, SOURCE, *options], check=True)
    script.unlink()


if __name__ == "__main__":
    main()
