"""Word vectors in two dimensions, to look at."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Method = Literal["pca", "tsne"]
# t-SNE sets each point among about this many neighbours.
PERPLEXITY = 15


def project(vectors: NDArray[np.float32], method: Method = "pca", *, seed: int = 0) -> NDArray[np.float64]:
    """Places (N, 2) of vectors (N, D), scaled to length 1 first; DataError for fewer than three.

    pca    the two directions in which the vectors differ most
    tsne   neighbours stay neighbours, distances mean little (van der Maaten & Hinton 2008,
           https://www.jmlr.org/papers/v9/vandermaaten08a.html); seeded
    """
    if len(vectors) < 3:
        raise DataError(f"projection: found {len(vectors)} words, expected at least 3. Name more words")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions = vectors / np.maximum(lengths, 1e-12)
    if method == "pca":
        from sklearn.decomposition import PCA

        return np.asarray(PCA(2, random_state=seed).fit_transform(directions), dtype=np.float64)
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    found = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(directions)
    return np.asarray(found, dtype=np.float64)
