"""The comparison of two sides: ranks against SciPy, intervals and outcomes against simulated differences."""

import math
import random

import numpy as np
import pytest
from scipy import stats

SIZES = [1, 2, 5, 8, 9, 63, 64, 661]


@pytest.mark.parametrize("first", SIZES)
@pytest.mark.parametrize("second", SIZES)
@pytest.mark.parametrize("values", [1, 3, 50, 1 << 40])
def test_the_rank_test_is_scipy_s(ask, first, second, values):
    rng = random.Random(first * second * values)
    one, other = ([rng.randrange(values) + shift for _ in range(size)] for size, shift in ((first, values // 8), (second, 0)))
    answer = ask("rank-test", first=one, second=other)
    ties = len(set(one + other)) < first + second
    assert answer["is_exact"] == (not ties and min(first, second) <= 8 and first * second <= 2000)
    theirs = stats.mannwhitneyu(one, other, method="exact" if answer["is_exact"] else "asymptotic")
    assert answer["u"] == theirs.statistic
    # Where all are equal SciPy divides zero by zero.
    expected = 1 if len(set(one + other)) == 1 else theirs.pvalue
    assert answer["p_value"] == pytest.approx(expected, rel=1e-9, abs=1e-300)
    assert answer["superiority"] == pytest.approx(
        np.mean(np.subtract.outer(one, other) > 0) + np.mean(np.equal.outer(one, other)) / 2
    )


def compare(ask, baseline, candidate, margin=0.02, seed=0, resamples=400):
    return ask("compare", baseline=baseline, candidate=candidate, margin=margin, seed=seed, resamples=resamples)


def latencies(rng: np.random.Generator, count: int, scale: float, spread: float = 0.1) -> list[int]:
    return [int(value) for value in scale * rng.lognormal(0, spread, count)]


def test_the_interval_of_two_runs_is_scipy_s_bootstrap_s(ask):
    rng = np.random.default_rng(3)
    baseline, candidate = latencies(rng, 301, 1e6), latencies(rng, 200, 0.97e6)
    answer = compare(ask, [baseline], [candidate], resamples=4000)
    assert answer["ratio"] == pytest.approx(np.median(candidate) / np.median(baseline), rel=1e-12)
    theirs = stats.bootstrap(
        (candidate, baseline),
        lambda a, b, axis: np.median(a, axis) / np.median(b, axis),
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    # The samples are independent here, so hardly anything is added for dependence; 4000 draws fix an end to about a tenth of the
    # width.
    width = math.log(theirs.high / theirs.low)
    assert math.log(answer["interval"][0] / theirs.low) == pytest.approx(0, abs=0.2 * width)
    assert math.log(answer["interval"][1] / theirs.high) == pytest.approx(0, abs=0.2 * width)
    assert "between_runs" not in answer and answer["source"] == "samples"


def test_equal_seeds_give_equal_results_and_sides_can_be_swapped(ask):
    rng = np.random.default_rng(4)
    sides = [[latencies(rng, 80, 1e6) for _ in range(3)] for _ in range(2)]
    answer = compare(ask, *sides)
    assert answer == compare(ask, *sides)
    assert answer != compare(ask, *sides, seed=1)
    swapped = compare(ask, *reversed(sides))
    assert swapped["ratio"] == pytest.approx(1 / answer["ratio"])
    assert swapped["interval"] == pytest.approx([1 / answer["interval"][1], 1 / answer["interval"][0]], rel=0.01)


@pytest.mark.parametrize(
    ("factor", "count", "verdict"), [(0.9, 200, "faster"), (1.1, 200, "slower"), (1.0, 3000, "same"), (1.02, 30, "cannot-tell")]
)
def test_each_outcome_occurs(ask, factor, count, verdict):
    rng = np.random.default_rng(5)
    baseline, candidate = latencies(rng, count, 1e6), latencies(rng, count, factor * 1e6)
    assert compare(ask, [baseline], [candidate])["verdict"] == verdict


@pytest.mark.parametrize("size", [1, 2, 63, 64])
def test_constants_are_the_same_and_their_multiples_are_not(ask, size):
    assert compare(ask, [[1000] * size], [[1000] * size])["verdict"] == "same"
    answer = compare(ask, [[1000] * size], [[2000] * size])
    assert answer["interval"] == pytest.approx([2, 2])
    # One or two samples per side cannot show a direction.
    assert answer["verdict"] == ("cannot-tell" if size < 4 else "slower")


@pytest.mark.parametrize("runs", [2, 3, 5, 10])
def test_variation_between_runs_is_not_mistaken_for_a_difference(ask, runs):
    """Equal sides whose runs differ by 5% each: at most one in a hundred outcomes may be faster or slower."""
    rng = np.random.default_rng(runs)
    wrong = 0
    for trial in range(150):
        sides = [[latencies(rng, 50, 1e6 * rng.lognormal(0, 0.05), 0.02) for _ in range(runs)] for _ in range(2)]
        answer = compare(ask, *sides, seed=trial, resamples=100)
        wrong += answer["verdict"] in ("faster", "slower")
        assert answer["source"] == "runs"
    # Of 150 at 1%: 1.5, standard deviation 1.2. The wider of two intervals errs less often.
    assert wrong <= 5


def test_dependent_samples_are_not_treated_as_independent(ask):
    """Equal sides with autocorrelated samples: if that were ignored, half of the outcomes would be wrong."""
    rng = np.random.default_rng(6)
    wrong = 0
    for trial in range(100):
        sides = []
        for _ in range(2):
            noise = rng.normal(0, 0.02, 300)
            for index in range(1, noise.size):
                noise[index] += 0.9 * noise[index - 1]
            sides.append([[int(1e6 * math.exp(value)) for value in noise]])
        wrong += compare(ask, *sides, seed=trial, resamples=200)["verdict"] in ("faster", "slower")
    assert wrong <= 5


def test_a_side_with_one_run_is_assumed_to_vary_like_the_other(ask):
    rng = np.random.default_rng(7)
    baseline = [latencies(rng, 50, 1e6 * scale, 0.001) for scale in (0.9, 1.0, 1.1)]
    answer = compare(ask, baseline, [latencies(rng, 50, 1.05e6, 0.001)])
    logs = np.log([np.median(run) for run in baseline])
    reach = stats.t.isf(0.025, 2) * np.std(logs, ddof=1) * math.sqrt(1 / 3 + 1)
    assert answer["between_runs"] == pytest.approx([answer["ratio"] * math.exp(-reach), answer["ratio"] * math.exp(reach)])
    assert answer["verdict"] == "cannot-tell" and answer["what_needed"] == "runs"


@pytest.mark.parametrize(("first", "second"), [(2, 2), (4, 4), (4, 6), (5, 5), (9, 10), (16, 3)])
def test_the_interval_of_several_runs_is_that_of_scipy_s_trimmed_t(ask, first, second):
    rng = np.random.default_rng(8)
    sides = [
        [latencies(rng, 40, 1e6 * rng.lognormal(0, spread), 0.001) for _ in range(count)]
        for spread, count in ((0.1, first), (0.02, second))
    ]
    answer = compare(ask, *sides)
    baseline, candidate = ([np.log(np.median(run)) for run in side] for side in sides)
    theirs = stats.ttest_ind(candidate, baseline, equal_var=False, trim=0.2).confidence_interval()
    assert answer["between_runs"] == pytest.approx([math.exp(theirs.low), math.exp(theirs.high)], rel=1e-9)
    assert answer["ratio"] == pytest.approx(math.exp(stats.trim_mean(candidate, 0.2) - stats.trim_mean(baseline, 0.2)))


def test_one_outlier_in_twenty_runs_hides_no_difference(ask):
    rng = np.random.default_rng(12)
    sides = [[latencies(rng, 40, scale * rng.lognormal(0, 0.005), 0.01) for _ in range(20)] for scale in (1e6, 1.03e6)]
    sides[0][7] = [2 * value for value in sides[0][7]]
    answer = compare(ask, *sides)
    assert answer["verdict"] == "slower" and answer["ratio"] == pytest.approx(1.03, abs=0.005)


@pytest.mark.parametrize("factor", [1.0, 1.03])
def test_the_recommended_number_of_samples_is_enough(ask, factor):
    rng = np.random.default_rng(9)
    decided = asked = 0
    for trial in range(60):
        baseline, candidate = latencies(rng, 40, 1e6), latencies(rng, 40, factor * 1e6)
        first = compare(ask, [baseline], [candidate], seed=trial, resamples=200)
        if first["verdict"] != "cannot-tell":
            continue
        assert first["what_needed"] == "samples" and first["factor_needed"] >= 1
        count = min(6000, math.ceil(40 * first["factor_needed"] * 1.5))
        again = compare(ask, [latencies(rng, count, 1e6)], [latencies(rng, count, factor * 1e6)], seed=trial, resamples=200)
        asked += 1
        decided += again["verdict"] != "cannot-tell"
    # The ratio in few samples differs from the true one, so this is a rule of thumb: it must be enough half of the time.
    assert asked > 30 and decided > asked / 2


def paired(ask, baseline, candidate, margin=0.01, seed=0):
    return ask("paired-ratio", baseline=baseline, candidate=candidate, margin=margin, seed=seed)


@pytest.mark.parametrize("count", [2, 3, 10, 60])
def test_the_interval_of_pairs_is_the_wider_of_scipy_s_t_and_bootstrap(ask, count):
    rng = np.random.default_rng(count)
    baseline = rng.uniform(0.5, 0.95, count)
    candidate = baseline * rng.normal(0.99, 0.02, count)
    answer = paired(ask, list(baseline), list(candidate))
    assert answer["ratio"] == pytest.approx(candidate.mean() / baseline.mean())
    for level, (low, high) in ((0.95, answer["interval"]), (0.99, answer["wide"])):
        t = stats.ttest_rel(candidate, baseline).confidence_interval(level)
        bootstrap = stats.bootstrap(
            (candidate, baseline),
            lambda a, b, axis: a.mean(axis) / b.mean(axis),
            paired=True,
            n_resamples=10_000,
            method="percentile",
            confidence_level=level,
            rng=np.random.default_rng(1),
        ).confidence_interval
        width = (t.high - t.low) / baseline.mean()
        assert low == pytest.approx(min(max(0, 1 + t.low / baseline.mean()), bootstrap.low), abs=0.03 * width)
        assert high == pytest.approx(max(1 + t.high / baseline.mean(), bootstrap.high), abs=0.03 * width)


def test_pairs_of_equal_sides_rarely_differ(ask):
    rng = np.random.default_rng(11)
    wrong = 0
    for trial in range(200):
        patients = rng.uniform(0.5, 0.95, 8)
        sides = [list(patients + rng.normal(0, 0.02, 8)) for _ in range(2)]
        wrong += paired(ask, *sides, seed=trial)["verdict"] in ("less", "more")
    # Of 200 at 1%: 2, standard deviation 1.4.
    assert wrong <= 7


def test_each_outcome_of_a_ratio_of_pairs_occurs(ask):
    baseline = [0.8, 0.9, 0.7, 0.85]
    assert paired(ask, baseline, baseline)["verdict"] == "same"
    assert paired(ask, baseline, [0.9 * value for value in baseline])["verdict"] == "less"
    assert paired(ask, baseline, [value + 0.05 for value in baseline])["verdict"] == "more"
    unsure = paired(ask, baseline, [0.9, 0.8, 0.75, 0.8])
    assert unsure["verdict"] == "cannot-tell" and unsure["factor_needed"] > 1
