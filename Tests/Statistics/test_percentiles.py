"""Percentiles by LoadGen's rule, the median and its deviation, against plain Python and SciPy."""

import random

import numpy as np
import pytest
from scipy import stats

PERCENTILES = [0.0, 0.5, 0.9, 0.95, 0.97, 0.99, 0.999]


@pytest.mark.parametrize("size", [1, 2, 3, 63, 64, 661, 662, 1000])
@pytest.mark.parametrize("values", [1, 5, 1_000_000_000])
def test_percentiles_median_and_deviation(ask, size, values):
    rng = random.Random(size * values)
    latencies = [rng.randrange(values) for _ in range(size)]
    answer = ask("percentiles", latencies_ns=latencies, percentiles=PERCENTILES)
    assert answer["values"] == [sorted(latencies)[int(size * p)] for p in PERCENTILES]
    assert answer["median"] == np.median(latencies)
    assert answer["median_absolute_deviation"] == stats.median_abs_deviation(latencies)


def test_a_percentile_is_never_below_the_share_that_it_names(ask):
    for size in range(1, 200):
        (value,) = ask("percentiles", latencies_ns=list(range(size)), percentiles=[0.9])["values"]
        assert value + 1 >= 0.9 * size
