"""How far a metric would move had other rows of the same kind been drawn: the percentile bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]

MOST_VALUES_AT_ONCE = 2_000_000  # 16 MB of float64


def bootstrap_intervals(
    rows: NDArray[np.generic],
    statistic: Statistic,
    *,
    counts: NDArray[np.int64] | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Floats:
    """Low and high end of each metric: (M, 2), the middle `level` of its values over the resamples.

    Draws as many rows as there are, with replacement, `resamples` times, and reads off percentiles. It serves every
    metric that depends on the rows only through their sum, and is then exact: how often each row is drawn follows a
    multinomial distribution, so only these numbers are drawn and multiplied with the rows.

    rows        (K, S), bool or numbers; what each distinct row adds to the sums
    statistic   sums (R, S) -> metrics (R, M)
    counts      (K,), how many rows are equal to each distinct one; None: each stands for one
    level       between 0 and 1

    900 of 1,000 rows are right; the normal formula gives 0.900 ± 0.019:

    >>> right = np.array([[True], [False]])
    >>> bootstrap_intervals(right, lambda sums: sums / 1000, counts=np.array([900, 100])).round(2).tolist()
    [[0.88, 0.92]]
    """
    times = np.ones(len(rows), dtype=np.int64) if counts is None else np.asarray(counts, dtype=np.int64)
    _check(times, resamples, level)
    drawn = [statistic(_sums(draws, rows)) for draws in _draws(times, resamples, seed)]
    ends = [(1 - level) / 2, (1 + level) / 2]
    return np.quantile(np.concatenate(drawn), ends, axis=0).T


def _check(times: NDArray[np.int64], resamples: int, level: float) -> None:
    if times.sum() == 0:
        raise DataError("bootstrap: found 0 rows, expected at least 1. Evaluate on data with labelled rows")
    if resamples < 1 or not 0 < level < 1:
        raise DataError(
            f"bootstrap: found resamples={resamples} and level={level}, expected at least 1 resample and a level "
            "between 0 and 1. Mend evaluation.resamples or evaluation.level"
        )


def _draws(times: NDArray[np.int64], resamples: int, seed: int) -> Iterator[Floats]:
    """How often each row is drawn, (R, K) at a time; the total is that of `times` in every resample."""
    generator = np.random.default_rng(seed)
    total = int(times.sum())
    at_once = max(1, MOST_VALUES_AT_ONCE // len(times))
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        yield generator.multinomial(total, times / total, size=size).astype(np.float64)


def _sums(draws: Floats, rows: NDArray[np.generic]) -> Floats:
    """The sums over the drawn rows, (R, S); columns are taken in blocks so that bool rows never grow eightfold."""
    block = max(1, MOST_VALUES_AT_ONCE // len(rows))
    sums = [draws @ rows[:, start : start + block].astype(np.float64) for start in range(0, rows.shape[1], block)]
    return np.concatenate(sums, axis=1)
