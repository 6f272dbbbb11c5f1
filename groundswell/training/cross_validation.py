"""What a cheap model says about each row when it has not seen that row: k-fold cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.training.linear_fit import fit_logistic_regression

Ids = NDArray[np.int64]
Matrix = NDArray[np.float64]

FOLDS = 5


def cross_validated_probabilities(
    features: Any,
    targets: Ids,
    num_classes: int,
    *,
    folds: Ids,
    strength: float = 1.0,
) -> Matrix:
    """(N, C): the probability of each class by a logistic regression that was fitted on the other folds.

    features   (N, F), sparse or dense
    targets    (N,) class ids from 0 to C - 1
    folds      (N,) as `draw_folds` gives them
    strength   of the fit, see `fit_logistic_regression`

    Raises DataError when a class is missing outside of a fold.
    """
    from scipy.special import softmax

    probabilities = np.empty((len(targets), num_classes))
    for fold in range(int(folds.max()) + 1):
        held_out = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(folds != fold)
        counts = np.bincount(targets[rest], minlength=num_classes)
        if (counts == 0).any():
            raise DataError(
                f"cross-validation: class {int(counts.argmin())} stands in fold {fold} alone, expected every class in "
                "two folds at least. Leave classes with so few texts out"
            )
        model = fit_logistic_regression(features[rest], targets[rest], num_classes, strength=strength)
        logits = np.asarray(features[held_out] @ model.weights) + model.bias
        probabilities[held_out] = softmax(logits, axis=1)
    return probabilities


def draw_folds(targets: Ids, *, folds: int = FOLDS, groups: Sequence[object] | None = None, seed: int = 0) -> Ids:
    """(N,) the fold of each row, drawn so that every class is spread evenly and no group stands in two folds.

    groups   (N,) rows of one group, such as copies of one text, go together; it counts as of its first row's class
    """
    names = list(range(len(targets))) if groups is None else list(groups)
    first: dict[object, int] = {}
    for row, name in enumerate(names):
        first.setdefault(name, row)
    heads = np.fromiter(first.values(), dtype=np.int64)
    order = np.random.default_rng(seed).permutation(len(heads))
    by_class = order[np.argsort(targets[heads[order]], kind="stable")]
    fold_of_head = np.empty(len(heads), dtype=np.int64)
    fold_of_head[by_class] = np.arange(len(heads)) % folds
    fold_of = dict(zip(first, fold_of_head.tolist(), strict=True))
    return np.array([fold_of[name] for name in names], dtype=np.int64)
