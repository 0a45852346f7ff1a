"""A runner for modules of PyTorch and ONNX Runtime: the protocol `harness.runner/1` of docs/protocol.md, in Python.

It measures what harness-runner measures, in the same order and by the same rules, so that their results are comparable. Nothing
here imports TVM or the rest of the package.
"""
