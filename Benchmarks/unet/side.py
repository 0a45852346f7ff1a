"""One side of the comparison in a separate process. Arguments: KIND FILE IMAGE THREADS.

After warming up it prints its output and the increase of its peak memory. Then, for each number read from standard input, it makes
that many calls and prints their seconds. The number of workers is fixed once they are started, hence one process for each number of
threads.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np


def module(file: str, x: np.ndarray, threads: int) -> Callable[[], np.ndarray]:
    """A compiled module; TVM reads its number of threads from TVM_NUM_THREADS."""
    import tvm
    from tvm import relax

    if tvm.get_global_func("runtime.NumThreads")() != threads:
        sys.exit(f"TVM does not run {threads} threads: is TVM_NUM_THREADS set?")
    machine = relax.VirtualMachine(tvm.runtime.load_module(file), tvm.cpu())
    image = tvm.runtime.tensor(x)
    return lambda: machine["main"](image).numpy()


def onnx_runtime(file: str, x: np.ndarray, threads: int) -> Callable[[], np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: x})[0]


def pytorch(file: str, x: np.ndarray, threads: int, channels_last: bool = False) -> Callable[[], np.ndarray]:
    import torch

    from unet import checkpoint

    torch.set_num_threads(threads)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = checkpoint.load(Path(file)).model.to(memory_format=layout)
    image = torch.from_numpy(x).to(memory_format=layout)
    torch.set_grad_enabled(False)
    return lambda: model(image).numpy()


def pytorch_channels_last(file: str, x: np.ndarray, threads: int) -> Callable[[], np.ndarray]:
    return pytorch(file, x, threads, channels_last=True)


KINDS = {"module": module, "onnx-runtime": onnx_runtime, "pytorch": pytorch, "pytorch-channels-last": pytorch_channels_last}


def peak_mib() -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    kind, file, image, threads = sys.argv[1:]
    x = np.load(image)
    before = peak_mib()
    call = KINDS[kind](file, x, int(threads))
    for _ in range(5):
        answer = call()
    print(json.dumps({"peak_mib": peak_mib() - before, "answer": answer.ravel().tolist()}), flush=True)
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            begin = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - begin)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
