"""The texts nearest to some others, by the angle between their vectors; words have `similarity` for that."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Neighbours(NamedTuple):
    """For each of Q queries the K nearest rows, nearest first.

    rows      (Q, K) row numbers
    cosines   (Q, K) -1 to 1; 0 where either vector is zero
    """

    rows: NDArray[np.int64]
    cosines: NDArray[np.float64]


def nearest_rows(queries: Any, rows: Any, count: int) -> Neighbours:
    """The rows of largest cosine for each query, at most `count` and at most as many as there are.

    queries, rows   (Q, D) and (N, D), both dense or both sparse

    >>> nearest_rows(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0], [3.0, 0.0]]), 1).rows.tolist()
    [[1]]
    """
    from sklearn.neighbors import NearestNeighbors

    if not rows.shape[0] or not queries.shape[0]:
        empty = (queries.shape[0], 0)
        return Neighbours(np.empty(empty, dtype=np.int64), np.empty(empty))
    search = NearestNeighbors(n_neighbors=min(count, rows.shape[0]), metric="cosine", algorithm="brute").fit(rows)
    distances, found = search.kneighbors(queries)
    return Neighbours(found.astype(np.int64), 1.0 - distances.astype(np.float64))
