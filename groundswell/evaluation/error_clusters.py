"""Errors that belong together: k-means on the directions of their vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

MOST_CLUSTERS = 8
LEAST_ROWS = 5  # errors a cluster must have on average
LEAST_SILHOUETTE = 0.02  # below, the parts are no more alike inside than across
_WIDTH = 50  # sparse vectors are first brought to so many numbers


def cluster_rows(vectors: Any, *, seed: int = 0) -> Ids:
    """(N,) the cluster of each row, numbered from the largest on.

    The number of clusters is the one from 2 to 8, and to N / 5, whose mean silhouette is largest (Rousseeuw 1987,
    https://doi.org/10.1016/0377-0427(87)90125-7); all rows are one cluster when none reaches 0.02.

    vectors   (N, D), dense or sparse; only their directions count
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    num_rows = vectors.shape[0]
    chosen, best = np.zeros(num_rows, dtype=np.int64), LEAST_SILHOUETTE
    if num_rows < 2 * LEAST_ROWS:
        return chosen
    directions = _directions(vectors, seed)
    most = min(MOST_CLUSTERS, num_rows // LEAST_ROWS, len(np.unique(directions.round(9), axis=0)))
    for count in range(2, most + 1):
        found = KMeans(count, n_init=4, random_state=seed).fit_predict(directions)
        silhouette = float(silhouette_score(directions, found))
        if silhouette > best:
            chosen, best = found.astype(np.int64), silhouette
    by_size = np.argsort(-np.bincount(chosen), kind="stable")
    return np.asarray(np.argsort(by_size)[chosen], dtype=np.int64)


def _directions(vectors: Any, seed: int) -> NDArray[np.float64]:
    from scipy.sparse import issparse
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    if issparse(vectors):
        width = min(_WIDTH, vectors.shape[1] - 1, vectors.shape[0] - 1)
        vectors = TruncatedSVD(width, random_state=seed).fit_transform(vectors) if width > 0 else vectors.toarray()
    # the common direction of all says nothing about how they differ
    directions = normalize(np.asarray(vectors, dtype=np.float64))
    return np.asarray(normalize(directions - directions.mean(axis=0)), dtype=np.float64)
