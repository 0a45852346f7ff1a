"""Tuning: which schedule each layer's kernel has on a target, measured, stored, and looked up when compiling."""
