"""Bundles: a compiled module with bundle.json, which says what it is and what a board must have to run it."""

from unet.bundle.compile import compile_bundle, write
from unet.bundle.lowering import Lowering, Shape, code_generator, export, graph_builder, lower

__all__ = ["Lowering", "Shape", "code_generator", "compile_bundle", "export", "graph_builder", "lower", "write"]
