"""One statistics-json for all tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from measurement import Measurement


@pytest.fixture(scope="session")
def ask() -> Iterator[Callable[..., dict[str, Any]]]:
    measurement = Measurement()
    yield measurement.ask
    measurement.close()
