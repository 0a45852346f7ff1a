"""Windows of a long run, burst and sustained speed from them, and intervals of very many samples."""

import numpy as np
import pytest
from scipy import stats


def percentile(values, p):
    return sorted(values)[int(len(values) * p)]


@pytest.mark.parametrize("per_query", [1, 8])
@pytest.mark.parametrize("span", [2_000, 2_499, 2_500, 2_999, 7_300, 60_123])
def test_windows_are_those_of_plain_python(ask, span, per_query):
    rng = np.random.default_rng(span)
    answered = [*sorted(int(t) for t in rng.integers(1, span, 300)), span]
    samples = [int(x) for x in rng.integers(0, 1000, len(answered) * per_query)]
    windows = ask("windows", samples=samples, answered_ns=answered, window_ns=1000)["windows"]
    count = span // 1000 + (1 if span % 1000 >= 500 else 0)
    expected = []
    for index in range(count):
        end = (index + 1) * 1000 if index < count - 1 else span + 1
        inside = [x for i, x in enumerate(samples) if index * 1000 <= answered[i // per_query] < end]
        if inside:
            duration = 1000 if index < count - 1 else span - index * 1000
            expected.append(
                [index, index * 1000, duration, len(inside), *(percentile(inside, p) for p in (0.5, 0.9, 0.99)), max(inside)]
            )
    assert windows == expected
    assert sum(window[3] for window in windows) == len(samples)


def test_short_runs_and_invalid_ones_have_no_windows(ask):
    assert ask("windows", samples=[1], answered_ns=[1499], window_ns=1000) == {}
    assert ask("windows", samples=[1], answered_ns=[1500], window_ns=1000) != {}
    assert ask("windows", samples=[1, 2, 3], answered_ns=[1, 5000], window_ns=1000) == {}
    assert ask("windows", samples=[], answered_ns=[], window_ns=1000) == {}
    assert ask("windows", samples=[1], answered_ns=[1 << 62], window_ns=1) == {}
    assert ask("windows", samples=[1, 2], answered_ns=[-5, 2000], window_ns=1000)["windows"][0][3] == 1


def run(medians, seed=0, noise=0.02, size=80):
    rng = np.random.default_rng(seed)
    return [[int(m * (1 + x)) for x in rng.normal(0, noise, size)] for m in medians]


@pytest.mark.parametrize("count", [3, 4, 5, 6, 30])
def test_burst_and_sustained_are_numpy_s_medians(ask, count):
    windows = run([1e6 + 2e4 * i for i in range(count)], seed=count)
    answer = ask("sustained", windows=windows)
    assert answer["burst"] == pytest.approx(np.median(windows[0]))
    assert answer["sustained"] == pytest.approx(np.median(np.concatenate(windows[-(count // 3) :])))
    assert answer["ratio"] == pytest.approx(answer["sustained"] / answer["burst"])
    low, high = answer["interval"]
    assert low < answer["ratio"] < high


def test_two_windows_have_no_last_third(ask):
    assert ask("sustained", windows=run([1e6, 1e6])) == {}


def test_the_interval_contains_the_true_ratio_at_the_stated_rate(ask):
    held = 0
    for seed in range(60):
        low, high = ask("sustained", windows=run([1e6] + [1.1e6] * 3, seed=seed, size=40))["interval"]
        held += low <= 1.1 <= high
    # Binomial(60, 0.95) is at least 51 in all but 0.3% of cases.
    assert held >= 51


@pytest.mark.parametrize(
    ("medians", "window"),
    [
        ([1, 1, 1, 1, 1, 1], None),
        ([1, 1, 1.2, 1.2, 1.2, 1.2], 2),
        ([1, 1.2, 1, 1.2, 1.2, 1.2], 3),
        ([1, 1.2, 1.2, 1.2, 1.2, 1], None),
        ([1, 1, 1, 1, 1, 1.2], None),
        ([1, 1.2, 1.2], 1),
        ([1, 1.04, 1.04, 1.04], None),
        ([1, 0.8, 0.8, 1.06, 1.06], 3),
    ],
)
def test_slower_begins_at_the_window_after_which_none_is_fast(ask, medians, window):
    answer = ask("sustained", windows=run([1e6 * m for m in medians], noise=1e-4))
    assert answer.get("throttled_window") == window
    assert answer.get("witnesses") == (None if window is None else ["latency"])


def test_the_earliest_evidence_is_reported_and_none_is_invented(ask):
    windows = run([1e6, 1e6, 1e6, 1.2e6, 1.2e6, 1.2e6], noise=1e-4)

    def ask_with(**values):
        health = [{"index": i} | {key: row[i] for key, row in values.items() if row[i] is not None} for i in range(6)]
        answer = ask("sustained", windows=windows, health=health)
        return answer["throttled_window"], answer["witnesses"]

    assert ask_with() == (3, ["latency"])
    assert ask_with(throttling=[[], [], ["throttled"], [], [], []]) == (2, ["throttled"])
    assert ask_with(throttling=[[], [], [], [], ["throttled"], []]) == (3, ["latency"])
    assert ask_with(throttling=[[], [], [], ["capped", "throttled"], [], []]) == (3, ["latency", "capped, throttled"])
    assert ask_with(lowest_clock_khz=[1000, 950, 900, 899, 600, 600]) == (3, ["latency", "1000 to 899"])
    assert ask_with(lowest_clock_khz=[1000, 700, 1000, 1000, 1000, 1000]) == (1, ["1000 to 700"])
    assert ask_with(lowest_clock_khz=[None, 700, 100, 100, 100, 100]) == (3, ["latency"])
    assert ask_with(throttling=[["throttled"], [], [], [], [], []]) == (0, ["throttled"])


def test_a_changed_order_is_reported_only_if_both_orders_are_certain(ask):
    steady, fading = run([1.1e6] * 6, seed=1), run([1e6, 1e6, 1.1e6, 1.2e6, 1.2e6, 1.2e6], seed=2)
    assert ask("sustained", windows=steady, others=fading)["flip"] is True
    assert ask("sustained", windows=fading, others=steady)["flip"] is True
    assert ask("sustained", windows=fading, others=run([0.9e6] * 6, seed=3))["flip"] is False
    # Equal at first, within the noise.
    noisy = run([1.005e6] * 6, seed=4, noise=0.1)
    assert ask("sustained", windows=fading, others=noisy)["flip"] is False


@pytest.mark.parametrize("size", [65_537, 70_000])
def test_the_median_s_interval_of_very_many_samples_is_that_of_its_ranks(ask, size):
    low, high = ask("median-interval", values=list(range(size)), seed=3, resamples=20_000)["interval"]
    middle = (size + 1) / 2
    exact = [stats.beta.ppf(q, middle, middle) * size for q in (0.025, 0.975)]
    # The bounds' own scatter: a quantile of 20,000 draws.
    spread = 0.5 * np.sqrt(size)
    assert low == pytest.approx(exact[0], abs=0.06 * spread)
    assert high == pytest.approx(exact[1], abs=0.06 * spread)
