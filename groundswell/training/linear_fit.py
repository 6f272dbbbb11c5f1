"""Classifiers that weigh features: fitted in one go, each to weights (F, C) and a bias (C,) whose sums are logits.

`targets` are class ids (N,), or shares (N, C) of each text in each class, such as the probabilities of a teacher.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import TrainingError
from groundswell.model.linear import LinearWeights


def load_libraries() -> None:
    """Import what the fits need, so that the first one does not pay for it."""
    import sklearn.feature_extraction.text
    import sklearn.linear_model
    import sklearn.svm  # noqa: F401


Matrix = NDArray[np.float64]
Ids = NDArray[np.int64]
Targets = NDArray[np.int64] | NDArray[np.float64]


def fit_majority(targets: Targets, num_features: int, num_classes: int) -> LinearWeights:
    """The shares of the classes, whatever the text says."""
    counts = _shares(targets, num_classes).sum(axis=0)
    return LinearWeights(np.zeros((num_features, num_classes)), np.log(np.maximum(counts, 1e-3) / counts.sum()))


def fit_naive_bayes(features: Any, targets: Targets, num_classes: int, *, smoothing: float = 1.0) -> LinearWeights:
    """Multinomial naive Bayes: log P(c) + sum of log P(gram | c), every count raised by `smoothing`.

    McCallum & Nigam 1998 (https://www.cs.cmu.edu/~knigam/papers/multinomial-aaaiws98.pdf), equations 5 and 6.
    """
    counts = _class_counts(features, targets, num_classes) + smoothing
    return LinearWeights(
        np.log(counts / counts.sum(axis=0)), fit_majority(targets, features.shape[1], num_classes).bias
    )


def fit_logistic_regression(
    features: Any, targets: Targets, num_classes: int, *, strength: float, balanced: bool = False
) -> LinearWeights:
    """Weights of highest likelihood under a squared penalty of 1 / (2 strength)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, class_weight="balanced" if balanced else None, max_iter=1000)
    _fit(model, features, targets)
    return _both_sides(model.coef_, model.intercept_, num_classes)


def fit_linear_svm(
    features: Any, targets: Targets, num_classes: int, *, strength: float, balanced: bool = False, seed: int = 0
) -> LinearWeights:
    """One against the rest, squared hinge loss; logits are margins (divided by a temperature they are logits).

    With shares a text stands for its most probable class, weighed by that share: on both sides of a margin it would
    pull against itself, and the rounds would hardly end.

    Raises TrainingError when all texts are of one class.
    """
    from sklearn.svm import LinearSVC

    weights = None if targets.ndim == 1 else targets.max(axis=1)
    classes = targets if weights is None else targets.argmax(axis=1)
    if len(np.unique(classes)) < 2:
        raise TrainingError(
            f"all {len(classes):,} training texts are of one class, so there is no margin. Give texts of two, or "
            "learn by model.encoder=logistic_regression"
        )

    model = LinearSVC(
        C=strength, class_weight="balanced" if balanced else None, random_state=seed, max_iter=5000, dual="auto"
    )
    _fit(model, features, classes, weights)
    return _both_sides(model.coef_, model.intercept_, num_classes)


def fit_nb_svm(
    features: Any, targets: Targets, num_classes: int, *, strength: float, interpolation: float = 0.25, seed: int = 0
) -> LinearWeights:
    """A linear SVM on features scaled by their log-count ratio, its weights drawn towards their mean size.

    Wang & Manning 2012 (https://aclanthology.org/P12-2018), equations 1 to 4: r = ln((p / |p|) / (q / |q|)) with p, q
    the counts in and outside the class plus 1; w' = (1 - b) mean|w| + b w, b = `interpolation`. `features` are binary.
    """
    from scipy.sparse import diags_array

    columns, biases = [], []
    for number in range(num_classes if num_classes > 2 else 1):
        inside = _inside(targets, number if num_classes > 2 else 1)
        counts = _class_counts(features, inside, 2) + 1.0
        ratio = np.log((counts[:, 1] / counts[:, 1].sum()) / (counts[:, 0] / counts[:, 0].sum()))
        fitted = fit_linear_svm(features @ diags_array(ratio), inside, 2, strength=strength, seed=seed)
        margin = fitted.weights[:, 1] - fitted.weights[:, 0]
        weights = (1 - interpolation) * np.abs(margin).mean() + interpolation * margin
        columns.append(ratio * weights)
        biases.append(interpolation * (fitted.bias[1] - fitted.bias[0]))
    return _both_sides(np.array(columns), np.array(biases), num_classes)


def _class_counts(features: Any, targets: Targets, num_classes: int) -> Matrix:
    """(F, C) sums of the features over the texts of each class."""
    return np.asarray(features.T @ _shares(targets, num_classes), dtype=np.float64)


def _shares(targets: Targets, num_classes: int) -> Matrix:
    """(N, C): how much of each text is in each class."""
    found: Matrix = targets if targets.ndim == 2 else np.eye(num_classes)[targets]  # type: ignore[assignment]
    return found


def _inside(targets: Targets, number: int) -> Targets:
    """Whether each text is in a class (1) or not (0), or the shares of both."""
    if targets.ndim == 1:
        ids: Ids = (targets == number).astype(np.int64)
        return ids
    shares: Matrix = np.stack([1.0 - targets[:, number], targets[:, number]], axis=1)
    return shares


def _both_sides(coefficients: Matrix, bias: Matrix, num_classes: int) -> LinearWeights:
    """scikit-learn's one row for two classes as two logits z / 2 and -z / 2: their softmax is the sigmoid of z."""
    if num_classes == 2:
        coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
        bias = np.concatenate([-bias / 2, bias / 2])
    return LinearWeights(np.ascontiguousarray(coefficients.T), bias)


def _fit(model: Any, features: Any, targets: Targets, weights: Any = None) -> None:
    """Fit a model of scikit-learn; with shares a text stands there once for each class, weighed by its share."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            if targets.ndim == 1:
                model.fit(features, targets, sample_weight=weights)
            else:
                rows, classes = np.nonzero(targets)
                model.fit(features[rows], classes, sample_weight=targets[rows, classes])
        except ConvergenceWarning as error:
            raise TrainingError(
                f"the weights did not settle in {model.max_iter} rounds. Lower model.linear.strength, or weigh by tfidf"
            ) from error
