"""The network with 8-bit weights and activations: for CPUs with an instruction for dot products of bytes.

Weights are symmetric with a scale for each output channel; activations have one scale a tensor, found by calibration. Sums are
exact 32-bit integers (Jacob et al., CVPR 2018; per-channel weights after Krishnamoorthi, arXiv:1806.08342).
"""
