"""Slips in single words, English and Chinese, at places that the test chooses."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.evaluation.robustness import characters_zh, layout, letters
from groundswell.evaluation.robustness.guarded_words import is_in_lexicon


class Nth(random.Random):
    """Always chooses the option of one number, or the last one."""

    def __init__(self, number: int) -> None:
        super().__init__(0)
        self.number = number

    def choice(self, options: Sequence[Any]) -> Any:
        return options[min(self.number, len(options) - 1)]


def every(slip: Callable[[str, random.Random], str | None], word: str, most: int = 300) -> set[str | None]:
    return {slip(word, random.Random(seed)) for seed in range(most)}


def test_letter_slips_by_hand() -> None:
    assert letters.swapped_letters("screen", Nth(0)) == "srceen"
    assert every(letters.swapped_letters, "screen") == {"srceen", "sceren"}
    assert every(letters.dropped_letter, "room") == {"rom"}
    assert every(letters.dropped_letter, "Plate") == {"Pate", "Plte", "Plae"}
    assert every(letters.extra_letter, "abba") & {"abbba", "abvba"} == {"abbba", "abvba"}
    assert letters.neighbouring_key("good", Nth(0)) == "giod"
    assert every(letters.look_alike_letter, "corn") == {"c0rn", "com", "corri"}
    assert letters.other_case("room", Nth(0)) == "ROOM"
    assert letters.other_case("Room", Nth(0)) == "ROOM"
    assert letters.other_case("OK", Nth(0)) == "ok"


def test_the_keyboard_by_hand() -> None:
    neighbours = letters.key_neighbours()
    assert {letter: set(neighbours[letter]) for letter in "qgmp"} == {
        "q": set("wa"), "g": set("tyfhvb") , "m": set("njk"), "p": set("ol"),
    }  # fmt: skip
    assert all(letter in neighbours[other] for letter, others in neighbours.items() for other in others)
    assert len(neighbours) == 26


@pytest.mark.parametrize("slip", letters.TYPOS.values(), ids=letters.TYPOS)
@pytest.mark.parametrize("word", ["not", "a", "", "don't", "3rd4", "很好很好1"])
def test_short_words_and_words_with_other_marks_are_not_mistyped(slip: letters.Respell, word: str) -> None:
    assert slip(word, random.Random(0)) is None


def test_words_without_a_place_for_a_slip_stay() -> None:
    assert letters.swapped_letters("aaaa", Nth(0)) is None
    assert letters.neighbouring_key("güün", Nth(0)) is None
    assert letters.look_alike_letter("kkkk", Nth(0)) is None
    assert letters.other_case("123", Nth(0)) is None
    assert letters.other_case("groß", Nth(0)) is None  # GROSS is longer


@given(st.text(st.characters(categories=["L"]), min_size=4, max_size=12), st.integers(0, 1000))
def test_typing_slips_keep_both_ends_and_change_one_or_two_letters(word: str, seed: int) -> None:
    sizes = {"swapped letters": 0, "dropped letter": -1, "extra letter": 1, "neighbouring key": 0}
    for name, longer in sizes.items():
        changed = letters.TYPOS[name](word, random.Random(seed))
        if changed is not None:
            assert (changed[0], changed[-1], len(changed)) == (word[0], word[-1], len(word) + longer)
            differing = sum(one != other for one, other in zip(word, changed, strict=False))
            assert differing <= {"swapped letters": 2, "neighbouring key": 1}.get(name, len(word))
            assert (sorted(changed) == sorted(word)) == (name == "swapped letters")


def test_homophones_by_hand() -> None:
    assert every(characters_zh.homophone, "再") == {"载", "在"}
    found = every(characters_zh.homophone, "银行")
    assert "银航" in found  # háng as in a bank, not xíng as in walking
    assert "银形" not in found
    assert characters_zh.homophone("WiFi", Nth(0)) is None
    assert characters_zh.homophone("", Nth(0)) is None
    assert characters_zh.homophone("\U00030000", Nth(0)) is None  # so rare that it has no reading


def test_homophones_are_what_a_second_reading_of_the_same_table_says() -> None:
    from pypinyin import Style, pinyin

    for word in ("服务", "房间", "电影", "老师"):
        changed = characters_zh.homophone(word, random.Random(3))
        assert changed is not None
        assert changed != word
        assert pinyin(changed[0], style=Style.TONE3)[0] == pinyin(word[0], style=Style.TONE3)[0]
        assert pinyin(changed[1], style=Style.TONE3)[0] == pinyin(word[1], style=Style.TONE3)[0]


def test_look_alikes_by_hand() -> None:
    assert every(characters_zh.look_alike_character, "自己") == {"目己", "自已", "自巳"}
    assert characters_zh.look_alike_character("周末", Nth(0)) is None  # 未 negates
    assert characters_zh.look_alike_character("abc", Nth(0)) is None


def test_look_alikes_go_both_ways_and_are_single_characters() -> None:
    table = characters_zh.look_alikes()
    assert len(table) > 400
    for one, others in table.items():
        assert len(one) == 1
        assert one not in others
        assert len(set(others)) == len(others)
        assert all(one in table[other] for other in others)
        assert all("\u4e00" <= other <= "\u9fff" for other in others)


@given(st.text("不没未别好坏快慢大天土房间服务员再在已经", min_size=1, max_size=4), st.integers(0, 100))
def test_chinese_slips_change_one_character_and_make_no_word_of_the_lexicon(word: str, seed: int) -> None:
    for slip in characters_zh.SLIPS.values():
        changed = slip(word, random.Random(seed))
        if changed is not None:
            new = [other for one, other in zip(word, changed, strict=True) if one != other]
            assert len(new) == 1
            assert not is_in_lexicon(changed)
            assert not is_in_lexicon(new[0])


def test_full_width_by_hand() -> None:
    assert layout.full_width("wifi", Nth(0)) == "ｗｉｆｉ"
    assert layout.full_width("don't", Nth(0)) == "ｄｏｎ＇ｔ"
    assert [layout.full_width(word, Nth(0)) for word in ("很好", "café", "123")] == [None, None, None]
