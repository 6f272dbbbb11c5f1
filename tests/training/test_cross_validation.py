"""Cross-validation: nobody is judged by a model that saw them, beside scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.errors import DataError
from groundswell.training.cross_validation import cross_validated_probabilities, draw_folds

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(90, 4))
TARGETS = (ROWS[:, 0] + 0.3 * RANDOM.normal(size=90) > 0).astype(np.int64) + (ROWS[:, 1] > 1)


def test_it_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, cross_val_predict

    folds = draw_folds(TARGETS, folds=3, seed=1)
    theirs = cross_val_predict(
        LogisticRegression(C=0.5, max_iter=1000), ROWS, TARGETS, cv=PredefinedSplit(folds), method="predict_proba"
    )
    found = cross_validated_probabilities(ROWS, TARGETS, 3, folds=folds, strength=0.5)
    np.testing.assert_allclose(found, theirs, atol=1e-6)


def test_a_row_is_judged_by_a_model_that_has_not_seen_it() -> None:
    """With its own column a row would be known by heart; only rows of its own fold have that column set."""
    targets = np.arange(40) % 2
    folds = draw_folds(targets, folds=4)
    rows = np.zeros((40, 4))
    rows[np.arange(40), folds] = np.where(targets == 1, 5.0, -5.0)
    found = cross_validated_probabilities(rows, targets, 2, folds=folds)
    np.testing.assert_allclose(found, 0.5, atol=1e-3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=60), st.integers(2, 5), st.integers(0, 3))
def test_classes_are_spread_evenly(targets: list[int], folds: int, seed: int) -> None:
    drawn = draw_folds(np.array(targets), folds=folds, seed=seed)
    assert set(drawn.tolist()) <= set(range(folds))
    for name in set(targets):
        sizes = np.bincount(drawn[np.array(targets) == name], minlength=folds)
        assert sizes.max() - sizes.min() <= 1


def test_a_group_stays_in_one_fold() -> None:
    targets = np.array([0, 1] * 30)
    groups = [f"text {place % 20}" for place in range(60)]
    drawn = draw_folds(targets, groups=groups)
    assert all(len({int(drawn[place]) for place in range(60) if groups[place] == name}) == 1 for name in set(groups))
    assert len(set(drawn.tolist())) == 5


def test_a_class_in_one_fold_alone_is_refused() -> None:
    with pytest.raises(DataError, match="class 1 stands in fold 0 alone, expected every class in two folds at least"):
        cross_validated_probabilities(np.eye(4), np.array([1, 0, 0, 0]), 2, folds=np.array([0, 0, 1, 1]))
