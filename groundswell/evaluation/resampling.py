"""The draws of the bootstrap: how often each row is drawn, many resamples at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_VALUES_AT_ONCE = 2_000_000  # 16 MB of float64
# A binomial number per distinct row costs as much as this many whole numbers, one for each row drawn.
ROWS_PER_BINOMIAL = 10


def check_resampling(num_rows: int, resamples: int, level: float) -> None:
    """Pass, or DataError: there must be rows and resamples, and the level lies between 0 and 1."""
    if num_rows == 0:
        raise DataError("bootstrap: found 0 rows, expected at least 1. Evaluate on data with labelled rows")
    if resamples < 1 or not 0 < level < 1:
        raise DataError(
            f"bootstrap: found resamples={resamples} and level={level}, expected at least 1 resample and a level "
            "between 0 and 1. Mend evaluation.resamples or evaluation.level"
        )


def draws(times: Counts, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each distinct row is drawn, (R, K) at a time, `resamples` in all; every line adds up to `times.sum()`.

    times   (K,), how many rows are equal to each distinct one
    """
    generator = np.random.default_rng(seed)
    total = int(times.sum())
    few = len(times) * ROWS_PER_BINOMIAL < total
    at_once = max(1, MOST_VALUES_AT_ONCE // (len(times) if few else total))
    place = None if few or (times == 1).all() else np.repeat(np.arange(len(times)), times)
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        if few:
            yield generator.multinomial(total, times / total, size=size).astype(np.float64)
        else:
            yield _counted(generator.integers(0, total, (size, total)), place, len(times))


def distinct_rows(rows: NDArray[np.generic]) -> tuple[NDArray[np.generic], Counts]:
    """Rows (N, S) -> each distinct one (K, S) and how many are equal to it (K,)."""
    found, counts = np.unique(rows, axis=0, return_counts=True)
    return found, counts.astype(np.int64)


def _counted(drawn: Counts, place: Counts | None, num_places: int) -> Floats:
    """Numbers of drawn rows (R, N) -> how often each place stands among them (R, K)."""
    if place is not None:
        drawn = place[drawn]
    drawn += np.arange(len(drawn))[:, None] * num_places
    counts = np.bincount(drawn.ravel(), minlength=len(drawn) * num_places)
    del drawn
    return counts.reshape(-1, num_places).astype(np.float64)
