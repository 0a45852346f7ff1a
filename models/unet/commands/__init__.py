"""The commands of `python -m unet`: each has a function that declares its options and one, of its name, that runs it.

What a command needs is imported when it runs, so that `--help` does not wait for PyTorch and TVM.
"""
