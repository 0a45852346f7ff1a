"""One process, one measurement: a framework's own timer on a bundle, as JSON of nanoseconds per call.

TVM's time_evaluator, PyTorch's torch.utils.benchmark, Python's timeit for ONNX Runtime. The input is resident, as it is for our
“compute”. HARNESS_THREADS is the number of threads, for TVM TVM_NUM_THREADS.
"""

import json
import os
import sys
import timeit
from pathlib import Path

import numpy as np

BUNDLE, SECONDS = Path(sys.argv[1]), float(sys.argv[2])
MANIFEST = json.loads((BUNDLE / "bundle.json").read_bytes())
FILE = str(BUNDLE / MANIFEST["module"]["file"])
THREADS = int(os.environ["HARNESS_THREADS"])
IMAGE = np.random.default_rng(0).standard_normal(MANIFEST["inputs"][0]["shape"]).astype(np.float32)


def repeats(probed: list[float]) -> int:
    return min(max(20, int(SECONDS / max(np.median(probed), 1e-6))), 200_000)


def tvm() -> list[float]:
    import tvm
    from tvm import relax

    machine = relax.VirtualMachine(tvm.runtime.load_module(FILE), tvm.cpu())
    x = tvm.runtime.tensor(IMAGE)

    def evaluate(repeat: int) -> list[float]:
        return machine.time_evaluator(MANIFEST["entry"], tvm.cpu(), number=1, repeat=repeat)(x).results

    return evaluate(repeats(evaluate(20)))


def pytorch() -> list[float]:
    import torch
    from torch.utils import benchmark

    torch.set_grad_enabled(False)
    known = {"module": torch.export.load(FILE).module(), "x": torch.from_numpy(IMAGE)}
    timer = benchmark.Timer("module(x)", globals=known, num_threads=THREADS)
    timer.timeit(20)
    return timer.blocked_autorange(min_run_time=SECONDS).times


def onnxruntime() -> list[float]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(FILE, options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: IMAGE}
    timer = timeit.Timer(lambda: session.run(None, feed))
    return timer.repeat(repeats(timer.repeat(20, number=1)), number=1)


times = {"tvm": tvm, "pytorch": pytorch, "onnxruntime": onnxruntime}[MANIFEST.get("runner", "tvm")]()
json.dump([value * 1e9 for value in times], sys.stdout)
