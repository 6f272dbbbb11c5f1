"""Confident learning by hand, and flips that were planted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import poisson

from groundswell.errors import DataError
from groundswell.evaluation.label_errors import confident_joint, joint_shares, likely_label_errors

# Label 0: rows 0 to 3, label 1: rows 4 and 5. The mean probability of label 0 among its rows is
# (0.9 + 0.8 + 0.2 + 0.5) / 4 = 0.6, of label 1 (0.7 + 0.9) / 2 = 0.8.
PROBABILITIES = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.5, 0.5], [0.3, 0.7], [0.1, 0.9]])
LABELS = np.array([0, 0, 0, 0, 1, 1])


def test_the_joint_by_hand() -> None:
    """Rows 0 and 1 reach 0.6 of label 0, rows 2 and 5 reach 0.8 of label 1, rows 3 and 4 reach nothing."""
    assert confident_joint(PROBABILITIES, LABELS).tolist() == [[2, 1], [0, 1]]


def test_shares_by_hand() -> None:
    """Label 0 has 4 of 6 rows, a third of which is of label 1: 4/6 * 2/3, 4/6 * 1/3, and 2/6 of label 1."""
    shares = joint_shares(confident_joint(PROBABILITIES, LABELS), LABELS)
    np.testing.assert_allclose(shares, [[4 / 9, 2 / 9], [0, 1 / 3]])


def test_the_one_doubt_by_hand() -> None:
    (doubt,) = likely_label_errors(PROBABILITIES, LABELS)
    assert (doubt.row, doubt.given, doubt.suggested) == (2, 0, 1)
    assert (doubt.probability, doubt.margin) == (pytest.approx(0.8), pytest.approx(0.6))


def test_as_many_are_doubted_as_there_may_be_by_falling_margin() -> None:
    random = np.random.default_rng(1)
    probabilities = random.dirichlet([1, 1, 1], size=300)
    labels = random.integers(0, 3, 300)
    joint = confident_joint(probabilities, labels)
    doubts = likely_label_errors(probabilities, labels)
    assert [doubt.margin for doubt in doubts] == sorted((doubt.margin for doubt in doubts), reverse=True)
    for given in range(3):
        for other in {0, 1, 2} - {given}:
            rows = [row for row in range(300) if labels[row] == given and probabilities[row].argmax() == other]
            rows.sort(key=lambda row: probabilities[row, given] - probabilities[row, other])
            count = joint[given, other]
            upper = brentq(lambda mean, count=count: poisson.cdf(count, mean) - 0.05, 1e-3, 1e3)
            most = math.ceil(upper * (labels == given).sum() / joint[given].sum())
            found = [doubt.row for doubt in doubts if (doubt.given, doubt.suggested) == (given, other)]
            assert found == rows[:most]


def test_equal_probabilities_reach_their_mean() -> None:
    """Three times 0.9526 is no more than three times 0.9526, whatever rounding says."""
    high = 1 / (1 + math.exp(-3.0))
    probabilities = np.array([[high, 1 - high]] * 7 + [[1 - high, high]] * 7)
    labels = np.array([0] * 6 + [1] + [1] * 7)
    assert [doubt.row for doubt in likely_label_errors(probabilities, labels)] == [6]


def test_a_sure_and_right_model_doubts_nothing() -> None:
    assert likely_label_errors(np.eye(3)[[0, 1, 2, 0]] * 0.94 + 0.02, np.array([0, 1, 2, 0])) == []


def test_planted_flips_are_found_and_nothing_else() -> None:
    """A model that is right with 0.9 on average, and 20 of 400 labels that were turned round."""
    random = np.random.default_rng(2)
    true = random.integers(0, 2, 400)
    right = random.beta(18, 2, 400)
    probabilities = np.where(np.arange(2) == true[:, None], right[:, None], 1 - right[:, None])
    given = true.copy()
    given[:20] = 1 - given[:20]
    found = {doubt.row for doubt in likely_label_errors(probabilities, given)}
    assert found == set(range(20))


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.array([[0.5, np.nan], [0.5, 0.5]]), np.array([0, 1]), "row 0: found nan among the probabilities"),
        (np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([0, 0]), "label 1: found no row that carries it"),
        (np.array([[0.5, 0.5]]), np.array([0, 1]), "found 1 rows of probabilities and 2 labels"),
    ],
)
def test_unusable_values_are_refused(probabilities: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        likely_label_errors(probabilities, labels)
