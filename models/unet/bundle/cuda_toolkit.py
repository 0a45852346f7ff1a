"""Makes TVM's CUDA code generator work from the packages of PyPI, without a driver, a GPU or an installed CUDA toolkit.

TVM's code for modules of GPU code is in `libtvm_runtime_cuda.so`, which needs the driver's `libcuda.so.1`. Where that is
missing, TVM silently skips the library and then writes CUDA source into the module, which no board can load. So
the library is loaded here; without a driver, together with stubs of the nine functions of the driver that it refers to,
each of which returns an error. Compiling calls none of them.

The compiler itself is NVRTC. It finds its headers through two environment variables, set only while it runs.
"""

import contextlib
import ctypes
import functools
import importlib.util
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import tvm

from unet.bundle.elf import Elf, embedded
from unet.errors import UserError

INSTALL = "Install the extra “cuda”: pip install -e 'models[cuda]'."
DRIVER_FUNCTIONS = (
    "cuDeviceGetName",
    "cuFuncSetAttribute",
    "cuGetErrorName",
    "cuGetErrorString",
    "cuLaunchKernelEx",
    "cuModuleGetFunction",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuTensorMapEncodeTiled",
)
CUDA_ERROR_NO_DEVICE = 100
EM_CUDA = 190


def home() -> Path | None:
    """The folder of headers and libraries of NVIDIA's packages; None if one of the four is missing."""
    try:
        nvidia, nvrtc = importlib.util.find_spec("nvidia"), importlib.util.find_spec("cuda.bindings.nvrtc")
    except ModuleNotFoundError:
        return None
    if nvidia is None or nvrtc is None:
        return None
    needed = ("lib/libnvrtc.so.13", "lib/libcudart.so.13", "include/cuda_runtime.h", "include/cccl/cuda/std/cstdint")
    for folder in nvidia.submodule_search_locations or []:
        candidate = Path(folder) / "cu13"
        if all((candidate / file).exists() for file in needed):
            return candidate
    return None


def available() -> bool:
    return home() is not None


@contextlib.contextmanager
def ready(arch: str) -> Iterator[None]:
    """Within it TVM compiles for the CUDA architecture `arch`."""
    toolkit = home()
    if toolkit is None:
        raise UserError(f"compiling for CUDA needs NVIDIA's packages. {INSTALL}")
    if arch not in architectures():
        raise UserError(f"NVRTC does not compile for {arch!r}; it compiles for {', '.join(architectures())}.")
    _load_code_generator(toolkit)
    variables = {"CUDA_PATH": str(toolkit), "TVM_CUDA_NVRTC_EXTRA_OPTS": f"-I{toolkit}/include/cccl"}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@functools.cache
def architectures() -> list[str]:
    """The architectures that the installed NVRTC compiles for."""
    from cuda.bindings import nvrtc

    _, numbers = nvrtc.nvrtcGetSupportedArchs()
    return [f"sm_{number}" for number in numbers]


@functools.cache
def _load_code_generator(toolkit: Path) -> None:
    try:
        ctypes.CDLL("libcuda.so.1", ctypes.RTLD_GLOBAL)
    except OSError:
        _load_driver_stubs()
    ctypes.CDLL(str(toolkit / "lib/libcudart.so.13"), ctypes.RTLD_GLOBAL)
    ctypes.CDLL(str(runtime_library()))


def runtime_library() -> Path:
    """The library of TVM's runtime that a board with a GPU needs in addition."""
    return Path(tvm.__file__).parent / "lib/libtvm_runtime_cuda.so"


def _load_driver_stubs() -> None:
    """Loads a library that the linker takes for the driver's. Once loaded, its file is no longer needed."""
    code = "".join(f"int {name}(void) {{ return {CUDA_ERROR_NO_DEVICE}; }}\n" for name in DRIVER_FUNCTIONS)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "libcuda.so.1"
        command = ["gcc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", str(library), "-x", "c", "-"]
        try:
            subprocess.run(command, input=code, text=True, capture_output=True, check=True)
        except FileNotFoundError as error:
            raise UserError("gcc is missing. Install Debian's gcc.") from error
        except subprocess.CalledProcessError as error:
            raise UserError(f"gcc cannot link the stubs of NVIDIA's driver: {error.stderr.strip()}") from error
        ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)


def cubins(module: Path) -> list[Elf]:
    """The GPU code inside a compiled module: ELF files inside an ELF file."""
    return [elf for elf in embedded(module.read_bytes()) if elf.machine == EM_CUDA]


def architecture(cubin: Elf) -> str:
    """“sm_86”: bits 8 to 15 of the header's flags hold the number, since CUDA 13."""
    return f"sm_{cubin.flags >> 8 & 0xFF}"


def verify(module: Path, arch: str) -> None:
    """Raises unless `module` holds GPU code for `arch`; a module with source instead would fail only on the board."""
    found = [architecture(cubin) for cubin in cubins(module)]
    if found != [arch]:
        raise UserError(f"the module holds GPU code for {', '.join(found) or 'nothing'} and not for {arch}. {INSTALL}")
