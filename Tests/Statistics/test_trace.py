"""Trend and dependence of a trace, against SciPy, brute force, and processes whose dependence is known."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy import stats


@pytest.mark.parametrize("size", [4, 5, 63, 64, 300])
@pytest.mark.parametrize("values", [1, 2, 10, 1 << 40])
def test_the_trend_is_that_of_all_pairs(ask, size, values):
    rng = np.random.default_rng(size + values % 97)
    trace = [int(value) + 1 for value in rng.integers(0, values, size)]
    answer = ask("trend", values=trace)
    s = sum((later > earlier) - (later < earlier) for earlier, later in combinations(trace, 2))
    assert answer["s"] == s
    _, groups = np.unique(trace, return_counts=True)
    variance = Fraction(size * (size - 1) * (2 * size + 5) - sum(int(t) * (int(t) - 1) * (2 * int(t) + 5) for t in groups), 18)
    expected = 1 if s == 0 else 2 * stats.norm.sf((abs(s) - 1) / math.sqrt(variance))
    assert answer["p_value"] == pytest.approx(expected, rel=1e-9)
    if len(groups) > 1:
        assert answer["tau"] == pytest.approx(stats.kendalltau(range(size), trace).statistic, abs=1e-12)
    else:
        assert answer["tau"] == 0
    quarter = size // 4
    assert answer["change"] == pytest.approx(np.median(trace[-quarter:]) / np.median(trace[:quarter]))


def test_a_trend_is_found_if_and_only_if_there_is_one(ask):
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.02, (200, 200))
    flat = [ask("trend", values=[int(1e6 * (1 + x)) for x in row])["p_value"] for row in noise]
    assert 2 <= sum(p < 0.05 for p in flat) <= 20
    rising = [int(1e6 * (1 + x + 0.03 * i / 200)) for i, x in enumerate(noise[0])]
    answer = ask("trend", values=rising)
    assert answer["p_value"] < 1e-6 and answer["tau"] > 0.2 and 1.01 < answer["change"] < 1.05
    falling = ask("trend", values=rising[::-1])
    assert falling["s"] == -answer["s"] and falling["p_value"] == answer["p_value"]


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_a_trace_of_less_than_four_has_no_trend(ask, size):
    assert ask("trend", values=[1] * size) == {}


@pytest.mark.parametrize("size", [3, 5, 20, 63, 64, 662])
def test_correlations_and_ljung_and_box_s_statistic(ask, size):
    values = np.random.default_rng(size).exponential(1e6, size)
    answer = ask("dependence", values=list(values))
    deviations = values - values.mean()
    lags = max(1, min(10, size // 5))
    r = [np.dot(deviations[k:], deviations[:-k]) / np.dot(deviations, deviations) for k in range(1, lags + 1)]
    q = size * (size + 2) * sum(x * x / (size - k) for k, x in enumerate(r, 1))
    assert answer["lags"] == lags
    assert answer["lag_one"] == pytest.approx(r[0])
    assert answer["ljung_box"] == pytest.approx(q)
    assert answer["p_value"] == pytest.approx(stats.chi2.sf(q, lags))


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.7, 0.9])
def test_the_effective_size_is_that_of_the_process(ask, phi):
    """x' = φx + noise: n values determine the mean as well as n(1−φ)/(1+φ) independent ones."""
    rng = np.random.default_rng(int(100 * phi))
    shares = []
    for _ in range(20):
        noise = rng.normal(0, 1, 4000)
        for index in range(1, noise.size):
            noise[index] += phi * noise[index - 1]
        answer = ask("dependence", values=list(noise))
        assert answer["lag_one"] == pytest.approx(phi, abs=0.06)
        shares.append(answer["effective_size"] / noise.size)
    assert np.mean(shares) == pytest.approx((1 - phi) / (1 + phi), rel=0.15)


def test_independent_values_are_called_dependent_at_the_stated_rate(ask):
    rng = np.random.default_rng(2)
    found = [ask("dependence", values=list(rng.normal(0, 1, 300)))["p_value"] < 0.05 for _ in range(400)]
    # 20 expected, standard deviation 4.4.
    assert 7 <= sum(found) <= 34


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [0.1] * 10, [1e9] * 64])
def test_short_or_constant_traces_have_no_dependence(ask, values):
    assert ask("dependence", values=values) == {}
