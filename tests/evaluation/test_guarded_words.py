"""Which words of a text may be changed, and how edits are made."""

from __future__ import annotations

import pytest

from groundswell.evaluation.robustness.guarded_words import WordGuard, apply_edits, deletion, is_in_lexicon
from groundswell.text.cleaning import Edit


@pytest.fixture(scope="module")
def guard() -> WordGuard:
    return WordGuard()


def guards(guard: WordGuard, text: str) -> dict[str, str]:
    return {word.text: word.guard for word in guard(text).words}


def test_english_words_by_hand(guard: WordGuard) -> None:
    found = guards(guard, "The staff wasn’t rude, but I would NEVER pay 3.50 for such a Great room!")
    assert {name for name, kind in found.items() if kind == "fixed"} == {"wasn’t", "NEVER", "3", "50"}
    assert {name for name, kind in found.items() if kind == "feeling"} == {"rude", "Great"}
    assert {name for name, kind in found.items() if kind == "mark"} == {",", ".", "!"}


def test_chinese_words_by_hand(guard: WordGuard) -> None:
    found = guards(guard, "房间强烈推荐，不过三楼没有电梯，服务员很好。")
    assert {name for name, kind in found.items() if kind == "fixed"} == {"不过", "三楼", "没有"}
    assert {name for name, kind in found.items() if kind == "feeling"} == {"强烈推荐", "很好"}
    assert found["服务员"] == found["电梯"] == "plain"


def test_traditional_words_are_guarded_as_simplified_ones(guard: WordGuard) -> None:
    found = guards(guard, "房間很乾淨，但是沒有熱水。")
    assert (found["乾淨"], found["沒有"], found["熱水"]) == ("feeling", "fixed", "plain")


@pytest.mark.parametrize(
    "inside",
    ["https://a.example/b?c=nice", "www.nice.example", "@nice_guest", "nice.guest@mail.example", "<br />", "&amp;"],
)
def test_addresses_names_and_markup_are_no_words(guard: WordGuard, inside: str) -> None:
    found = guard(f"See {inside} for nice rooms")
    assert [word.text for word in found.words if word.guard != "mark"] == ["See", "for", "nice", "rooms"]
    assert found.num_words == 4
    start = found.text.index(inside)
    assert not found.is_free(start, start + 1)
    assert found.is_free(0, 3)


def test_places_are_those_of_the_text(guard: WordGuard) -> None:
    for text in ("Nice &amp; quiet, 3.5 stars :)", "服务態度一般，WiFi 只有2格。", "Très bien, merci!", "", "   "):
        found = guard(text)
        assert all(text[word.start : word.end] == word.text for word in found.words)
        assert [word.start for word in found.words] == sorted(word.start for word in found.words)
        assert not any(found.is_free(word.start, word.end) for word in found.words if word.guard == "fixed")


def test_a_place_is_free_up_to_a_fixed_one(guard: WordGuard) -> None:
    found = guard("in 2024 too")
    assert found.fixed == ((3, 7),)
    assert [found.is_free(*place) for place in [(0, 2), (2, 3), (3, 3), (4, 5), (2, 8), (7, 8), (7, 7)]] == [
        True, True, False, False, False, True, True,
    ]  # fmt: skip


def test_the_lexicons_know_words_in_any_case() -> None:
    assert all(map(is_in_lexicon, ["Good", "isn’t", "VERY", "不错", "没"]))
    assert not is_in_lexicon("table")


def test_edits_by_hand() -> None:
    assert apply_edits("a bad room", [Edit(6, 10, "bed"), Edit(2, 5, "big")]) == "a big bed"
    assert apply_edits("abc", []) == "abc"
    assert (
        apply_edits("one two three", [Edit(3, 7, ""), Edit(4, 8, "")]) == "onethree"
    )  # the blank between is gone once


@pytest.mark.parametrize(
    ("text", "word", "left"),
    [
        ("the old room", "old", "the room"),
        ("the old room", "the", "old room"),
        ("the old room.", "room", "the old."),
        ("房间很大", "房间", "很大"),
        ("room", "room", ""),
    ],
)
def test_a_word_left_out_takes_one_blank_along(guard: WordGuard, text: str, word: str, left: str) -> None:
    found = next(one for one in guard(text).words if one.text == word)
    assert apply_edits(text, [deletion(text, found)]) == left
