"""The cost of an idle agent, compared with TVM's own Python RPC server, both on loopback, measured in turns.

Start-up is from the process's start to its first answer: HTTP 200 from the agent, the handshake's success from the RPC server.
The resident set is that of the process when it has answered and is idle; of its descendants, only what they do not share with it
counts. Its anonymous part is shared with no other process and cannot be read again from a file. Size on disk is what a board must
have to run it: programs and libraries that are not Debian's. The last line is JSON.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
# As a board gets them: out of the package, with the Swift runtime inside.
PROGRAMS = [ROOT / f"build/package/harness-agent-{DEBIAN}/usr/bin" / name for name in ("harness-agent", "harness-runner")]
RUNTIME = ROOT / "build/tvm-runtime" / os.uname().machine
# Both listen on a free port of this address.
HOST = "127.0.0.1"
PATIENCE_S = 60


def agent_answers(port: int) -> bool:
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        return connection.recv(64).startswith(b"HTTP/1.1 200")


def rpc_server_answers(port: int) -> bool:
    """TVM's handshake, tvm/rpc/server.py: magic, key; the server repeats the magic."""
    magic, key = 0xFF271, b"client:"
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(struct.pack("<ii", magic, len(key)) + key)
        return connection.recv(4) == struct.pack("<i", magic)


@contextmanager
def started(command: list[str], port: int, answers) -> Iterator[tuple[int, float]]:
    """The process and its start-up time in seconds; it is stopped afterwards."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while True:
            try:
                if answers(port):
                    break
            except OSError:
                pass
            if process.poll() is not None or time.monotonic() - begin > PATIENCE_S:
                sys.exit(f"no answer from {' '.join(command)}: run it manually to see why")
            time.sleep(0.0005)
        yield process.pid, time.monotonic() - begin
    finally:
        # A process that has ended by itself cannot be signalled.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


@dataclass(frozen=True)
class Memory:
    """Memory of a process tree, in MiB."""

    resident: float
    anonymous: float


def memory(pid: int, is_child: bool = False) -> Memory:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {name: int(value) for name, value in re.findall(r"^(\w+): +(\d+) kB", rollup, re.MULTILINE)}
    resident = kib["Private_Clean"] + kib["Private_Dirty"] if is_child else kib["Rss"]
    below = [memory(int(child), True) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return Memory(
        resident / 1024 + sum(part.resident for part in below), kib["Anonymous"] / 1024 + sum(part.anonymous for part in below)
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def agent() -> tuple[Memory, float]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(PROGRAMS[0]), "--listen", f"{HOST}:{port}", "--data", folder, "--tvm", str(RUNTIME)]
        with started(command, port, agent_answers) as (pid, seconds):
            return settled(pid), seconds


def rpc_server() -> tuple[Memory, float]:
    port = free_port()
    command = [sys.executable, "-m", "tvm.exec.rpc_server", "--host", HOST, "--port", str(port), "--port-end", str(port + 1)]
    with started(command, port, rpc_server_answers) as (pid, seconds):
        return settled(pid), seconds


def settled(pid: int) -> Memory:
    """Its memory, once it no longer changes."""
    previous = None
    while (current := memory(pid)) != previous:
        previous = current
        time.sleep(0.5)
    return current


def size_mib(paths: list[Path]) -> float:
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink()) / 2**20


def package(name: str) -> Path:
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="rounds of both")
    options = parser.parse_args()
    sides = {"agent": agent, "rpc_server": rpc_server}
    found: dict[str, list[tuple[Memory, float]]] = {name: [] for name in sides}
    for number in range(options.rounds + 1):
        for name, measure in sides.items():
            result = measure()
            # The first round of each reads its files from disk.
            if number > 0:
                found[name].append(result)
    disk = {"agent": size_mib([*PROGRAMS, RUNTIME]), "rpc_server": size_mib([package("tvm"), package("tvm_ffi"), package("numpy")])}
    print(f"{'':12} {'resident MiB':>13} {'anonymous MiB':>14} {'first answer ms':>16} {'least … most':>18} {'on disk MiB':>12}")
    figures = {}
    for name, results in found.items():
        resident = statistics.median(memory.resident for memory, _ in results)
        anonymous = statistics.median(memory.anonymous for memory, _ in results)
        times = sorted(1000 * seconds for _, seconds in results)
        start = statistics.median(times)
        span = f"{times[0]:.1f} … {times[-1]:.1f}"
        print(f"{name:12} {resident:13.1f} {anonymous:14.1f} {start:16.1f} {span:>18} {disk[name]:12.1f}")
        measured = {"rss_mib": resident, "anonymous_mib": anonymous, "start_ms": start, "disk_mib": disk[name]}
        figures |= {f"{name}_{what}": round(value, 2) for what, value in measured.items()}
    print(json.dumps({"bench": "footprint", "figures": figures}))


if __name__ == "__main__":
    main()
