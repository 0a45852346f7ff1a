"""Early stopping against exact fractions and SciPy, and the validity of runs at its limits."""

import math
import random
from fractions import Fraction

import pytest
from scipy import special, stats

LIMIT = Fraction(1, 100)
PERCENTILES = [0.5, 0.9, 0.95, 0.97, 0.99, 0.999]
SIZES = [1, 2, 63, 64, 65, 97, 100, 459, 661, 662, 663, 7914]


def probability(queries: int, above: int, percentile: float) -> Fraction:
    """P(Binomial(queries, 1 − percentile) ≤ above), exactly."""
    p = Fraction(str(percentile))
    good, bad, whole = p.numerator, p.denominator - p.numerator, p.denominator
    total = sum(math.comb(queries, k) * good ** (queries - k) * bad**k for k in range(above + 1))
    return Fraction(total, whole**queries)


@pytest.mark.parametrize("percentile", PERCENTILES)
@pytest.mark.parametrize("above", [0, 1, 2, 3, 10, 40, 150])
def test_the_minimum_number_of_queries_is_the_smallest_that_suffices(ask, percentile, above):
    queries = ask("minimum-queries", above=above, percentile=percentile)["queries"]
    if queries < 20_000:
        assert probability(queries, above, percentile) < LIMIT <= probability(queries - 1, above, percentile)
    else:
        assert stats.binom.cdf(above, queries, 1 - percentile) < 0.01 <= stats.binom.cdf(above, queries - 1, 1 - percentile)


def test_728_are_discarded_of_7914_and_that_is_exact(ask):
    answer = ask("early-stopping", latencies_ns=list(range(7914)), percentile=0.9)
    assert answer == {"latency_ns": 7914 - 729, "discarded": 728}
    assert probability(7914, 729, 0.9) < LIMIT <= probability(7914, 730, 0.9)


def test_the_incomplete_beta_function_is_scipy_s(ask):
    rng = random.Random(1)
    for _ in range(300):
        above = rng.choice([0, 1, 2, rng.randrange(1000)])
        percentile = rng.choice(PERCENTILES)
        # Within what early stopping asks for: more queries within the bound than the percentile's share.
        within = math.ceil(above * percentile / (1 - percentile)) + rng.randrange(1, 400)
        value = ask("beta-regularised", x=percentile, a=within, b=above + 1)["value"]
        assert value == pytest.approx(special.betainc(within, above + 1, percentile), rel=1e-8, abs=1e-300)


@pytest.mark.parametrize("percentile", PERCENTILES)
@pytest.mark.parametrize("size", SIZES)
def test_the_estimate_discards_as_many_as_scipy_s_binomial_distribution_allows(ask, size, percentile):
    rng = random.Random(size)
    latencies = [rng.randrange(50) for _ in range(size)]
    allowed = [t for t in range(1, size + 1) if stats.binom.cdf(t, size, 1 - percentile) < 0.01]
    answer = ask("early-stopping", latencies_ns=latencies, percentile=percentile)
    if allowed:
        assert answer == {"latency_ns": sorted(latencies)[size - allowed[-1]], "discarded": allowed[-1] - 1}
    else:
        assert answer == {}


def test_the_estimate_of_constant_latencies_is_that_constant(ask):
    assert ask("early-stopping", latencies_ns=[7] * 64, percentile=0.9) == {"latency_ns": 7, "discarded": 0}


def test_the_percentile_lies_below_the_estimate_at_the_stated_rate(ask):
    """2000 seeded runs of exponential latencies, whose percentile is known: about 20 may exceed their estimate."""
    rng = random.Random(5)
    truth = -math.log(0.1) * 1e6
    missed = 0
    for _ in range(2000):
        latencies = [int(rng.expovariate(1) * 1e6) for _ in range(64)]
        missed += ask("early-stopping", latencies_ns=latencies, percentile=0.9)["latency_ns"] < truth
    # At 64 queries the chance is 0.0098: a standard deviation of 4.4.
    assert 5 <= missed <= 37


def verdict(ask, latencies, **changes):
    settings = {
        "scenario": "server",
        "samples_per_query": 1,
        "percentile": 0.99,
        "latency_bound_ns": 1000,
        "min_duration_ns": 10,
        "min_queries": 1,
        "duration_ns": 10,
    }
    return ask("verdict", latencies_ns=latencies, **settings | changes)


@pytest.mark.parametrize("seed", range(40))
def test_a_server_run_is_valid_if_its_slow_queries_are_improbably_few(ask, seed):
    rng = random.Random(seed)
    size = rng.choice([*SIZES, rng.randrange(1, 3000)])
    above = min(size, rng.choice([0, 1, 2, rng.randrange(40)]))
    latencies = [1001] * above + [1000] * (size - above)
    rng.shuffle(latencies)
    answer = verdict(ask, latencies)
    reasons = []
    if sorted(latencies)[int(size * 0.99)] > 1000:
        reasons.append("latency-bound")
    if not stats.binom.cdf(above, size, 1 - 0.99) < 0.01:
        reasons.append("early-stopping")
    assert answer["reasons"] == reasons and answer["valid"] == (not reasons)
    assert answer["samples_per_second"] == pytest.approx((size - 1) / (10 + latencies[-1]) * 1e9)


@pytest.mark.parametrize("scenario", ["single-stream", "multi-stream", "server", "offline"])
def test_too_short_and_too_few_are_reported_in_each_scenario(ask, scenario):
    latencies = [5] * 662
    short = {"samples_per_query": 663, "min_queries": 663, "min_duration_ns": 11}
    assert verdict(ask, latencies, scenario=scenario, **short)["reasons"] == ["duration", "queries"]
    enough = {"samples_per_query": 662, "min_queries": 662, "min_duration_ns": 5}
    assert verdict(ask, latencies, scenario=scenario, **enough)["valid"]
