"""Paired tests by hand and by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.evaluation.significance import compare_paired


def flags(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers of two models, by how many texts fall in each case."""
    first = [True] * (both + only_first) + [False] * (only_second + neither)
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    return np.array(first), np.array(second)


def test_by_hand() -> None:
    """8 texts only for the first, 2 only for the second: 2 (C(10,0) + C(10,1) + C(10,2)) / 2^10 = 112 / 1024."""
    found = compare_paired(*flags(20, 8, 2, 10))
    assert (found.difference, found.only_first, found.only_second) == (6 / 40, 8, 2)
    assert found.p_value == pytest.approx(112 / 1024)
    assert found.low < 6 / 40 < found.high


def test_the_interval_agrees_with_the_normal_formula() -> None:
    """Standard error of a paired difference: sqrt(((b + c) - (b - c)^2 / n)) / n."""
    found = compare_paired(*flags(600, 150, 100, 150), resamples=20_000)
    error = math.sqrt(250 - 50**2 / 1000) / 1000
    assert found.low == pytest.approx(0.05 - 1.96 * error, abs=2e-3)
    assert found.high == pytest.approx(0.05 + 1.96 * error, abs=2e-3)


def test_turned_round_it_is_the_same_with_the_other_sign() -> None:
    first, second = flags(20, 8, 2, 10)
    one, other = compare_paired(first, second), compare_paired(second, first)
    assert one.difference == -other.difference
    assert one.p_value == other.p_value


def test_equal_models_do_not_differ() -> None:
    same = np.array([True, False, True])
    assert compare_paired(same, same)[:4] == (0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("sizes", [(3, 4), (0, 0)])
def test_other_texts_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="expected the same number and at least 1"):
        compare_paired(np.ones(sizes[0], dtype=bool), np.ones(sizes[1], dtype=bool))
