"""The baselines' weights by hand and beside scikit-learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from groundswell.errors import TrainingError
from groundswell.training import linear_fit

# Rows: two texts of class 0, two of class 1; columns: grams.
ROWS = csr_array(np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1]], dtype=float))
TARGETS = np.array([0, 0, 1, 1])
RANDOM = np.random.default_rng(0)
MANY = csr_array((RANDOM.random((60, 8)) < 0.4).astype(float))
THREE = RANDOM.integers(0, 3, 60)


def test_the_majority_by_hand() -> None:
    weights, bias = linear_fit.fit_majority(np.array([0, 1, 1, 1]), 2, 2)
    assert not weights.any()
    np.testing.assert_allclose(np.exp(bias), [0.25, 0.75])


def test_naive_bayes_by_hand() -> None:
    """Class 0 has the grams 2, 1, 0 times, with 1 added 3, 2, 1 of 6; class 1 the other way round."""
    weights, bias = linear_fit.fit_naive_bayes(ROWS, TARGETS, 2)
    np.testing.assert_allclose(np.exp(weights), np.array([[3, 1], [2, 2], [1, 3]]) / 6)
    np.testing.assert_allclose(bias, [math.log(0.5)] * 2)


def test_naive_bayes_agrees_with_scikit_learn() -> None:
    from sklearn.naive_bayes import MultinomialNB

    theirs = MultinomialNB(alpha=1.0).fit(MANY, THREE)
    weights, bias = linear_fit.fit_naive_bayes(MANY, THREE, 3)
    found = MANY @ weights + bias
    np.testing.assert_allclose(np.exp(found) / np.exp(found).sum(axis=1, keepdims=True), theirs.predict_proba(MANY))


@pytest.mark.parametrize("num_classes", [2, 3])
def test_logistic_regression_gives_scikit_learns_probabilities(num_classes: int) -> None:
    from scipy.special import softmax
    from sklearn.linear_model import LogisticRegression

    targets = THREE % num_classes
    weights, bias = linear_fit.fit_logistic_regression(MANY, targets, num_classes, strength=2.0)
    theirs = LogisticRegression(C=2.0, max_iter=1000).fit(MANY, targets)
    np.testing.assert_allclose(softmax(MANY @ weights + bias, axis=1), theirs.predict_proba(MANY), atol=1e-6)


@pytest.mark.parametrize("num_classes", [2, 3])
def test_the_svm_decides_as_scikit_learns(num_classes: int) -> None:
    from sklearn.svm import LinearSVC

    targets = THREE % num_classes
    weights, bias = linear_fit.fit_linear_svm(MANY, targets, num_classes, strength=0.5)
    theirs = LinearSVC(C=0.5, random_state=0, max_iter=5000).fit(MANY, targets)
    assert (np.argmax(MANY @ weights + bias, axis=1) == theirs.predict(MANY)).all()


def test_the_log_count_ratio_of_nb_svm_by_hand() -> None:
    """Without interpolation every weight is mean|w| r: r = ln((1/6)/(3/6)), 0, ln((3/6)/(1/6)) for class 1."""
    weights, bias = linear_fit.fit_nb_svm(ROWS, TARGETS, 2, strength=1.0, interpolation=0.0)
    difference = weights[:, 1] - weights[:, 0]
    np.testing.assert_allclose(difference / difference[2], [-1.0, 0.0, 1.0], atol=1e-12)
    np.testing.assert_allclose(bias, [0.0, 0.0])


@pytest.mark.parametrize("num_classes", [2, 3])
def test_nb_svm_separates_what_can_be_separated(num_classes: int) -> None:
    targets = np.arange(30) % num_classes
    rows = csr_array(np.eye(num_classes)[targets])
    weights, bias = linear_fit.fit_nb_svm(rows, targets, num_classes, strength=1.0)
    assert (np.argmax(rows @ weights + bias, axis=1) == targets).all()


def test_weights_that_do_not_settle_are_refused() -> None:
    from sklearn.svm import LinearSVC

    with pytest.raises(TrainingError, match="did not settle in 1 rounds"):
        linear_fit._fit(LinearSVC(C=1e6, max_iter=1), csr_array(RANDOM.random((200, 50))), RANDOM.integers(0, 2, 200))


@pytest.mark.parametrize("kind", ["majority", "naive_bayes", "logistic_regression", "linear_svm", "nb_svm"])
@pytest.mark.parametrize("num_classes", [2, 3])
def test_shares_that_are_sure_are_classes(kind: str, num_classes: int) -> None:
    """A text that belongs to one class alone counts as one of that class."""
    targets = THREE % num_classes
    options: dict[str, Any] = {} if kind in ("majority", "naive_bayes") else {"strength": 1.0}
    features: Any = MANY.shape[1] if kind == "majority" else MANY
    fit = getattr(linear_fit, f"fit_{kind}")
    given = (targets, features) if kind == "majority" else (features, targets)
    sure = tuple(np.eye(num_classes)[targets] if one is targets else one for one in given)
    for one, other in zip(fit(*given, num_classes, **options), fit(*sure, num_classes, **options), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_a_text_in_two_classes_counts_as_a_part_of_each() -> None:
    """Three quarters and one quarter are three texts of the one and one of the other, at a quarter of the strength."""
    rows = csr_array(np.array([[1.0, 0.0], [0.0, 1.0]]))
    shares = np.array([[0.75, 0.25], [0.0, 1.0]])
    found = linear_fit.fit_logistic_regression(rows, shares, 2, strength=4.0)
    copies = csr_array(np.array([[1.0, 0.0]] * 4 + [[0.0, 1.0]] * 4))
    expected = linear_fit.fit_logistic_regression(copies, np.array([0, 0, 0, 1, 1, 1, 1, 1]), 2, strength=1.0)
    np.testing.assert_allclose(found.weights, expected.weights, atol=1e-3)
