"""Label counts and what follows from them, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from groundswell.evaluation import classification


def sums_of(gold: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return classification.label_rows(gold, predicted).sum(axis=0, dtype=float)


def test_precision_recall_and_f1_by_hand():
    """Two labels; a: 1 hit of 2 predicted and 4 gold, b: 2 hits of 3 predicted and 2 gold.

    a   P = 1/2   R = 1/4   F1 = 2 * 1 / (2 + 4) = 1/3
    b   P = 2/3   R = 1     F1 = 2 * 2 / (3 + 2) = 4/5
    macro F1 = (1/3 + 4/5) / 2 = 17/30, micro F1 = 2 * 3 / (5 + 6) = 6/11
    """
    counts = classification.LabelCounts(
        hits=np.array([1.0, 2.0]), predicted=np.array([2.0, 3.0]), gold=np.array([4.0, 2.0])
    )
    scores = classification.label_scores(counts)
    np.testing.assert_allclose(scores.precision, [1 / 2, 2 / 3])
    np.testing.assert_allclose(scores.recall, [1 / 4, 1])
    np.testing.assert_allclose(scores.f1, [1 / 3, 4 / 5])
    assert classification.macro_f1(counts) == pytest.approx(17 / 30)
    assert classification.micro_f1(counts) == pytest.approx(6 / 11)


def test_zero_by_zero_is_zero():
    nothing = classification.LabelCounts(*np.zeros((3, 2)))
    scores = classification.label_scores(nothing)
    assert [*scores.precision, *scores.recall, *scores.f1] == [0.0] * 6
    assert classification.micro_f1(nothing) == 0.0


def test_label_rows_by_hand():
    gold = np.array([[True, False], [True, True]])
    predicted = np.array([[True, False], [False, True]])
    rows = classification.label_rows(gold, predicted)
    #                            hits  predicted  gold  right
    assert rows.astype(int).tolist() == [[1, 0, 1, 0, 1, 0, 1], [0, 1, 0, 1, 1, 1, 0]]


def test_gold_is_in_the_rows_of_the_confusion_matrix():
    found = classification.confusion_matrix(np.array([0, 0, 0, 2]), np.array([1, 1, 0, 2]), 3)
    assert found.tolist() == [[1, 2, 0], [0, 0, 0], [0, 0, 1]]


@given(
    num_classes=st.integers(2, 6),
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40),
)
def test_single_label_equals_scikit_learn(num_classes: int, pairs: list[tuple[int, int]]):
    gold, predicted = (np.array(pairs).T % num_classes).astype(int)
    labels = list(range(num_classes))
    sums = sums_of(classification.one_hot(gold, num_classes), classification.one_hot(predicted, num_classes))
    counts = classification.label_counts(sums)
    scores = classification.label_scores(counts)
    precision, recall, f1, support = precision_recall_fscore_support(gold, predicted, labels=labels, zero_division=0)
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_allclose(scores.f1, f1)
    np.testing.assert_array_equal(counts.gold, support)
    macro = f1_score(gold, predicted, labels=labels, average="macro", zero_division=0)
    assert classification.macro_f1(counts) == pytest.approx(macro)
    assert classification.micro_f1(counts) == pytest.approx(accuracy_score(gold, predicted))
    assert classification.accuracy(sums, len(gold)) == pytest.approx(accuracy_score(gold, predicted))
    matrix = classification.confusion_matrix(gold, predicted, num_classes)
    np.testing.assert_array_equal(matrix, confusion_matrix(gold, predicted, labels=labels))


@given(seed=st.integers(0, 10_000), num_classes=st.integers(2, 5), share=st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_multi_label_equals_scikit_learn(seed: int, num_classes: int, share: float):
    generator = np.random.default_rng(seed)
    gold, predicted = generator.random((2, 12, num_classes)) < [[[share]], [[0.3]]]
    sums = sums_of(gold, predicted)
    counts = classification.label_counts(sums)
    for average, found in (("macro", classification.macro_f1(counts)), ("micro", classification.micro_f1(counts))):
        assert found == pytest.approx(f1_score(gold, predicted, average=average, zero_division=0))
    assert classification.accuracy(sums, len(gold)) == pytest.approx(accuracy_score(gold, predicted))
