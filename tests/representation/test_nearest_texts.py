"""Nearest rows beside brute force, dense and sparse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from groundswell.representation.nearest_texts import nearest_rows

RANDOM = np.random.default_rng(0)
ROWS, QUERIES = RANDOM.normal(size=(40, 5)), RANDOM.normal(size=(6, 5))


@pytest.mark.parametrize("form", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_nearest_rows_are_those_of_brute_force(form) -> None:
    cosines = QUERIES @ ROWS.T / np.linalg.norm(QUERIES, axis=1)[:, None] / np.linalg.norm(ROWS, axis=1)
    found = nearest_rows(form(QUERIES), form(ROWS), 3)
    assert found.rows.tolist() == np.argsort(-cosines, axis=1)[:, :3].tolist()
    np.testing.assert_allclose(found.cosines, -np.sort(-cosines, axis=1)[:, :3], atol=1e-12)


def test_there_are_no_more_than_there_are() -> None:
    assert nearest_rows(QUERIES, ROWS[:2], 5).rows.shape == (6, 2)
    assert nearest_rows(QUERIES, ROWS[:0], 5).rows.shape == (6, 0)
    assert nearest_rows(QUERIES[:0], ROWS, 5).rows.shape == (0, 0)


def test_a_row_of_zeros_is_near_nothing() -> None:
    found = nearest_rows(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 1.0]]), 2)
    assert found.rows.tolist() == [[1, 0]]
    assert found.cosines[0, 1] == 0
