"""The bootstrap against closed forms, against a bootstrap that really draws rows, and by its coverage."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom, pearsonr
from sklearn.metrics import f1_score

from groundswell.errors import DataError
from groundswell.evaluation import resampling
from groundswell.evaluation.intervals import bootstrap_intervals
from groundswell.evaluation.metrics import score_multi_label, score_regression, score_single_label
from groundswell.evaluation.resampling import draws

RIGHT_OR_WRONG = np.array([[True], [False]])


def share_interval(num_right: int, num_rows: int, **settings: float) -> np.ndarray:
    counts = np.array([num_right, num_rows - num_right])
    return bootstrap_intervals(RIGHT_OR_WRONG, lambda sums: sums / num_rows, counts=counts, **settings)[0]


def by_drawing_rows(metric: Callable[[np.ndarray], float], num_rows: int, resamples: int) -> np.ndarray:
    generator = np.random.default_rng(99)
    drawn = [metric(generator.integers(0, num_rows, num_rows)) for _ in range(resamples)]
    return np.quantile(drawn, [0.025, 0.975])


@pytest.mark.parametrize(("num_right", "num_rows"), [(425, 500), (50, 100), (990, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_an_accuracy_has_the_quantiles_of_the_binomial(num_right: int, num_rows: int, level: float):
    """The share of right rows in a resample is binomial with the share found: its percentiles are known."""
    found = share_interval(num_right, num_rows, resamples=20_000, level=level)
    expected = binom.ppf([(1 - level) / 2, (1 + level) / 2], num_rows, num_right / num_rows) / num_rows
    np.testing.assert_allclose(found, expected, atol=1.01 / num_rows)


def test_500_rows_at_85_percent_are_near_the_wilson_interval():
    np.testing.assert_allclose(share_interval(425, 500, resamples=4000), [0.816, 0.879], atol=0.006)


def test_macro_f1_equals_drawing_rows():
    generator = np.random.default_rng(1)
    gold = generator.choice(3, 150, p=[0.6, 0.3, 0.1])
    predicted = np.where(generator.random(150) < 0.7, gold, generator.integers(0, 3, 150))
    found = score_single_label(gold, predicted, ["a", "b", "c"], resamples=4000)["macro_f1"]

    def metric(rows: np.ndarray) -> float:
        f1 = []
        for label in range(3):
            hits = ((gold[rows] == label) & (predicted[rows] == label)).sum()
            there = (gold[rows] == label).sum() + (predicted[rows] == label).sum()
            f1.append(2 * hits / there if there else 0.0)
        return float(np.mean(f1))

    np.testing.assert_allclose([found["low"], found["high"]], by_drawing_rows(metric, 150, 4000), atol=0.008)


def test_multi_label_equals_drawing_rows():
    generator = np.random.default_rng(2)
    gold = generator.random((120, 4)) < 0.3
    predicted = gold ^ (generator.random((120, 4)) < 0.1)
    found = score_multi_label(gold, predicted, list("abcd"), resamples=2000)["micro_f1"]
    expected = by_drawing_rows(lambda rows: f1_score(gold[rows], predicted[rows], average="micro"), 120, 300)
    np.testing.assert_allclose([found["low"], found["high"]], expected, atol=0.02)


def test_pearson_equals_drawing_rows():
    generator = np.random.default_rng(3)
    gold = generator.normal(size=100)
    predicted = gold + generator.normal(size=100)
    found = score_regression(gold, predicted, resamples=4000)["pearson"]
    expected = by_drawing_rows(lambda rows: pearsonr(gold[rows], predicted[rows]).statistic, 100, 2000)
    np.testing.assert_allclose([found["low"], found["high"]], expected, atol=0.015)


def test_every_resample_has_as_many_rows_as_the_split():
    for times in (np.arange(7), np.array([0, 3, 0]), np.ones(30, dtype=int), np.array([500, 0, 100])):
        drawn = np.concatenate(list(draws(times, 50, 0)))
        assert drawn.shape == (50, len(times))
        assert np.unique(drawn.sum(axis=1)).tolist() == [times.sum()]
        assert not drawn[:, times == 0].any()


def test_a_distinct_row_is_drawn_as_often_as_there_are_such_rows():
    for times in (np.array([3, 1, 6]), np.array([300, 100, 600])):  # by row, and by binomial numbers
        drawn = np.concatenate(list(draws(times, 20_000, 1)))
        np.testing.assert_allclose(drawn.mean(axis=0), times, rtol=0.02)
        share = times / times.sum()
        np.testing.assert_allclose(drawn.var(axis=0), times.sum() * share * (1 - share), rtol=0.05)


def test_the_seed_decides_and_the_size_of_the_blocks_does_not(monkeypatch: pytest.MonkeyPatch):
    rows = np.random.default_rng(4).random((60, 5)) < 0.5
    first = bootstrap_intervals(rows, lambda sums: sums / 60, resamples=100, seed=7)
    monkeypatch.setattr(resampling, "MOST_VALUES_AT_ONCE", 130)
    np.testing.assert_array_equal(bootstrap_intervals(rows, lambda sums: sums / 60, resamples=100, seed=7), first)
    other = bootstrap_intervals(rows, lambda sums: sums / 60, resamples=100, seed=8)
    assert not np.array_equal(other, first)


def test_memory_stays_bounded():
    """All draws at once would be 400 x 20,000 numbers of 8 bytes, twice: 128 MB."""
    rows = np.zeros((20_000, 3), dtype=bool)
    tracemalloc.start()
    bootstrap_intervals(rows, lambda sums: sums, resamples=400)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64e6


def test_no_rows():
    with pytest.raises(DataError) as caught:
        bootstrap_intervals(np.zeros((0, 2)), lambda sums: sums)
    assert str(caught.value) == ("bootstrap: found 0 rows, expected at least 1. Evaluate on data with labelled rows")


def test_a_level_of_95():
    with pytest.raises(DataError) as caught:
        share_interval(5, 10, level=95)
    assert str(caught.value) == (
        "bootstrap: found resamples=1000 and level=95, expected at least 1 resample and a level between 0 and 1. "
        "Mend evaluation.resamples or evaluation.level"
    )
