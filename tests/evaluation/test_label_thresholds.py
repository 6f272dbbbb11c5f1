"""Thresholds of labels against every threshold there is."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from groundswell.evaluation.label_thresholds import best_label_thresholds


def test_the_best_of_all_thresholds() -> None:
    rng = np.random.default_rng(0)
    gold = rng.random((60, 5)) < [0.5, 0.1, 0.3, 0.9, 0.05]
    probabilities = np.round((gold * 0.3 + rng.random((60, 5))) / 1.3, 1)  # many are equal
    found = best_label_thresholds(gold, probabilities)
    for label in range(5):
        every = [f1_score(gold[:, label], probabilities[:, label] >= value) for value in np.unique(probabilities)]
        assert f1_score(gold[:, label], probabilities[:, label] >= found[label]) == pytest.approx(max(every))


def test_a_label_that_no_row_has() -> None:
    assert best_label_thresholds(np.array([[True, False]]), np.array([[0.2, 0.9]])).tolist() == [0.1, 0.5]
