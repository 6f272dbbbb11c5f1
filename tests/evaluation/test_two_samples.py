"""Areas, intervals and label shifts beside scikit-learn, scipy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundswell.evaluation.two_samples import area_under_curve, label_shift


def test_the_area_is_that_of_scikit_learn_with_ties() -> None:
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(0)
    second = random.random(200) < 0.4
    scores = np.round(random.normal(size=200) + second, 1)
    found = area_under_curve(scores, second)
    assert found.value == pytest.approx(roc_auc_score(second, scores))
    assert 0 <= found.low < found.value < found.high <= 1


def test_the_interval_holds_the_true_area_in_95_of_100_draws() -> None:
    """Two normal distributions one apart: the true area is Phi(1 / sqrt 2) = 0.7602."""
    random = np.random.default_rng(1)
    true = 0.5 * (1 + math.erf(1 / 2))
    second = np.arange(120) < 50
    held = 0
    for _ in range(1_000):
        found = area_under_curve(random.normal(size=120) + second, second)
        held += found.low <= true <= found.high
    assert 0.93 <= held / 1_000 <= 0.97


def test_wholly_apart_and_not_at_all() -> None:
    second = np.array([False, False, True, True])
    assert area_under_curve(np.array([1.0, 2.0, 3.0, 4.0]), second) == (1.0, 1.0, 1.0)
    assert area_under_curve(np.ones(4), second).value == 0.5


def test_the_stability_index_by_hand() -> None:
    """Counts 50 : 50 and 80 : 20 with 0.5 added: shares 0.5, 0.5 and 80.5 / 101, 20.5 / 101."""
    p, q = 80.5 / 101, 20.5 / 101
    expected = (p - 0.5) * math.log(p / 0.5) + (q - 0.5) * math.log(q / 0.5)
    found = label_shift(np.array([50.0, 50.0]), np.array([80.0, 20.0]))
    assert found.psi == pytest.approx(expected)
    # chi-square: expected 65 and 35 on both sides, 2 * 15^2 / 65 + 2 * 15^2 / 35, one degree of freedom
    assert found.p_value == pytest.approx(math.erfc(math.sqrt((450 / 65 + 450 / 35) / 2)))


def test_a_label_that_neither_side_has_changes_nothing_in_the_test() -> None:
    without = label_shift(np.array([50.0, 50.0]), np.array([80.0, 20.0]))
    assert label_shift(np.array([50.0, 50.0, 0.0]), np.array([80.0, 20.0, 0.0])).p_value == without.p_value
    assert label_shift(np.array([5.0]), np.array([9.0])) == (0.0, 1.0)
