"""Sentences of Chinese and English texts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.text.sentences import split_clauses, split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Great screen. Poor battery!", ["Great screen.", "Poor battery!"]),
        ("屏幕很亮👍。不过发热有点严重。", ["屏幕很亮👍。", "不过发热有点严重。"]),
        ("Dr. Wu paid 3.50 at 5 p.m. today. Fine.", ["Dr. Wu paid 3.50 at 5 p.m. today.", "Fine."]),
        ('He said "no!" and left.', ['He said "no!"', "and left."]),
        ("真的吗？！“好。”他说", ["真的吗？！", "“好。”", "他说"]),
        ("no end\nnew line  ", ["no end", "new line"]),
        ("wait... what", ["wait...", "what"]),
        ("one", ["one"]),
        (" \n", []),
        ("", []),
    ],
)
def test_sentences_by_hand(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in split_sentences(text)] == expected


@given(st.text(alphabet="ab .。！?\n”\"'…", max_size=60))
def test_sentences_hold_everything_that_is_written(text: str) -> None:
    places = split_sentences(text)
    assert "".join("".join(text[start:end] for start, end in places).split()) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in places)
    assert all(one[1] <= other[0] for one, other in pairwise(places))


@given(st.text(alphabet="ab ，,。!\n”", max_size=60))
def test_clauses_lie_between_marks(text: str) -> None:
    pieces = [text[start:end] for start, end in split_clauses(text)]
    assert all(piece == piece.strip() != "" for piece in pieces)
    assert all(mark not in piece for piece in pieces for mark in "，,。!\n")
    letters = "".join(character for character in text if character in "ab")
    assert "".join(character for piece in pieces for character in piece if character in "ab") == letters
