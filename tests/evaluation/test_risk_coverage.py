"""Accuracy of the surest texts by hand, and what dev vouches for on simulated texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from groundswell.evaluation.risk_coverage import accuracy_levels, risk_coverage


def test_the_curve_by_hand() -> None:
    confidence, right = np.array([0.6, 0.9, 0.8, 0.7]), np.array([False, True, True, False])
    assert risk_coverage(confidence, right) == [
        {"coverage": 1.0, "accuracy": 0.5, "threshold": 0.6},
        {"coverage": 0.75, "accuracy": 2 / 3, "threshold": 0.7},
        {"coverage": 0.5, "accuracy": 1.0, "threshold": 0.8},
        {"coverage": 0.25, "accuracy": 1.0, "threshold": 0.9},
    ]


def test_texts_of_equal_confidence_stay_together() -> None:
    found = risk_coverage(np.array([0.5, 0.5, 0.9]), np.array([True, False, True]))
    assert [(point["coverage"], point["accuracy"]) for point in found] == [(1.0, 2 / 3), (1 / 3, 1.0)]


@given(st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.61, 0.9, 1.0]), st.booleans()), min_size=1, max_size=80))
def test_every_point_says_what_its_threshold_does(rows: list[tuple[float, bool]]) -> None:
    confidence, right = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = risk_coverage(confidence, right)
    assert len(found) <= 50
    assert found[0]["coverage"] == 1
    coverages = [point["coverage"] for point in found]
    assert coverages == sorted(set(coverages), reverse=True)
    for point in found:
        kept = confidence >= point["threshold"]
        assert (point["coverage"], point["accuracy"]) == (kept.mean(), right[kept].mean())


def test_the_bound_is_the_exact_one() -> None:
    """19 of 20 levels are left at 5 % / 20 each; scipy's one-sided Clopper-Pearson bound is the same."""
    rng = np.random.default_rng(0)
    confidence = rng.random(400)
    right = rng.random(400) < 0.9
    levels = accuracy_levels(confidence, right)
    assert len(levels) == 20
    assert levels[0]["threshold"] == 0
    for level in levels:
        kept = confidence >= level["threshold"]
        test = binomtest(int(right[kept].sum()), int(kept.sum()), alternative="greater")
        bound = test.proportion_ci(confidence_level=1 - 0.05 / 20, method="exact").low
        assert level["at_least"] == pytest.approx(bound)
        assert level["at_least"] < level["accuracy"]


def test_all_wrong_vouches_for_nothing() -> None:
    assert {level["at_least"] for level in accuracy_levels(np.array([0.9, 0.8]), np.array([False, False]))} == {0.0}


def test_all_bounds_hold_at_once_as_often_as_said() -> None:
    """Right with the chance of the confidence c, uniform on 0.5 to 1: above t the accuracy is (1 + t) / 2."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        confidence = rng.uniform(0.5, 1, 500)
        levels = accuracy_levels(confidence, rng.random(500) < confidence)
        held += all(level["at_least"] <= (1 + max(level["threshold"], 0.5)) / 2 for level in levels)
    assert held >= 95
