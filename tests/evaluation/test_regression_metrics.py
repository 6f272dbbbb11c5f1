"""Correlation and errors, by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from groundswell.evaluation import regression


def sums_of(gold: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return regression.value_rows(gold, predicted).sum(axis=0)


def test_by_hand():
    """gold 1 2 3, predicted 2 2 5: errors 1 0 2, so MAE = 1 and RMSE = sqrt(5/3).

    deviations: gold -1 0 1, predicted -1 -1 2; covariance 3, variances 2 and 6; r = 3 / sqrt(12) = 0.866
    """
    sums = sums_of(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0]))
    assert regression.mean_absolute_error(sums, 3) == pytest.approx(1.0)
    assert regression.root_mean_square_error(sums, 3) == pytest.approx((5 / 3) ** 0.5)
    assert regression.pearson(sums, 3) == pytest.approx(3 / 12**0.5)


@given(seed=st.integers(0, 10_000), offset=st.sampled_from([0.0, 3.0, -1e6]), scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_equals_scipy_and_scikit_learn(seed: int, offset: float, scale: float):
    gold, noise = np.random.default_rng(seed).normal(size=(2, 50))
    gold = offset + scale * gold
    predicted = gold + scale * noise
    sums = sums_of(gold, predicted)
    assert regression.pearson(sums, 50) == pytest.approx(pearsonr(gold, predicted).statistic, abs=1e-9)
    assert regression.mean_absolute_error(sums, 50) == pytest.approx(mean_absolute_error(gold, predicted))
    assert regression.root_mean_square_error(sums, 50) == pytest.approx(root_mean_squared_error(gold, predicted))


@pytest.mark.parametrize("constant", [0.0, 0.1, 1 / 3, 1e9])
def test_a_constant_has_no_correlation(constant: float):
    gold = np.linspace(0, 1, 11)
    assert regression.pearson(sums_of(gold, np.full(11, constant)), 11) == 0.0
    assert regression.pearson(sums_of(np.full(11, constant), gold), 11) == 0.0


def test_a_resample_of_one_row_only_has_no_correlation():
    """Drawn eleven times, one row has no spread, though rounding leaves a variance beside zero."""
    rows = regression.value_rows(np.linspace(0, 1, 11) + 0.1, np.linspace(3, 7, 11) / 3)
    assert regression.pearson(11 * rows, 11).tolist() == [0.0] * 11
