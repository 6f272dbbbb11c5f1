"""Words as a person sees them, in the text as received, whatever the tokens of the model are."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_explained import asked, from_scratch, linear, saved_network

from groundswell.explanation.text_words import owners_of
from groundswell.explanation.words import word_places


def words(text: str, tokens: Any = ()) -> list[str]:
    return [text[start:end] for start, end in word_places(text, tokens)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It isn't 3.5 stars…", ["It", "isn't", "3", ".", "5", "stars", "…"]),
        ("So good!!! ...", ["So", "good", "!!!", "..."]),
        ("酒店很干净，不推荐！！", ["酒店", "很", "干净", "，", "不", "推荐", "！！"]),
        ("屏幕好 and bright", ["屏幕", "好", "and", "bright"]),
        ("👍🏽ok", ["👍🏽", "ok"]),
        ("a 👩‍👩‍👧 b", ["a", "👩‍👩‍👧", "b"]),
        ("🇨🇳🇫🇷", ["🇨🇳", "🇫🇷"]),
        ("❤️ it", ["❤️", "it"]),
        ("cafe\u0301s open", ["cafe\u0301s", "open"]),
        ("  ", []),
        ("", []),
    ],
)
def test_what_a_person_sees_as_one_word_is_one(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_token_over_several_words_makes_them_one() -> None:
    assert words("a-b c", [(0, 3), (4, 5)]) == ["a-b", "c"]
    assert words("ab c d", [(1, 4), (3, 6)]) == ["ab c d"]
    assert words("ab c d", [(0, 2), (2, 2), (3, 4)]) == ["ab", "c", "d"]


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet="ab!.é\u0301👍🏽\u200d🇨🇳 很好1", max_size=14),
    st.lists(st.tuples(st.integers(0, 14), st.integers(0, 4)), max_size=5),
)
def test_words_are_apart_and_hold_every_visible_character(text: str, drawn: list[tuple[int, int]]) -> None:
    tokens = sorted({(start, min(start + size, len(text))) for start, size in drawn if start + size <= len(text)})
    places = word_places(text, tokens)
    assert all(one[1] <= other[0] for one, other in pairwise(places))
    covered = {place for start, end in places for place in range(start, end)}
    assert all(text[place].isspace() for place in set(range(len(text))) - covered)
    for start, end in tokens:
        touched = [place for place in places if place[0] < end and start < place[1]]
        assert len(touched) <= 1, (text, (start, end))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bad &amp; good", ["bad", "&amp;", "good"]),
        ("un<b>bel</b>ievable food", ["un<b>bel</b>ievable", "food"]),
        ("<p>很好</p><br/>差", ["很", "好", "差"]),
        ("good\t\tfood 👍🏽", ["good", "food", "👍🏽"]),
    ],
)
def test_words_are_places_in_the_text_as_received(text: str, expected: list[str]) -> None:
    """The model reads `&` and `unbelievable`; what is marked is what the reader wrote."""
    (found,) = asked(linear({"good": (0.0, 1.0)}, (0.0, 0.0), tokens="words")).read([text])
    shown = [text[start:end] for start, end in found.words]
    assert shown == expected
    assert found.read.all()


def test_every_token_belongs_to_the_word_it_touches() -> None:
    """Four tokens, the second and third pieces of one word, the last one stands nowhere."""
    places = np.array([[0, 4], [5, 8], [8, 12], [-1, -1]])
    found = owners_of("good breakfast", ("good breakfast", [(n, n + 1) for n in range(14)]), [places], [[7, 8, 9, 3]])
    assert found.owners[0].tolist() == [0, 1, 1, -1]
    sums, outside = found.summed([np.array([1.0, 2.0, 3.0, 4.0])])
    assert (sums.tolist(), outside) == ([1.0, 5.0], 4.0)


def test_words_behind_the_last_token_are_not_read() -> None:
    network = asked(from_scratch("bag", max_tokens=3))
    (found,) = network.read(["good food was very bad"])
    assert found.read.tolist() == [True, True, True, False, False]


def test_pieces_are_never_words(any_tokenizer: Any) -> None:
    """Tokens of any pretrained tokenizer fall into the same words; `unbelievably` is several pieces everywhere."""
    from groundswell.text.pretrained_tokens import PretrainedTokens

    class Nothing:
        def eval(self) -> Nothing:
            return self

        def to(self, device: Any) -> Nothing:
            return self

    saved = saved_network(Nothing(), PretrainedTokens(any_tokenizer))
    (found,) = asked(saved).read(["unbelievably good &amp; 屏幕好"])
    shown = [found.text[start:end] for start, end in found.words]
    assert shown == ["unbelievably", "good", "&amp;", "屏幕", "好"]
    assert sum(int((owners == 0).sum()) for owners in found.owners) > 1
    assert found.read[0]
