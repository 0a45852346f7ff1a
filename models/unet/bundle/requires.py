"""What a board must have to run a module: bundle.json's `requires`, derived from the module itself.

The coordinator compares it with the board's facts before it sends anything.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path

import tvm
from tvm import relax

from unet.bundle.elf import Elf
from unet.files import sha256
from unet.targets import BoardTarget, extensions


class Lowered:
    """A pass at the end of a pipeline, which keeps the module that goes into code generation and changes nothing."""

    def __init__(self) -> None:
        self.module: tvm.IRModule | None = None

    def after(self, pipeline: tvm.transform.Pass) -> tvm.transform.Pass:
        @tvm.transform.module_pass(opt_level=0)
        def keep(module: tvm.IRModule, _context: object) -> tvm.IRModule:
            self.module = module
            return module

        return tvm.transform.Sequential([pipeline, keep])


def requires(file: Path, target: BoardTarget, lowered: tvm.IRModule) -> dict:
    """`requires` of the module in `file`, which `lowered` was compiled to for `target`."""
    elf = Elf(file.read_bytes())
    return {
        "cpu_features": extensions.needed(target.host(), target.architecture),
        "glibc": newest_glibc(elf.versions_needed()),
        "page_size_bytes": min(elf.load_alignments()),
        "weights_bytes": weights_bytes(lowered),
        "workspace_bytes": workspace_bytes(lowered),
        "cuda_arch": target.arch if target.kind == "cuda" else None,
    }


def newest_glibc(versions: list[str]) -> str | None:
    """The newest x.y among versions called GLIBC_x.y; None if there is none."""
    found = [match[1] for version in versions if (match := re.fullmatch(r"GLIBC_(\d+(?:\.\d+)+)", version))]
    return max(found, key=lambda number: [int(part) for part in number.split(".")], default=None)


def weights_bytes(lowered: tvm.IRModule) -> int:
    """Bytes of the module's constant tensors. Equal ones count once, because the virtual machine keeps one of them."""
    tensors: dict[tuple, int] = {}

    def visit(expression: relax.Expr) -> None:
        if isinstance(expression, tvm.ir.GenericConst) and isinstance(expression.value, tvm.runtime.Tensor):
            array = expression.value.numpy()
            tensors[(array.shape, str(array.dtype), sha256(array.tobytes()))] = array.nbytes

    _visit(lowered, visit)
    return sum(tensors.values())


def workspace_bytes(lowered: tvm.IRModule) -> int:
    """Bytes of the input, of the output and of all storage planned for intermediate values.

    It includes weights that are transformed when the module is loaded. The plan shares storage between tensors whose lifetimes do
    not overlap; all of it counts, because the pooled allocator keeps what is released. What a CPU kernel allocates itself is not
    in the plan; it fits in a core's cache.
    """
    storages: list[int] = []

    def visit(expression: relax.Expr) -> None:
        if isinstance(expression, relax.Call) and expression.op == tvm.ir.Op.get("relax.vm.alloc_storage"):
            shape, _, dtype, _ = expression.args
            storages.append(_bytes(shape, dtype.value))

    _visit(lowered, visit)
    # Further parameters are weights that were transformed when the module was loaded: storage of that function.
    image = lowered["main"].params[0].ty
    return sum(storages) + _bytes(image.shape, image.dtype)


def _bytes(shape: relax.ShapeExpr, dtype: object) -> int:
    return math.prod(int(side) for side in shape.values) * tvm.DataType(str(dtype)).itemsize


def _visit(lowered: tvm.IRModule, visit: Callable[[relax.Expr], None]) -> None:
    for function in lowered.functions.values():
        if isinstance(function, relax.Function):
            relax.analysis.post_order_visit(function, visit)
