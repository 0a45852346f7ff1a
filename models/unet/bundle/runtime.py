"""The libraries that a board needs to run modules, from the installed wheels or from wheel files for another CPU.

Two are TVM's; a GPU also needs TVM's library for CUDA and NVIDIA's runtime. The driver's libcuda.so.1 is installed on the board.
"""

import importlib.metadata
import zipfile
from pathlib import Path

from unet.errors import UserError
from unet.files import folder_atomically, write_json

LIBRARIES = {"libtvm_ffi.so": "apache-tvm-ffi", "libtvm_runtime.so": "apache-tvm"}
CUDA_LIBRARIES = {"libtvm_runtime_cuda.so": "apache-tvm", "libcudart.so.13": "nvidia-cuda-runtime"}


def write(out: Path, wheels: list[Path], cuda: bool = False) -> None:
    """Writes the libraries and runtime.json, which names their versions, to the folder `out`."""
    versions = {}
    with folder_atomically(out) as folder:
        for library, package in {**LIBRARIES, **(CUDA_LIBRARIES if cuda else {})}.items():
            data, versions[package] = _from_wheels(wheels, library, package) if wheels else _installed(library, package)
            (folder / library).write_bytes(data)
            (folder / library).chmod(0o755)
        named = {"version": versions["apache-tvm"], "ffi_version": versions["apache-tvm-ffi"]}
        if cuda:
            named["cuda_version"] = versions["nvidia-cuda-runtime"]
        write_json(folder / "runtime.json", named)
    print(f"TVM runtime {', '.join(f'{package} {version}' for package, version in versions.items())}: {out}")


def _installed(library: str, package: str) -> tuple[bytes, str]:
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise UserError(f"{package} is not installed. Install the extra “cuda”: pip install -e 'models[cuda]'.") from error
    for file in distribution.files or []:
        if file.name == library:
            return Path(str(distribution.locate_file(file))).read_bytes(), distribution.version
    raise UserError(f"{package} {distribution.version} is installed without {library}. Install it again.")


def _from_wheels(wheels: list[Path], library: str, package: str) -> tuple[bytes, str]:
    prefix = package.replace("-", "_") + "-"
    for wheel in wheels:
        if wheel.name.startswith(prefix):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if Path(name).name == library:
                        return archive.read(name), wheel.name.split("-")[1]
    raise UserError(f"no wheel of {package} with {library} among {', '.join(map(str, wheels))}.")
