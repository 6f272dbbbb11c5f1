"""Whether two models that answered the same texts really differ."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Flags = NDArray[np.bool_]


class PairedComparison(NamedTuple):
    """First model against second on the same texts.

    difference   accuracy of the first minus that of the second
    low, high    interval of the difference, by bootstrap over texts
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
    gains = first.astype(np.int64) - second.astype(np.int64)
    counts = np.array([only_first, len(gains) - only_first - only_second, only_second])
    drawn = np.random.default_rng(seed).multinomial(len(gains), counts / len(gains), size=resamples)
    differences = (drawn[:, 0] - drawn[:, 2]) / len(gains)
    low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])
    return PairedComparison(
        float(gains.mean()), float(low), float(high), _mcnemar(only_first, only_second), only_first, only_second
    )


def _mcnemar(only_first: int, only_second: int) -> float:
    if only_first + only_second == 0:
        return 1.0
    from scipy.stats import binomtest

    result: Any = binomtest(only_first, only_first + only_second, 0.5)
    return float(result.pvalue)
