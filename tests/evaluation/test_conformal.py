"""Prediction sets by hand, and their coverage on simulated texts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import beta

from groundswell.evaluation.conformal import Promise, lowest_probabilities, prediction_sets, score_promise

Z = 1.959963984540054


def test_the_finite_sample_quantile_by_hand() -> None:
    """n = 9: k = ceil(10 * 0.8) = 8 of the rows must be inside, so the 8th largest probability is the line."""
    of_gold = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert lowest_probabilities(of_gold, [0.8, 0.81, 0.9, 0.91]) == [0.2, 0.1, 0.1, None]


def test_rounding_costs_no_row() -> None:
    """(99 + 1) * 0.55 is 55.00000000000001 in binary; the 55th row is meant."""
    assert lowest_probabilities(np.linspace(0, 1, 99)[::-1], [0.55]) == [pytest.approx(1 - 54 / 98)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(0.5, 0.999))
def test_enough_rows_are_inside(of_gold: list[float], coverage: float) -> None:
    """Of the rows that the line was drawn by it lets in at least ceil((n + 1) coverage), and fewer lie above it."""
    (lowest,) = lowest_probabilities(np.array(of_gold), [coverage])
    wanted = math.ceil((len(of_gold) + 1) * coverage - 1e-9)
    if lowest is None:
        assert wanted > len(of_gold)
    else:
        assert sum(value >= lowest for value in of_gold) >= wanted
        assert sum(value > lowest for value in of_gold) < wanted


def test_sets_are_never_empty() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.8, 0.15, 0.05], [0.4, 0.35, 0.25]])
    assert prediction_sets(probabilities, 0.3).tolist() == [
        [True, True, False], [True, False, False], [True, True, False]
    ]  # fmt: skip
    assert prediction_sets(probabilities, 0.45).sum(axis=1).tolist() == [1, 1, 1]
    assert prediction_sets(probabilities, 0.0).all()
    one_each = prediction_sets(probabilities, np.array([0.9, 0.1, 0.3]))
    assert one_each.sum(axis=1).tolist() == [1, 2, 2]


def test_a_promise_by_hand() -> None:
    """Line 0.45: the sets are {0}, {0}, {} -> {0}; gold 0, 1, 0: 2 of 3 held, 1 of 3 before the empty one is filled."""
    probabilities = np.array([[0.5, 0.3, 0.2], [0.8, 0.15, 0.05], [0.4, 0.35, 0.25]])
    found = score_promise(np.array([0, 1, 0]), probabilities, Promise(0.9, 0.45, 0.45), Z)
    assert found["achieved"]["value"] == pytest.approx(2 / 3)
    assert found["before_filling"]["value"] == pytest.approx(1 / 3)
    assert (found["filled"], found["mean_size"]) == (pytest.approx(1 / 3), 1.0)
    assert found["achieved"]["low"] < 2 / 3 < found["achieved"]["high"]


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.9, 0.95])
def test_the_coverage_on_simulated_texts_is_the_promised_one(coverage: float) -> None:
    """Whatever the model is worth: here its logits are four times too large. Averaged over 200 draws of 200 rows.

    The coverage of one draw follows Beta(k, n + 1 - k); its mean is k / (n + 1), its spread that of the draws.
    """
    rng = np.random.default_rng(int(100 * coverage))
    found = []
    for _ in range(200):
        logits = rng.normal(0, 1, (1200, 3))
        gold = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((1200, 1))).sum(axis=1)
        probabilities = softmax(4 * logits, axis=1)
        of_gold = probabilities[np.arange(1200), gold]
        (lowest,) = lowest_probabilities(of_gold[:200], [coverage])
        assert lowest is not None
        found.append((of_gold[200:] >= lowest).mean())
        held = prediction_sets(probabilities[200:], lowest)[np.arange(1000), gold[200:]].mean()
        assert held >= found[-1]
    rank = math.ceil(201 * coverage - 1e-9)
    assert np.mean(found) == pytest.approx(rank / 201, abs=0.007)
    assert np.std(found) == pytest.approx(beta(rank, 201 - rank).std(), abs=0.007)
