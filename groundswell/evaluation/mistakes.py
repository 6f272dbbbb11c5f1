"""The mistakes that a classifier was surest of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


def confident_mistakes(gold: Ids, probabilities: NDArray[np.float64]) -> list[int]:
    """The rows whose most probable label is not the gold one, by falling probability of that label.

    gold            (N,) label ids
    probabilities   (N, C)

    >>> confident_mistakes(np.array([0, 0, 1]), np.array([[0.4, 0.6], [0.1, 0.9], [0.2, 0.8]]))
    [1, 0]
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != gold)
    order = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    return [int(row) for row in wrong[order]]
