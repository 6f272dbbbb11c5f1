"""Groups of vectors: planted ones are found, and nothing is divided that belongs together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from groundswell.evaluation.error_clusters import cluster_rows

CENTRES = np.eye(3, 6) * 4


def planted(sizes: tuple[int, ...] = (20, 12, 8)) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    return CENTRES[groups] + 0.3 * random.normal(size=(len(groups), 6)), groups


@pytest.mark.parametrize("form", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_planted_groups_are_found_largest_first(form) -> None:
    vectors, groups = planted()
    assert cluster_rows(form(np.abs(vectors))).tolist() == groups.tolist()


def test_lengths_do_not_count() -> None:
    vectors, groups = planted()
    scale = np.random.default_rng(1).uniform(0.1, 10, size=(len(vectors), 1))
    assert cluster_rows(vectors * scale).tolist() == groups.tolist()


def test_the_same_rows_give_the_same_clusters() -> None:
    vectors, _ = planted()
    assert cluster_rows(vectors, seed=3).tolist() == cluster_rows(vectors, seed=3).tolist()


@pytest.mark.parametrize("count", [0, 1, 9])
def test_few_rows_are_one_cluster(count: int) -> None:
    assert cluster_rows(planted()[0][:count]).tolist() == [0] * count


def test_equal_rows_are_one_cluster() -> None:
    assert cluster_rows(np.ones((30, 4))).tolist() == [0] * 30
