"""Tokens get numbers by falling count."""

from __future__ import annotations

import pytest

from groundswell.errors import DataError
from groundswell.text.vocabulary import PAD, UNKNOWN, build_vocabulary

TEXTS = [["b", "a", "c"], ["a", "b", "a"], ["d"]]


def test_numbers_by_hand() -> None:
    """a stands 3 times, b twice, c and d once: those two are unknown, which is 2 of 7 tokens."""
    vocabulary = build_vocabulary(TEXTS, min_count=2, max_size=10)
    assert vocabulary.tokens == (PAD, UNKNOWN, "a", "b")
    assert vocabulary.counts == (0, 2, 3, 2)
    assert vocabulary.ids(["b", "c", "a", "never"]) == [3, 1, 2, 1]
    assert vocabulary.unknown_share == 2 / 7


def test_the_most_frequent_fit_and_equal_counts_go_by_code_point() -> None:
    assert build_vocabulary(TEXTS, min_count=1, max_size=5).tokens == (PAD, UNKNOWN, "a", "b", "c")


def test_marks_in_a_text_are_unknown() -> None:
    vocabulary = build_vocabulary([["<unk>", "<pad>", "a"]], min_count=1, max_size=9)
    assert vocabulary.tokens == (PAD, UNKNOWN, "a")
    assert vocabulary.ids(["<pad>", "<unk>"]) == [1, 1]
    assert vocabulary.unknown_share == 2 / 3


def test_an_empty_vocabulary_is_refused() -> None:
    with pytest.raises(DataError) as error:
        build_vocabulary(TEXTS, min_count=4, max_size=9)
    assert str(error.value) == (
        "the vocabulary is empty: 4 different tokens, the most frequent one stands 3 times, expected at least 4. "
        "Lower text.min_count, or train on more text"
    )
