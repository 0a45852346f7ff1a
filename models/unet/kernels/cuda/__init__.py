"""Compilation for NVIDIA GPUs, on a machine that needs neither a GPU nor NVIDIA's driver."""
