"""How right a model is about the texts that it is surest of, and which confidence that takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]

MOST_POINTS = 50
NUM_LEVELS = 20
RISK = 0.05


class Point(NamedTuple):
    """Of the texts with at least this confidence: their share of all, how many they are, how many of them are right."""

    coverage: float
    threshold: float
    num_rows: int
    num_right: int


def risk_coverage(confidence: Floats, right: Array) -> list[dict[str, float]]:
    """The accuracy on what is kept when only confident texts are, from all texts to the surest 2 %.

    confidence   (N,), 0 to 1
    right        (N,), bool
    returns      [{"coverage", "accuracy", "threshold"}], at most 50, coverage falling; texts of equal confidence are
                 kept or left together
    """
    return [
        {"coverage": point.coverage, "accuracy": point.num_right / point.num_rows, "threshold": point.threshold}
        for point in _points(confidence, right, MOST_POINTS)
    ]


def accuracy_levels(confidence: Floats, right: Array) -> list[dict[str, float]]:
    """Which accuracy can be promised from which confidence on, for at most 20 thresholds, coverage falling.

    `at_least` is the lower end of the exact (Clopper-Pearson) interval of the accuracy. The thresholds are placed by
    coverage (100 %, 95 % … 5 %), without regard to what is right, and the 5 % risk is shared out among them
    (Bonferroni): with a chance of 95 % all bounds hold at once, so whichever is chosen by its bound holds.

    returns   [{"coverage", "threshold", "accuracy", "at_least"}]; the threshold of coverage 1 is 0
    """
    from scipy.stats import beta

    levels = []
    for point in _points(confidence, right, NUM_LEVELS):
        wrong = point.num_rows - point.num_right
        bound = float(beta.ppf(RISK / NUM_LEVELS, point.num_right, wrong + 1)) if point.num_right else 0.0
        levels.append(
            {
                "coverage": point.coverage,
                "threshold": 0.0 if point.coverage == 1 else point.threshold,
                "accuracy": point.num_right / point.num_rows,
                "at_least": bound,
            }
        )
    return levels


def _points(confidence: Floats, right: Array, most: int) -> list[Point]:
    """At most `most` points, coverage falling by about 1 / most."""
    order = np.argsort(-confidence, kind="stable")
    ordered, num_right = confidence[order], np.cumsum(right[order])
    total = len(ordered)
    wanted = np.unique(np.ceil(np.arange(most, 0, -1) / most * total).astype(np.int64))[::-1]
    thresholds = ordered[wanted - 1]
    kept = np.searchsorted(-ordered, -thresholds, side="right")
    found = dict.fromkeys(
        Point(int(number) / total, float(threshold), int(number), int(num_right[number - 1]))
        for number, threshold in zip(kept, thresholds, strict=True)
    )
    return list(found)
