"""One process, one measurement: TVM's time_evaluator on a bundle, as JSON of nanoseconds a call.

Its input is resident, and so is ours in "compute"; threads are given by TVM_NUM_THREADS in both.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tvm
from tvm import relax

bundle, seconds = Path(sys.argv[1]), float(sys.argv[2])
manifest = json.loads((bundle / "bundle.json").read_bytes())
machine = relax.VirtualMachine(tvm.runtime.load_module(str(bundle / "module.so")), tvm.cpu())
x = tvm.runtime.tensor(np.random.default_rng(0).standard_normal(manifest["inputs"][0]["shape"]).astype(np.float32))
probe = machine.time_evaluator(manifest["entry"], tvm.cpu(), number=1, repeat=20)(x).results
repeat = max(20, int(seconds / max(np.median(probe), 1e-6)))
timed = machine.time_evaluator(manifest["entry"], tvm.cpu(), number=1, repeat=min(repeat, 200_000))(x).results
json.dump([value * 1e9 for value in timed], sys.stdout)
