"""A compiled module in TVM's virtual machine, run as harness-runner runs it: what it prepares when loaded is passed to each
call."""

from collections.abc import Callable

import tvm
from tvm import relax

from unet.graph import PREPARE


def start(
    module: tvm.runtime.Module | relax.VMExecutable, device: tvm.runtime.Device | None = None
) -> tuple[relax.VirtualMachine, Callable]:
    """The virtual machine of a loaded or compiled module, and its function of one image."""
    machine = relax.VirtualMachine(module, device or tvm.cpu())
    prepared = list(machine[PREPARE]()) if machine.module.implements_function(PREPARE) else []
    main = machine["main"]
    return machine, lambda x: main(x, *prepared)
