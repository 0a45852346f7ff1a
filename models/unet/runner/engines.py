"""Engines: PyTorch and ONNX Runtime behind one small interface.

`planes` is the input in host memory, (C, H, W) of float32 for writing; `call` runs the module on it and returns when it is
done; `probabilities` is the output of a call as a flat array, valid until the next.
"""

import importlib
import importlib.metadata
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from unet.runner.protocol import Failure


class Engine(ABC):
    """A loaded module of the framework that is installed as the package `framework` and imported as `library`."""

    framework: ClassVar[str]
    planes: np.ndarray
    output_count: int

    @abstractmethod
    def __init__(self, library: Any, path: str, bundle: dict, threads: int, scratch: Path) -> None: ...

    @staticmethod
    @abstractmethod
    def prepare(library: Any, threads: int) -> int:
        """Sets the framework's threads; returns how many it uses."""

    @abstractmethod
    def call(self) -> object: ...

    @abstractmethod
    def probabilities(self, result: Any) -> np.ndarray: ...


class PyTorch(Engine):
    """A program of torch.export: eager, in channels-last memory, or compiled by TorchInductor."""

    framework = "torch"

    def __init__(self, library: Any, path: str, bundle: dict, threads: int, scratch: Path) -> None:
        torch = library
        mode = bundle["framework"].get("mode", "eager")
        if mode not in ("eager", "channels-last", "compile"):
            raise Failure("module-load", f"PyTorch has no mode “{mode}”. Modes: eager, channels-last, compile.")
        self._torch = torch
        module = torch.export.load(path).module()
        layout = torch.contiguous_format
        if mode == "channels-last":
            layout = torch.channels_last
            module = module.to(memory_format=layout)
        shape = bundle["inputs"][0]["shape"]
        self._input = torch.zeros(shape, dtype=torch.float32).contiguous(memory_format=layout)
        self.planes = self._input.numpy()[0]
        self.output_count = int(np.prod(bundle["outputs"][0]["shape"]))
        self._module = self._compiled(module, scratch) if mode == "compile" else module

    def _compiled(self, module: Any, scratch: Path) -> Callable[[Any], Any]:
        # For this job only: code compiled by an earlier job would make the first call faster.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(scratch / "inductor")
        inductor: Any = importlib.import_module("torch._inductor.config")
        # Weights become constants, as PyTorch's documentation advises for inference and as in all other variants.
        inductor.freezing = True
        # In this process: idle worker processes would disturb the measurement.
        inductor.compile_threads = 1
        return self._torch.compile(module)

    @staticmethod
    def prepare(library: Any, threads: int) -> int:
        library.set_num_threads(threads)
        library.set_grad_enabled(False)
        return library.get_num_threads()

    def call(self) -> object:
        return self._module(self._input)

    def probabilities(self, result: Any) -> np.ndarray:
        return checked(result.numpy(), self.output_count)


class ONNXRuntime(Engine):
    """An ONNX model on ONNX Runtime's own CPU kernels, with input and output bound once."""

    framework = "onnxruntime"

    def __init__(self, library: Any, path: str, bundle: dict, threads: int, scratch: Path) -> None:
        onnxruntime = library
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise Failure("module-load", f"the model has {len(inputs)} inputs and {len(outputs)} outputs; one of each is needed.")
        image = np.zeros(bundle["inputs"][0]["shape"], np.float32)
        self._output = np.zeros(bundle["outputs"][0]["shape"], np.float32)
        self.planes, self.output_count = image[0], self._output.size
        self._values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in (image, self._output)]
        self._binding = self._session.io_binding()
        self._binding.bind_ortvalue_input(inputs[0].name, self._values[0])
        self._binding.bind_ortvalue_output(outputs[0].name, self._values[1])

    @staticmethod
    def prepare(library: Any, threads: int) -> int:
        # Errors only: otherwise every job would log warnings about the machine.
        library.set_default_logger_severity(3)
        return threads

    def call(self) -> object:
        self._session.run_with_iobinding(self._binding)
        return self._output

    def probabilities(self, result: Any) -> np.ndarray:
        return result.reshape(-1)


ENGINES: dict[str, type[Engine]] = {"pytorch": PyTorch, "onnxruntime": ONNXRuntime}


def checked(output: np.ndarray, count: int) -> np.ndarray:
    """The output as a flat array; raises `Failure` with `module-run` if it differs from bundle.json."""
    if output.size != count or output.dtype != np.float32:
        found = f"{output.size} numbers of {output.dtype}"
        raise Failure("module-run", f"the module returned {found}; bundle.json specifies {count} float32.")
    return output.reshape(-1)


def version(framework: str) -> str | None:
    """The installed version; None if it is not installed. Imports nothing."""
    try:
        return importlib.metadata.version(framework)
    except importlib.metadata.PackageNotFoundError:
        return None


def public(text: str) -> str:
    """Without the build's suffix: 2.13.0 of 2.13.0+cpu."""
    return text.partition("+")[0]
