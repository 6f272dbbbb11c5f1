"""The arithmetic of correlation and error for a predicted number.

As in `classification`, every metric depends on the rows only through the sums of `value_rows`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Below this share of the mean square, what is left of a variance is the rounding of its terms.
ROUNDING = 1e-12


def value_rows(gold: Floats, predicted: Floats, *, one_centre: bool = False) -> Floats:
    """What each row adds to the sums, (N, 7): g, p, g², p², gp, |error|, error².

    g and p are gold and predicted less their means; with `one_centre` both less the mean of gold, so that rows of
    several models can be mixed.
    """
    g, p = _centred(gold), predicted - gold.mean() if one_centre else _centred(predicted)
    error = predicted - gold
    return np.stack([g, p, g * g, p * p, g * p, np.abs(error), error * error], axis=1)


def pearson(sums: Floats, num_rows: int) -> Floats:
    """Pearson correlation, -1 to 1, of sums (..., 7) -> (...); 0 where gold or predicted is constant."""
    g, p, gg, pp, gp = (sums[..., column] for column in range(5))
    gold_spread, predicted_spread = num_rows * gg - g * g, num_rows * pp - p * p
    varies = (gold_spread > ROUNDING * num_rows * gg) & (predicted_spread > ROUNDING * num_rows * pp)
    scale = np.sqrt(np.where(varies, gold_spread, 1.0)) * np.sqrt(np.where(varies, predicted_spread, 1.0))
    return np.asarray(np.where(varies, np.clip((num_rows * gp - g * p) / scale, -1.0, 1.0), 0.0))


def concordance(sums: Floats, num_rows: int) -> Floats:
    """Concordance correlation, -1 to 1, of sums (..., 7) -> (...): correlation that also asks for the same values.

    2 s_gp / (s_g² + s_p² + (mean g - mean p)²), Lin 1989 (https://doi.org/10.2307/2532051), with variances over N. Its
    denominator is the mean square error plus 2 s_gp. 0 where it is 0/0.
    """
    g, p, gp, square = (sums[..., column] / num_rows for column in (0, 1, 4, 6))
    shared = 2 * (gp - g * p)
    below = square + shared
    defined = below > ROUNDING * (square + np.abs(gp))
    return np.asarray(np.where(defined, np.clip(shared / np.where(defined, below, 1.0), -1.0, 1.0), 0.0))


def mean_absolute_error(sums: Floats, num_rows: int) -> Floats:
    """Mean of |predicted - gold| in the unit of the target, of sums (..., 7) -> (...)."""
    return np.asarray(sums[..., 5] / num_rows)


def root_mean_square_error(sums: Floats, num_rows: int) -> Floats:
    """Root of the mean of (predicted - gold)² in the unit of the target, of sums (..., 7) -> (...)."""
    return np.asarray(np.sqrt(np.maximum(sums[..., 6], 0.0) / num_rows))


def _centred(values: Floats) -> Floats:
    # The mean of equal numbers is not always that number; a constant must come out as exact zeros.
    if np.ptp(values) == 0:
        return np.zeros_like(values)
    return np.asarray(values - values.mean())
