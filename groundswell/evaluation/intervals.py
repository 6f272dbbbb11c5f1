"""How far a metric would move had other rows of the same kind been drawn: two bootstraps, each for its metrics.

Shares and what is made of them (F1, correlation of labels) get BCa intervals, correlations and errors of numbers get
studentized ones: on a few hundred rows each covers the truth as often as it says where plain percentiles fall short.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation import resampling
from groundswell.evaluation.resampling import Floats, check_resampling, draws

Statistic = Callable[[Floats], Floats]

_STEP = 1e-3  # of a numeric derivative, in the largest value of a column
_NO_SPREAD = 1e-9  # of a standard error beside the metric's own: a resample that says nothing


def bootstrap_intervals(  # noqa: PLR0913 - how it is drawn
    rows: NDArray[np.generic],
    statistic: Statistic,
    *,
    counts: NDArray[np.int64] | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    corrected: bool = True,
) -> Floats:
    """Low and high end of each metric: (M, 2), by the BCa bootstrap.

    Draws as many rows as there are, with replacement, `resamples` times, and reads off percentiles that are moved for
    bias and for skewness (Efron 1987, https://doi.org/10.1080/01621459.1987.10478410). It serves every metric that
    depends on the rows only through their sum: how often each row is drawn follows a multinomial distribution, so only
    these numbers are drawn and multiplied with the rows.

    rows        (K, S), bool or numbers; what each distinct row adds to the sums
    statistic   sums (R, S) -> metrics (R, M)
    counts      (K,), how many rows are equal to each distinct one; None: each stands for one
    level       between 0 and 1
    corrected   False: plain percentiles, for metrics with a kink where BCa's derivatives mean nothing

    900 of 1,000 rows are right; the normal formula gives 0.900 ± 0.019:

    >>> right = np.array([[True], [False]])
    >>> bootstrap_intervals(right, lambda sums: sums / 1000, counts=np.array([900, 100])).round(2).tolist()
    [[0.88, 0.92]]
    """
    times = np.ones(len(rows), dtype=np.int64) if counts is None else np.asarray(counts, dtype=np.int64)
    check_resampling(int(times.sum()), resamples, level)
    drawn = np.concatenate([statistic(_sums(drawn, rows)) for drawn in draws(times, resamples, seed)])
    if not corrected:
        return np.asarray(np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0).T)
    sums = _sums(times[None].astype(np.float64), rows)
    slopes = _slopes(statistic, sums, _steps(rows))[0]  # (M, S)
    pulls = rows @ slopes.T - (sums[0] @ slopes.T) / times.sum()
    return bca_ends(drawn, statistic(sums)[0], pulls, times, level)


def bca_ends(drawn: Floats, values: Floats, pulls: Floats, times: NDArray[np.int64], level: float) -> Floats:
    """(M, 2): the percentiles of resampled metrics that BCa reads off.

    drawn    (R, M), not a number where a resample leaves the metric undefined
    values   (M,), of the rows as they are
    pulls    (K, M), how much each distinct row moves the metric, in any unit; `times` (K,) such rows
    """
    normal = NormalDist()
    tails = [normal.inv_cdf((1 - level) / 2), normal.inv_cdf((1 + level) / 2)]
    square, cube = times @ pulls**2, times @ pulls**3
    skewness = np.divide(cube, 6 * square**1.5, out=np.zeros_like(cube), where=square > 0)
    ends = np.empty((len(values), 2))
    for metric, (value, bent) in enumerate(zip(values, skewness, strict=True)):
        found = drawn[~np.isnan(drawn[:, metric]), metric]
        if not len(found):
            ends[metric] = value
            continue
        below = ((found < value).mean() + (found <= value).mean()) / 2
        shift = normal.inv_cdf(min(max(below, 0.5 / len(found)), 1 - 0.5 / len(found)))
        moved = [shift + (shift + tail) / max(1 - bent * (shift + tail), 0.1) for tail in tails]
        ends[metric] = np.quantile(found, [normal.cdf(place) for place in moved])
    return ends


def studentized_intervals(
    rows: NDArray[np.generic],
    statistic: Statistic,
    *,
    limits: Sequence[tuple[float, float]],
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Floats:
    """Low and high end of each metric: (M, 2), by the studentized bootstrap (bootstrap-t).

    Each resample's distance from the value is measured in its own standard error, which follows from the slopes of the
    metric and the spread of its rows (the infinitesimal jackknife): chapter 12.5 of Efron and Tibshirani 1993, An
    Introduction to the Bootstrap.

    rows, statistic   as in `bootstrap_intervals`; few columns S, for every resample needs their S² products
    limits            (M,), the least and the greatest value that each metric can have
    """
    times = np.ones(len(rows), dtype=np.int64)
    check_resampling(len(rows), resamples, level)
    width = rows.shape[1]
    numbers = rows.astype(np.float64)
    products = (numbers[:, :, None] * numbers[:, None, :]).reshape(len(rows), -1)
    both, steps = np.concatenate([numbers, products], axis=1), _steps(rows)

    def measured(weights: Floats) -> tuple[Floats, Floats]:
        sums = _sums(weights, both)
        return statistic(sums[:, :width]), _standard_errors(sums, statistic, steps, len(rows))

    (values,), (errors,) = measured(times[None].astype(np.float64))
    found = [measured(drawn) for drawn in draws(times, resamples, seed)]
    drawn_values, drawn_errors = (np.concatenate(part) for part in zip(*found, strict=True))
    ends = np.empty((len(values), 2))
    for metric, (value, error) in enumerate(zip(values, errors, strict=True)):
        usable = drawn_errors[:, metric] > _NO_SPREAD * error
        distances = (drawn_values[usable, metric] - value) / drawn_errors[usable, metric] if error > 0 else np.zeros(1)
        far, near = np.quantile(distances, [(1 + level) / 2, (1 - level) / 2]) if len(distances) else (0.0, 0.0)
        ends[metric] = np.clip([value - far * error, value - near * error], *limits[metric])
    return ends


def _standard_errors(sums: Floats, statistic: Statistic, steps: Floats, num_rows: int) -> Floats:
    """Of each metric, (R, M); sums (R, S + S²) of rows and of their products."""
    width = len(steps)
    mean = sums[:, :width] / num_rows
    spread = sums[:, width:].reshape(-1, width, width) / num_rows - mean[:, :, None] * mean[:, None, :]
    slopes = _slopes(statistic, sums[:, :width], steps)  # (R, M, S)
    variance = np.einsum("rms,rst,rmt->rm", slopes, spread, slopes, optimize=True) * num_rows
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _slopes(statistic: Statistic, sums: Floats, steps: Floats) -> Floats:
    """How fast each metric rises with each sum, (R, M, S), by central differences."""
    slopes = []
    for column, step in enumerate(steps):
        move = np.zeros(len(steps))
        move[column] = step
        slopes.append((statistic(sums + move) - statistic(sums - move)) / (2 * step))
    return np.stack(slopes, axis=-1)


def _steps(rows: NDArray[np.generic]) -> Floats:
    largest = np.abs(rows.astype(np.float64)).max(axis=0)
    return np.where(largest > 0, largest, 1.0) * _STEP


def _sums(weights: Floats, rows: NDArray[np.generic]) -> Floats:
    """The sums over the drawn rows, (R, S); columns are taken in blocks so that bool rows never grow eightfold."""
    block = max(1, resampling.MOST_VALUES_AT_ONCE // len(rows))
    sums = [weights @ rows[:, start : start + block].astype(np.float64) for start in range(0, rows.shape[1], block)]
    return np.concatenate(sums, axis=1)
