"""The kernels: for CPUs in floating point and with 8-bit integers, and for NVIDIA GPUs."""
