"""Whether texts with confidence 0.8 are right in 8 of 10 cases: bins of confidence, and how far they are off."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.proportions import wilson

Array = NDArray[Any]
Floats = NDArray[np.float64]

NUM_BINS = 15


def bin_numbers(confidence: Floats) -> NDArray[np.int64]:
    """The bin of each confidence (N,), 0 to 14: equal widths, bin b holds what is above b / 15 and up to (b + 1) / 15.

    >>> bin_numbers(np.array([0.0, 0.6, 0.601, 1.0])).tolist()
    [0, 8, 9, 14]
    """
    return np.clip(np.ceil(confidence * NUM_BINS).astype(np.int64) - 1, 0, NUM_BINS - 1)


def gaps(confidence: Floats, right: Array) -> Floats:
    """(N, 15): each row's right (0 or 1) minus its confidence, in the column of its bin; elsewhere 0.

    The absolute column sums, added up and divided by N, are the expected calibration error (ECE): Guo et al. 2017,
    equation 3.
    """
    rows = np.zeros((len(confidence), NUM_BINS))
    rows[np.arange(len(confidence)), bin_numbers(confidence)] = right - confidence
    return rows


def reliability_bins(confidence: Floats, right: Array, z: float) -> list[dict[str, float | int]]:
    """What each bin that is not empty holds, the accuracy in it with its Wilson interval.

    z         of the interval, 1.96 for 95 %
    returns   [{"low", "high", "num_rows", "confidence", "accuracy", "accuracy_low", "accuracy_high"}], by confidence
    """
    numbers = bin_numbers(confidence)
    found: list[dict[str, float | int]] = []
    for number in np.unique(numbers):
        inside = numbers == number
        accuracy = wilson(int(right[inside].sum()), int(inside.sum()), z)
        found.append(
            {
                "low": float(number) / NUM_BINS,
                "high": float(number + 1) / NUM_BINS,
                "num_rows": int(inside.sum()),
                "confidence": float(confidence[inside].mean()),
                "accuracy": accuracy.value,
                "accuracy_low": accuracy.low,
                "accuracy_high": accuracy.high,
            }
        )
    return found


def errors_by_chance(confidence: Floats, *, resamples: int, seed: int) -> Floats:
    """(R,) expected calibration errors that as many rows would show if every confidence were true.

    In each bin the sum of (right - confidence) is then nearly normal, with mean 0 and variance sum c (1 - c).
    """
    variances = np.bincount(bin_numbers(confidence), confidence * (1 - confidence), NUM_BINS)
    normal = np.random.default_rng(seed).standard_normal((resamples, NUM_BINS))
    return np.asarray(np.abs(normal * np.sqrt(variances)).sum(axis=1) / len(confidence))
