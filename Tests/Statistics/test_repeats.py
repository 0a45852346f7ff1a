"""Repeated runs: components of variance and intervals, against SciPy and against simulated values."""

import math

import numpy as np
import pytest
from scipy import stats


def runs(rng, sessions, within=0.01, between=0.0, restart=0.0, count=60, centre=1e6):
    """Latencies of agent sessions with these numbers of runs, and with these standard deviations of logarithms."""
    made = []
    for size in sessions:
        session = rng.normal(0, restart)
        made.append(
            [
                [int(v) for v in centre * np.exp(session + rng.normal(0, between) + rng.normal(0, within, count))]
                for _ in range(size)
            ]
        )
    return made


def ask_nested(ask, sessions, seed=0):
    return ask("nested-medians", sessions=sessions, seed=seed)


def medians(sessions):
    return [[math.log(np.median(run)) for run in session] for session in sessions]


@pytest.mark.parametrize("sizes", [(2, 2), (3, 2, 4), (1, 1, 1), (5,), (6, 6, 6, 6)])
def test_components_are_those_of_the_analysis_of_variance(ask, sizes):
    rng = np.random.default_rng(sum(sizes))
    sessions = runs(rng, sizes, within=0.002, between=0.02, restart=0.05)
    answer = ask_nested(ask, sessions)
    logs = medians(sessions)
    total = sum(sizes)
    inside = [value - np.mean(session) for session in logs for value in session]
    degrees = total - len(sizes)
    mean_square = sum(v * v for v in inside) / degrees if degrees else None
    if mean_square is None:
        assert "between_runs" not in answer
    else:
        assert answer["between_runs"] == pytest.approx(max(0, mean_square - answer["within_run"]), rel=1e-9)
    if len(sizes) == 1:
        assert "between_restarts" not in answer
    else:
        grand = np.mean([value for session in logs for value in session])
        between = sum(len(session) * (np.mean(session) - grand) ** 2 for session in logs) / (len(sizes) - 1)
        weight = (total - sum(size * size for size in sizes) / total) / (len(sizes) - 1)
        base = mean_square if mean_square is not None else answer["within_run"]
        assert answer["between_restarts"] == pytest.approx(max(0, (between - base) / weight), rel=1e-9)
        if degrees:
            # The ratio of the two mean squares is SciPy's F.
            assert between / mean_square == pytest.approx(stats.f_oneway(*logs).statistic, rel=1e-9)


def test_components_recover_the_simulated_ones(ask):
    rng = np.random.default_rng(1)
    found = [ask_nested(ask, runs(rng, (4,) * 5, 0.05, 0.02, 0.04)) for _ in range(60)]
    # The variance of a normal sample's median is about pi/2 that of its mean; the bootstrap of so few samples gives slightly more.
    expected = 0.05**2 * math.pi / 2 / 60
    assert expected < np.mean([a["within_run"] for a in found]) < 1.6 * expected
    assert np.mean([a["between_runs"] for a in found]) == pytest.approx(0.02**2, rel=0.25)
    assert np.mean([a["between_restarts"] for a in found]) == pytest.approx(0.04**2, rel=0.4)


@pytest.mark.parametrize(
    ("sizes", "spreads", "source"),
    [((3,), (0.2, 0, 0), "samples"), ((6,), (0.01, 0.05, 0), "runs"), ((5, 5, 5), (0.01, 0.005, 0.1), "restarts")],
)
def test_the_widest_interval_decides(ask, sizes, spreads, source):
    sessions = runs(np.random.default_rng(2), sizes, *spreads)
    if source == "samples":
        # Runs that do not differ.
        sessions = [[sessions[0][0]] * 3]
    answer = ask_nested(ask, sessions)
    assert answer["source"] == source
    logs = medians(sessions)
    if source == "runs":
        theirs = stats.trim_mean(logs[0], 0.2)
        assert answer["location"] == pytest.approx(math.exp(theirs))
    if source == "restarts":
        means = [np.mean(session) for session in logs]
        reach = stats.t.isf(0.025, 2) * np.std(means, ddof=1) / math.sqrt(3)
        assert answer["interval"] == pytest.approx([answer["location"] * math.exp(-reach), answer["location"] * math.exp(reach)])


def test_restarts_that_differ_make_a_comparison_inconclusive(ask):
    """Two sides of equal modules; each agent session is off by 3%, and all its runs agree."""
    rng = np.random.default_rng(3)
    wrong = {True: 0, False: 0}
    for trial in range(60):
        sides = [runs(rng, (5, 5, 5), 0.01, 0.001, 0.03, count=20) for _ in range(2)]
        flat = [[run for session in side for run in session] for side in sides]
        for known in (True, False):
            sessions = [[index // 5 for index in range(15)]] * 2 if known else None
            answer = ask("compare", baseline=flat[0], candidate=flat[1], margin=0.02, seed=trial, resamples=100, sessions=sessions)
            wrong[known] += answer["verdict"] in ("faster", "slower")
            if known:
                means = [[np.mean(session) for session in medians(side)] for side in sides]
                theirs = stats.ttest_ind(means[1], means[0], equal_var=False).confidence_interval()
                ratio = math.log(answer["ratio"])
                assert math.log(answer["between_restarts"][1]) - ratio == pytest.approx((theirs.high - theirs.low) / 2)
    # At 1% each; without the restarts the runs are treated as independent.
    assert wrong[True] <= 3 < wrong[False]
