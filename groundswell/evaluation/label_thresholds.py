"""From which probability on a label of several pays: chosen for each label on dev."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def best_label_thresholds(gold: Array, probabilities: Array) -> NDArray[np.float64]:
    """(C,) for each label the threshold with the highest F1; one half for a label that no row has.

    gold (N, C) bool, probabilities (N, C). Rows are taken by falling probability: after the first k of them, r right,
    F1 = 2 r / (k + gold). The threshold lies half way between the last row that is taken and the next one.
    """
    found = np.full(gold.shape[1], 0.5)
    for label in np.flatnonzero(gold.any(axis=0)):
        order = np.argsort(-probabilities[:, label], kind="stable")
        values, right = probabilities[order, label].astype(np.float64), gold[order, label]
        f1 = 2 * np.cumsum(right) / (np.arange(1, len(right) + 1) + right.sum())
        last_of_value = np.append(values[1:] != values[:-1], True)  # equal ones are taken or left together
        best = int(np.argmax(np.where(last_of_value, f1, -1.0)))
        below = values[best + 1] if best + 1 < len(values) else 0.0
        found[label] = (values[best] + below) / 2
    return found
