"""Runs a network compiled for CUDA on the CPU: TVM's virtual machine calls each kernel's generated CUDA C++."""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tvm
import tvm_ffi
from tvm import relax
from tvm.relax.expr_functor import PyExprMutator, mutator

HEADER = Path(__file__).with_suffix(".h")
GRID_AXES = ("blockIdx.x", "blockIdx.y", "blockIdx.z")


def device_code(executable: relax.VMExecutable) -> str:
    """The CUDA C++ of all kernels."""
    waiting = [executable.mod]
    while waiting:
        module = waiting.pop()
        if module.kind == "cuda":
            return module.inspect_source()
        waiting.extend(module.imports)
    raise AssertionError("the executable has no CUDA code")


def kernels(source: str) -> dict[str, tuple[list[str], str]]:
    """Name → names of the parameters and the whole definition."""
    found = {}
    pattern = r'extern "C" __global__ void [^\n]*?(\w+)\(([^)]*)\) \{\n.*?\n\}\n'
    for match in re.finditer(pattern, source, re.DOTALL):
        found[match[1]] = ([word.split()[-1] for word in match[2].split(",")], match[0])
    return found


def launch_extents(function: tvm.tirx.PrimFunc) -> dict[str, int]:
    """Blocks and threads of one of our kernels: axis → extent."""
    extents: dict[str, int] = {}
    statement = function.body
    while isinstance(statement, tvm.tirx.AttrStmt) and statement.attr_key == "thread_extent":
        extents[statement.node.thread_tag] = int(statement.value)
        statement = statement.body
    return extents


def compile_for_cpu(found: dict[str, tuple[list[str], str]], folder: Path) -> Path:
    """A library with a function `run_NAME(buffers, grid, threads)` for each kernel, and with `buffers_NAME`, their number."""
    code = [f'#include "{HEADER}"\n']
    for name, (parameters, definition) in found.items():
        code.append(definition.replace("__shared__ alignas(64)", "alignas(64) static"))
        types = re.findall(r"(\w+)\* __restrict__", definition.split("{")[0])
        values = ", ".join(f"({kind}*)arguments[{index}]" for index, kind in enumerate(types))
        assert len(types) == len(parameters)
        code.append(
            f'extern "C" void run_{name}(void **arguments, const unsigned *grid, unsigned threads) {{\n'
            f"  emulation::launch(grid, threads, [=] {{ {name}({values}); }});\n}}\n"
            f'extern "C" const int buffers_{name} = {len(types)};\n'
        )
    source, library = folder / "kernels.cc", folder / "kernels.so"
    source.write_text("".join(code))
    command = ["g++", "-O2", "-fno-strict-aliasing", "-w", "-shared", "-fPIC", "-o", library, source]
    subprocess.run(command, check=True)
    return library


class Network:
    """`lowered`, the input of code generation, and `executable`, its output, made runnable on the CPU."""

    def __init__(self, lowered: tvm.IRModule, executable: relax.VMExecutable, folder: Path) -> None:
        self.functions = {name.name_hint: f for name, f in lowered.functions.items() if isinstance(f, tvm.tirx.PrimFunc)}
        self.kernels = kernels(device_code(executable))
        library = ctypes.CDLL(str(compile_for_cpu(self.kernels, folder)))
        for name in self.functions:
            tvm_ffi.register_global_func(f"on_cpu.{name}", self._launcher(name, library), override=True)
        # No passes: the module is already lowered.
        program = Replaced(lowered).module()
        compiled = tvm.compile(program, target="llvm", relax_pipeline=tvm.transform.Sequential([]))
        self.machine = relax.VirtualMachine(compiled, tvm.cpu())

    def __call__(self, image: np.ndarray) -> np.ndarray:
        return self.machine["main"](tvm.runtime.tensor(image)).numpy()

    def _launcher(self, name: str, library: ctypes.CDLL) -> Callable[..., None]:
        function = self.functions[name]
        buffers = [parameter.name for parameter in function.params]
        extents = launch_extents(function)
        parameters, _ = self.kernels[f"{name}_kernel"]
        order = [buffers.index(parameter.removesuffix("_ptr")) for parameter in parameters]
        grid = (ctypes.c_uint * 3)(*(extents[axis] for axis in GRID_AXES))
        run = library[f"run_{name}_kernel"]

        def launch(*tensors: tvm.runtime.Tensor) -> None:
            addresses = [np.from_dlpack(tensors[index]).ctypes.data for index in order]
            run((ctypes.c_void_p * len(order))(*addresses), grid, ctypes.c_uint(extents["threadIdx.x"]))

        return launch


@mutator
class Replaced(PyExprMutator):
    """Calls of kernels replaced by calls of the functions registered as `on_cpu.NAME`."""

    def __init__(self, lowered: tvm.IRModule) -> None:
        super().__init__(lowered)
        self.lowered = lowered

    def module(self) -> tvm.IRModule:
        return tvm.IRModule({"main": self.visit_expr(self.lowered["main"])})

    def visit_call_(self, call: relax.Call) -> relax.Expr:
        if isinstance(call.op, relax.GlobalVar):
            name = relax.ExternFunc(f"on_cpu.{call.op.name_hint}")
            return relax.Call(name, call.args, ty_args=[relax.TupleType([])])
        return super().visit_call_(call)
