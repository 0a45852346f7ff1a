"""Activations in the layout of the CPU's kernels."""

from __future__ import annotations

import numpy as np


def blocked(x: np.ndarray, v: int, border: int = 0) -> np.ndarray:
    """(C, H, W) → [C/V, H+2, W+2, V] with a border of the value `border`."""
    c, h, w = x.shape
    out = np.full((c // v, h + 2, w + 2, v), border, x.dtype)
    out[:, 1:-1, 1:-1] = x.reshape(c // v, v, h, w).transpose(0, 2, 3, 1)
    return out
