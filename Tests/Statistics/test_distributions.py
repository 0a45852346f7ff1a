"""The distributions behind p-values and intervals, against SciPy's."""

import random

import pytest
from scipy import stats


@pytest.mark.parametrize("z", [-9.0, -1.96, -0.5, 0.0, 1e-9, 0.5, 1.96, 5.0, 20.0, 37.0])
def test_the_normal_distribution_is_scipy_s(ask, z):
    answer = ask("normal", z=z)
    assert answer["survival"] == pytest.approx(stats.norm.sf(z), rel=1e-12)
    assert answer["two_sided"] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)


@pytest.mark.parametrize("degrees", [1, 1.3, 2, 3, 4.56, 10, 29.5, 100, 1000, 100_000])
def test_student_s_t_is_scipy_s(ask, degrees):
    for t in [0.0, 1e-6, 0.1, 1.0, 2.0, 5.0, 30.0]:
        for share in [0.5, 0.05, 0.01, 1e-6]:
            answer = ask("student-t", t=t, share=share, degrees=degrees)
            assert answer["two_sided"] == pytest.approx(2 * stats.t.sf(t, degrees), rel=1e-9)
            assert answer["quantile"] == pytest.approx(stats.t.isf(share / 2, degrees), rel=1e-9)


def test_chi_squared_is_scipy_s(ask):
    rng = random.Random(2)
    for _ in range(300):
        degrees = rng.choice([1, 2, 3, 10, rng.randrange(1, 400)])
        x = rng.choice([0.0, degrees, degrees * rng.uniform(0, 4)])
        assert ask("chi-squared", x=x, degrees=degrees)["survival"] == pytest.approx(
            stats.chi2.sf(x, degrees), rel=1e-9, abs=1e-300
        )
