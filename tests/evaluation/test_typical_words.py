"""Log-odds with a prior, beside the equations written out."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groundswell.evaluation.typical_words import log_odds, typical_words

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=8)


def test_by_hand() -> None:
    """Inside 8 of 10, outside 2 of 10; the prior holds 10 + 10 of 20, so 5 and 5 of 10.

    Odds inside 13 / 7, outside 7 / 13: difference 2 ln(13 / 7); variance 1/13 + 1/7 for the first word.
    """
    found = log_odds(np.array([8.0, 2.0]), np.array([2.0, 8.0]), prior_size=10)
    z = 2 * math.log(13 / 7) / math.sqrt(1 / 13 + 1 / 7)
    np.testing.assert_allclose(found, [z, -z])


@given(COUNTS)
def test_the_equations_written_out(counts: list[tuple[int, int]]) -> None:
    inside, outside = np.array(counts, dtype=float).T
    found = log_odds(inside, outside, prior_size=30)
    total = (inside + outside).sum()
    for word, (first, second) in enumerate(counts):
        if first + second == 0:
            assert found[word] == 0
            continue
        alpha = 30 * (first + second) / total
        left, right = inside.sum() + 30 - first - alpha, outside.sum() + 30 - second - alpha
        if min(left, right) < 1e-6:
            continue
        delta = math.log((first + alpha) / left) - math.log((second + alpha) / right)
        z = delta / math.sqrt(1 / (first + alpha) + 1 / (second + alpha))
        np.testing.assert_allclose(found[word], z, rtol=1e-6, atol=1e-9)


def test_common_words_marks_and_chance_are_not_typical() -> None:
    words = ["the", "battery", "!", "once"]
    inside, outside = np.array([90.0, 40.0, 40.0, 1.0]), np.array([900.0, 10.0, 10.0, 0.0])
    assert typical_words(inside, outside, words) == ["battery"]
    assert typical_words(outside, inside, words) == ["the"]


def test_the_same_everywhere_is_typical_of_nothing() -> None:
    assert typical_words(np.array([10.0, 20.0]), np.array([100.0, 200.0]), ["a", "b"]) == []
