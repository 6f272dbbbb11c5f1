"""Where a span may begin and end."""

from __future__ import annotations

import numpy as np

from groundswell.text.boundaries import ClauseBorders, WordBorders


def test_boundaries_by_hand() -> None:
    """`battery` in two pieces, `很` and `好` alone, then a special token."""
    text = "battery很好"
    begins, ends = WordBorders(text)(np.array([[0, 3], [3, 7], [7, 8], [8, 9], [-1, -1]]))
    assert begins.tolist() == [True, False, True, True, False]
    assert ends.tolist() == [False, True, True, True, False]


def test_bytes_of_one_character_are_one() -> None:
    begins, ends = WordBorders("好")(np.array([[0, 1], [0, 1], [0, 1]]))
    assert begins.tolist() == [True, False, False]
    assert ends.tolist() == [False, False, True]


def test_a_token_that_stands_nowhere_is_none() -> None:
    begins, ends = WordBorders("a")(np.array([[0, 0], [0, 1]]))
    assert begins.tolist() == [False, True]
    assert ends.tolist() == [False, True]


def test_clauses_begin_and_end_whole() -> None:
    """`很好`, `ok` are clauses; the piece before them is cut by the window: its first token is missing."""
    text = "屏幕亮，很好，ok"
    begins, ends = ClauseBorders(text)(np.array([[1, 2], [2, 3], [3, 4], [4, 6], [6, 7], [7, 9]]))
    assert begins.tolist() == [False, False, False, True, False, True]
    assert ends.tolist() == [False, False, False, True, False, True]
