"""The commands of `python -m unet`: a module each, with `add`, which declares its options, and `run`.

What a command needs is imported when it runs, so that `--help` does not wait for PyTorch and TVM.
"""
