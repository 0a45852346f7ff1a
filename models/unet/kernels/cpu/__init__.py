"""CPU kernels as scheduled TIR.

Between layers an activation is stored as `[C/V, H+2, W+2, V]`: blocks of V channels, V the target's vector width, with a border
of one zero pixel. Every kernel writes the border of its own output, so a convolution never tests for an edge and no layout
changes inside the network. The idea is NeoCPU's (Liu et al., USENIX ATC 2019), the border is ours.
"""
