"""The threshold against every threshold there is, the scale against a known one."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.evaluation.opinion_calibration import best_threshold, fit_scale
from groundswell.evaluation.opinion_metrics import micro_f1
from groundswell.model.opinion_scoring import Calibration
from groundswell.types import Opinion, Span

ELEMENTS = ("aspect", "polarity")


def opinion(place: int, score: float) -> Opinion:
    return Opinion(Span("x", place, place + 1), None, None, "positive", score=score)


def random_texts(seed: int, slope: float = 1.0, offset: float = 0.0) -> tuple[list[list[Opinion]], list[list[Opinion]]]:
    """Tuples that are right with the chance sigmoid(slope * logit(score) + offset)."""
    rng = np.random.default_rng(seed)
    gold, found = [], []
    for _ in range(400):
        scores = rng.uniform(0.05, 0.95, size=10)
        chance = 1 / (1 + np.exp(-(slope * np.log(scores / (1 - scores)) + offset)))
        right = rng.random(10) < chance
        found.append([opinion(place, float(score)) for place, score in enumerate(scores)])
        gold.append([opinion(place, 1.0) for place in np.flatnonzero(right)] + [opinion(99, 1.0)])
    return gold, found


def test_the_best_threshold_of_all() -> None:
    gold, found = random_texts(0)
    gold, found = gold[:20], found[:20]
    threshold, f1 = best_threshold(gold, found, ELEMENTS)

    def f1_at(lowest: float) -> float:
        return micro_f1(gold, [[one for one in text if one.score >= lowest] for text in found], ELEMENTS)

    every = [one.score for text in found for one in text]
    assert f1 == pytest.approx(max(map(f1_at, every)))
    assert f1_at(threshold) == pytest.approx(f1)


def test_equal_scores_are_kept_or_left_out_together() -> None:
    """Right and wrong at the same score: both give F1 2 / 3, the right one alone cannot be had."""
    gold, found = [[opinion(0, 1.0)]], [[opinion(0, 0.5), opinion(1, 0.5)]]
    threshold, f1 = best_threshold(gold, found, ELEMENTS)
    assert f1 == pytest.approx(2 / 3)
    assert threshold <= 0.5


def test_nothing_found_or_nothing_gold() -> None:
    assert best_threshold([[opinion(0, 1.0)]], [[]], ELEMENTS) == (0.5, 0.0)
    assert best_threshold([[]], [[opinion(0, 0.9)]], ELEMENTS) == (0.5, 0.0)
    assert fit_scale([[]], [[opinion(0, 0.9)]], ELEMENTS) == (1.0, 0.0)


def test_the_scale_is_found_again() -> None:
    gold, found = random_texts(1, slope=0.6, offset=-0.8)
    slope, offset = fit_scale(gold, found, ELEMENTS)
    assert slope == pytest.approx(0.6, abs=0.1)
    assert offset == pytest.approx(-0.8, abs=0.1)


def test_scaled_scores_are_as_often_right_as_they_say() -> None:
    gold, found = random_texts(2, slope=0.6, offset=-0.8)
    slope, offset = fit_scale(gold, found, ELEMENTS)
    fresh_gold, fresh = random_texts(3, slope=0.6, offset=-0.8)
    pairs = [
        (Calibration(slope, offset).score(one.score), one.aspect in {right.aspect for right in wanted})
        for wanted, text in zip(fresh_gold, fresh, strict=True)
        for one in text
    ]
    for low in (0.1, 0.2, 0.3, 0.4):
        inside = [right for score, right in pairs if low <= score < low + 0.1]
        assert abs(np.mean(inside) - (low + 0.05)) < 0.05
