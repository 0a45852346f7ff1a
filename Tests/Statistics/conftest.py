"""One statistics-json for all tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from statistics_json import StatisticsProgram


@pytest.fixture(scope="session")
def ask() -> Iterator[Callable[..., dict[str, Any]]]:
    statistics = StatisticsProgram()
    yield statistics.ask
    statistics.close()
