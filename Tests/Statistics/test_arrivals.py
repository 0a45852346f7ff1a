"""The schedule of a server run, against the Poisson process that it must be."""

import numpy as np
import pytest
from scipy import stats


def offsets(ask, seed, rate, queries=1, duration=0):
    return np.array(ask("arrivals", seed=seed, rate=rate, min_queries=queries, min_duration_ns=duration)["offsets_ns"])


@pytest.mark.parametrize("rate", [0.5, 10.0, 1e3, 1e5])
def test_gaps_are_exponentially_distributed_and_independent(ask, rate):
    gaps = np.diff(offsets(ask, int(rate), rate, queries=20_000)) / 1e9
    assert stats.kstest(gaps, stats.expon(scale=1 / rate).cdf).pvalue > 0.01
    # The mean of 20,000 gaps: standard deviation 0.7%.
    assert np.mean(gaps) == pytest.approx(1 / rate, rel=0.025)
    assert ask("dependence", values=list(gaps))["p_value"] > 0.01


def test_arrivals_per_second_are_those_of_a_poisson_process(ask):
    arrivals = offsets(ask, 1, 50.0, duration=1000 * 1_000_000_000)
    counts = np.bincount((arrivals // 1_000_000_000).astype(int))[:1000]
    # Mean and variance are both the rate; from 1000 counts the variance is known to 4.5%.
    assert np.mean(counts) == pytest.approx(50, rel=0.02)
    assert np.var(counts) == pytest.approx(50, rel=0.18)


@pytest.mark.parametrize("queries", [1, 2, 63, 64, 661, 662])
def test_both_minima_are_reached_and_not_exceeded(ask, queries):
    arrivals = offsets(ask, queries, 100.0, queries=queries, duration=1_000_000_000)
    assert arrivals[0] == 0 and (np.diff(arrivals) >= 0).all()
    assert len(arrivals) >= queries and arrivals[-1] >= 1_000_000_000
    assert len(arrivals) == queries or arrivals[-2] < 1_000_000_000
