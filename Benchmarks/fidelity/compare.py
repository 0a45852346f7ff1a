"""How the agent's latencies compare with each framework's own timer, and what the timed loop itself costs.

Rounds alternate between a job on a real agent and a process with TVM's time_evaluator (PyTorch's torch.utils.benchmark, timeit for
ONNX Runtime), each started anew and warmed up, in an order drawn from a seed, with 250 ms between them so that the other's worker
threads go to sleep. The ratio is the median of the rounds' ratios: slow changes of the machine affect both sides of a round
equally. The last line is JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
TVM = ("bundle", "bundle-other")
OTHERS = ("pytorch-eager", "onnxruntime-fp32")


class Agent:
    """A real harness-agent on loopback."""

    def __init__(self, folder: str) -> None:
        self.process = subprocess.Popen(
            [ROOT / ".build/release/harness-agent", "--listen", "127.0.0.1:0", "--data", folder, "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.address = json.loads(self.process.stdout.readline())["listening"]
        self.jobs = 0

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self.address + path, data=body, method=method)
        with urllib.request.urlopen(request) as reply:
            return reply.read()

    def measure(self, bundle: Path, seconds: float, threads: int) -> list[int]:
        """Compute latencies of one job, nanoseconds."""
        manifest = json.loads((bundle / "bundle.json").read_bytes())
        module = (bundle / manifest["module"]["file"]).read_bytes()
        self.ask("PUT", f"/v1/blobs/{hashlib.sha256(module).hexdigest()}", module)
        self.jobs += 1
        settings = {
            "scenario": "single-stream",
            "min_duration_ns": int(seconds * 1e9),
            "min_queries": 20,
            "max_queries": 200_000,
            "warm_up_max_calls": 200,
            "warm_up_max_duration_ns": 2_000_000_000,
            "threads": threads,
            "seed": 0,
            "time_limit_ns": 120_000_000_000,
        }
        name = f"fidelity-{self.jobs}"
        job = {"id": name, "bundle": manifest, "runner": manifest.get("runner", "tvm"), "device": "cpu:0", "settings": settings}
        self.ask("POST", "/v1/jobs", json.dumps(job).encode())
        events = [json.loads(line) for line in self.ask("GET", f"/v1/jobs/{name}/events").splitlines()]
        if events[-1]["state"] != "succeeded":
            sys.exit(f"the job failed: {events[-1]}")
        samples = [e["runner"]["samples"] for e in events if e.get("runner", {}).get("type") == "samples"]
        return [ns for chunk in samples if chunk["phase"] == "timed" for ns in chunk["compute_ns"]]


def evaluate(bundle: Path, seconds: float, threads: int) -> list[float]:
    environment = os.environ | {"TVM_NUM_THREADS": str(threads), "HARNESS_THREADS": str(threads)}
    command = [sys.executable, str(Path(__file__).with_name("evaluate.py")), str(bundle), str(seconds)]
    return json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds for each of the bundles")
    parser.add_argument("--seconds", type=float, default=1.0, help="timed duration of each side of a round")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    fixtures = ROOT / "build/fixtures"
    order = random.Random(0)
    ratios: dict[str, list[float]] = {}
    print(f"{'bundle':17} {'round':>5} {'agent ms':>10} {'evaluator ms':>13} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as folder:
        agent = Agent(folder)
        for number in range(options.rounds):
            for name in (*TVM, *OTHERS):
                sides = {"agent": agent.measure, "evaluator": evaluate}
                medians = {}
                for side in order.sample(sorted(sides), 2):
                    time.sleep(0.25)
                    medians[side] = float(np.median(sides[side](fixtures / name, options.seconds, options.threads)))
                ratio = medians["agent"] / medians["evaluator"]
                ratios.setdefault(name, []).append(ratio)
                print(
                    f"{name:17} {number:5} {medians['agent'] / 1e6:10.3f} {medians['evaluator'] / 1e6:13.3f} {ratio:7.4f}",
                    flush=True,
                )
        null = [float(np.median(agent.measure(fixtures / "bundle-null", options.seconds, options.threads))) for _ in range(5)]
        agent.process.stdin.close()
        agent.process.wait()
    figures = {}
    for name, values in ratios.items():
        low, middle, high = np.percentile(values, (25, 50, 75))
        print(f"{name}: ratio {middle:.4f}, middle half {low:.4f} … {high:.4f}")
        figures[f"ratio_{name.replace('-', '_')}"] = round(float(middle), 4)
    print(f"null module: {np.median(null):.0f} ns per call: two time stamps, TVM's C ABI, the VM, one output allocated")
    pooled = [value for name in TVM for value in ratios[name]]
    figures = {"ratio_to_time_evaluator": round(float(np.median(pooled)), 4), "null_ns": round(float(np.median(null))), **figures}
    print(json.dumps({"bench": "fidelity", "figures": figures}))


if __name__ == "__main__":
    main()
