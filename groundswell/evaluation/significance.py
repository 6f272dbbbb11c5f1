"""Whether two models that answered the same texts really differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation.intervals import bootstrap_intervals

Flags = NDArray[np.bool_]


class PairedComparison(NamedTuple):
    """First model against second on the same texts.

    difference   accuracy of the first minus that of the second
    low, high    interval of the difference, by the BCa bootstrap over texts
    p_value      of McNemar's exact test: how often chance alone would divide the texts on which just one of the two
                 is right at least as unevenly
    only_first   texts on which only the first is right
    only_second  texts on which only the second is right
    """

    difference: float
    low: float
    high: float
    p_value: float
    only_first: int
    only_second: int


def compare_paired(
    first: Flags, second: Flags, *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> PairedComparison:
    """How much better the first model is; DataError when the texts are not the same ones.

    first, second   (N,) True where the model is right
    level           of the interval, between 0 and 1

    McNemar 1947 (https://doi.org/10.1007/BF02295996) in its exact form: a two-sided binomial test with one half.

    >>> compare_paired(np.array([True] * 8 + [False] * 2), np.array([True] * 2 + [False] * 8)).p_value
    0.03125
    """
    if first.shape != second.shape or not len(first):
        raise DataError(
            f"paired test: found {len(first)} and {len(second)} answers, expected the same number and at least 1. "
            "Measure both models on the same texts"
        )
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    counts = np.array([only_first, len(first) - only_first - only_second, only_second])
    gains = np.array([[1], [0], [-1]])
    low, high = bootstrap_intervals(
        gains, lambda sums: sums / len(first), counts=counts, resamples=resamples, level=level, seed=seed
    )[0].tolist()
    difference = (only_first - only_second) / len(first)
    return PairedComparison(difference, low, high, _mcnemar(only_first, only_second), only_first, only_second)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values of several tests made at once, so much higher that one of them falls below 0.05 by chance in at most
    5 of 100 such families, in the order given.

    The step-down procedure of Holm 1979 (https://www.jstor.org/stable/4615733).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    stepped = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(value) for value in adjusted]


def _mcnemar(only_first: int, only_second: int) -> float:
    if only_first + only_second == 0:
        return 1.0
    from scipy.stats import binomtest

    result: Any = binomtest(only_first, only_first + only_second, 0.5)
    return float(result.pvalue)
