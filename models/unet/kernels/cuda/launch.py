"""TIR functions that are one kernel: a grid of blocks of threads, over buffers."""

from collections.abc import Callable

import tvm
from tvm.script.ir_builder import IRBuilder
from tvm.tirx.script import builder as T

WARP = 32
# Shapes and types by name, in order.
Buffers = dict[str, tuple[tuple[int, ...], str]]


def kernel(name: str, buffers: Buffers, grid: tuple[int, int, int], threads: int, body: Callable[..., None]) -> tvm.tirx.PrimFunc:
    """A kernel called `name`. `body` gets the buffers in order, the block's three indices and the thread's index."""
    with IRBuilder() as builder:
        with T.prim_func(s_tir=True):
            T.func_name(name)
            T.func_attr({"tirx.noalias": True, "tirx.is_scheduled": True, "global_symbol": name})
            arguments = [T.arg(key, T.Buffer(shape, dtype)) for key, (shape, dtype) in buffers.items()]
            with (
                T.launch_thread("blockIdx.x", grid[0]) as x,
                T.launch_thread("blockIdx.y", grid[1]) as y,
                T.launch_thread("blockIdx.z", grid[2]) as z,
                T.launch_thread("threadIdx.x", threads) as thread,
            ):
                body(*arguments, (x, y, z), thread)
    return builder.get()


def ramp(base, lanes: int = 4):
    return T.Ramp(base, 1, lanes)


def when(condition: bool | tvm.ir.Expr, body: Callable[[], None]) -> None:
    """`body` where `condition` holds; a condition known at compile time emits no test."""
    if condition is True:
        body()
    elif condition is not False:
        with T.If(condition), T.Then():
            body()
