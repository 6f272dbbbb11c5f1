"""Intervals hold the truth as often as they say: data are made over and over from a law whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from groundswell.evaluation import regression
from groundswell.evaluation.classification import label_counts, label_rows, macro_f1, one_hot
from groundswell.evaluation.intervals import bootstrap_intervals, studentized_intervals
from groundswell.evaluation.metrics import f1_interval
from groundswell.evaluation.proportions import wilson


def covered(ends: np.ndarray, truth: float) -> float:
    return float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean())


def test_of_an_accuracy() -> None:
    for num_rows, share in ((60, 0.9), (200, 0.85), (500, 0.95)):
        counts = np.random.default_rng(0).binomial(num_rows, share, size=4000)
        ends = np.array([(found.low, found.high) for found in (wilson(int(right), num_rows) for right in counts)])
        assert 0.93 <= covered(ends, share) <= 0.97


def test_of_a_macro_f1_with_a_rare_label() -> None:
    """300 rows, a tenth of them of the third label, which the model finds half the time."""
    law = np.array([[0.51, 0.06, 0.03], [0.06, 0.21, 0.03], [0.03, 0.02, 0.05]])
    gold_ids, predicted_ids = np.divmod(np.arange(9), 3)
    rows = label_rows(one_hot(gold_ids, 3), one_hot(predicted_ids, 3))

    def statistic(sums: np.ndarray) -> np.ndarray:
        return macro_f1(label_counts(sums))[:, None]

    generator = np.random.default_rng(1)
    drawn = generator.multinomial(300, law.ravel(), size=1000)
    ends = [bootstrap_intervals(rows, statistic, counts=cells, resamples=400)[0] for cells in drawn]
    truth = np.mean([2 * law[k, k] / (law[k].sum() + law[:, k].sum()) for k in range(3)])
    assert 0.93 <= covered(np.array(ends), float(truth)) <= 0.97


def test_of_a_correlation_of_heavy_tails() -> None:
    """150 rows of Student's t with 6 degrees; percentiles alone hold the truth in some 92 of 100 cases."""
    generator = np.random.default_rng(2)
    ends = []
    for _ in range(1000):
        gold, noise = generator.standard_t(6, size=(2, 150))
        rows = regression.value_rows(gold, 0.6 * gold + 0.8 * noise)[:, :5]

        def statistic(sums: np.ndarray) -> np.ndarray:
            return regression.pearson(sums, 150)[:, None]

        ends.append(studentized_intervals(rows, statistic, limits=[(-1, 1)], resamples=300)[0])
    assert 0.93 <= covered(np.array(ends), 0.6) <= 0.97


@pytest.mark.parametrize(("num_rows", "concerned", "hits"), [(80, 0.32, 0.56), (300, 0.15, 0.8), (1000, 0.5, 0.9)])
def test_of_the_f1_of_one_label(num_rows: int, concerned: float, hits: float) -> None:
    """By every outcome and its probability: how many rows have the label on either side, and how many of these hit."""
    truth, within = 2 * hits / (1 + hits), 0.0
    for total in range(num_rows + 1):
        chance = binom.pmf(total, num_rows, concerned)
        if chance < 1e-7:
            continue
        chances = binom.pmf(np.arange(total + 1), total, hits)
        for found in np.flatnonzero(chances > 1e-7):
            low, high = f1_interval(int(found), total - int(found), 0.95)
            within += chance * chances[found] * (low <= truth <= high)
    assert 0.94 <= within <= 0.96
