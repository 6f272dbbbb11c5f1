"""Perturbations of whole texts: by hand, and what holds for all of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.errors import DataError
from groundswell.evaluation.robustness import layout, wording
from groundswell.evaluation.robustness.guarded_words import GuardedText, WordGuard, apply_edits, is_in_lexicon
from groundswell.evaluation.robustness.perturbations import perturb, perturbations
from groundswell.evaluation.robustness.synonyms import SynonymSource
from groundswell.text.blank import is_blank

GUARD = WordGuard()
MEANS = {
    "room": ["chamber"],
    "old": ["aged", "good"],
    "film": ["movie", "good"],
    "actor": ["player"],
    "房间": ["屋子", "客房"],
    "电影": ["片子"],
}
SOURCE = SynonymSource("by hand", ("en", "zh"), lambda word: MEANS.get(word, ()))
ALL = {kind.name: kind for kind in perturbations((SOURCE,))}
NAMES = list(ALL)

ENGLISH = """the room was not very good , but old film isn't bad . ! 3.50 2024 https://a.example/b?c=1 @guest
x@y.example <br /> I never loved this wonderful place 😀 :) ok Don’t"""
CHINESE = """房间 很 干净 ， 不 好 服务员 的 态度 了 吧 。 电影 没有 意思 强烈推荐 ！ 3 三楼 WiFi https://a.example/b
周末 在 自己"""
WORDS = st.sampled_from(ENGLISH.split())
HAN_WORDS = st.sampled_from(CHINESE.split())
TEXTS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=25).map(" ".join),
    st.lists(HAN_WORDS, min_size=1, max_size=25).map("".join),
    st.text(max_size=40),
)


def outcomes(name: str, text: str, strength: float = 0.01, most: int = 200) -> set[str | None]:
    """Everything that a perturbation makes of a text under many seeds; a small strength is one change."""
    found = GUARD(text)
    return {perturb(found, ALL[name], strength=strength, seed=seed) for seed in range(most)}


def test_punctuation_by_hand() -> None:
    assert outcomes("punctuation", "good, fast") == {"good fast", "good,, fast", "good， fast"}
    assert outcomes("punctuation", "很好，快") == {"很好 快", "很好，，快", "很好,快"}
    assert outcomes("punctuation", "fine...  :) 3.50 a.example ok:)") == {None}


def test_white_space_by_hand() -> None:
    assert outcomes("white space", "good room") == {
        f"good{blank}room" for blank in ["  ", "\t", "\n", "\u00a0", "\u3000"]
    }
    assert outcomes("white space", "房间很好") == {"房间 很好"}
    assert outcomes("white space", "good") == {None}
    assert outcomes("white space", "www.a.example") == {None}


def test_words_left_out_by_hand() -> None:
    assert outcomes("dropped words", "the room is not very clean") == {
        "room is not very clean",
        "the is not very clean",
        "the room not very clean",
    }
    assert outcomes("dropped words", "not bad") == {None}
    assert outcomes("dropped words", "room") == {None}  # nothing would be left
    assert outcomes("dropped particles", "服务员的态度不错") == {"服务员态度不错"}
    assert outcomes("dropped particles", "好吃吗") == {None}  # it asks


def test_word_order_by_hand() -> None:
    assert outcomes("swapped words", "the room, not big chair") == {
        "room the, not big chair",
        "the room, not chair big",
    }
    assert outcomes("swapped words", "the not room") == {None}
    assert outcomes("swapped words", "电影房间") == {"房间电影"}


def test_script_by_hand() -> None:
    assert outcomes("other script", "头发很干，干净 ok") == {"頭髮很乾，乾淨 ok"}
    assert outcomes("other script", "頭髮很乾，乾淨 ok") == {"头发很干，干净 ok"}
    assert outcomes("other script", "大小一半") == {None}  # the same in both
    assert outcomes("other script", "many rooms") == {None}


def test_synonyms_by_hand() -> None:
    assert outcomes("synonyms (by hand)", "nice room") == {"nice chamber"}
    assert outcomes("synonyms (by hand)", "the old room", strength=0.7) == {"the aged chamber"}  # never a feeling word
    assert outcomes("synonyms (by hand)", "an old Room") == {"an aged Room"}  # Room may be a name
    assert outcomes("synonyms (by hand)", "a film") == {"a movie"}
    assert outcomes("synonyms (by hand)", "an actor") == {None}  # `an player` is wrong
    assert outcomes("synonyms (by hand)", "房间很好") == {"屋子很好", "客房很好"}


def test_nearer_synonyms_are_taken_more_often() -> None:
    found = GUARD("房间很好")
    made = [perturb(found, ALL["synonyms (by hand)"], seed=seed) for seed in range(300)]
    assert 150 < made.count("屋子很好") < 250  # two thirds of them


def test_slips_in_texts_by_hand() -> None:
    assert outcomes("dropped letter", "not good room") == {"not god room", "not good rom"}
    assert "gold" not in {text.split()[0] for text in outcomes("neighbouring key", "food is", most=400) if text} & {
        "good"
    }
    assert outcomes("letter case", "not OK room") == {"not ok room", "not OK ROOM"}
    assert outcomes("full width", "ok 好 2024") == {"ｏｋ 好 2024"}
    assert outcomes("homophone", "再好") == {"载好", "在好"}  # 好 alone could not be recognised
    assert outcomes("look-alike character", "夫妻不已") >= {"天妻不已"}


def test_other_languages_get_slips_and_layout_only() -> None:
    made = {name for name, kind in ALL.items() if perturb(GUARD("Das Zimmer war leider ziemlich klein, schade."), kind)}
    assert made == {
        "swapped letters", "dropped letter", "extra letter", "neighbouring key", "look-alike letter", "letter case",
        "punctuation", "white space", "full width",
    }  # fmt: skip


def test_the_shipped_list_is_whole() -> None:
    assert len(NAMES) == len(set(NAMES)) == 16
    assert {kind.unit for kind in ALL.values()} == {"words", "Chinese characters", "text"}


@pytest.mark.parametrize("strength", [0.0, -0.1, 1.01, float("nan")])
def test_a_strength_that_is_no_share_is_refused(strength: float) -> None:
    with pytest.raises(
        DataError, match=r"^strength: found .*, expected a share above 0 and at most 1\. 0\.1 is usual$"
    ):
        perturb(GUARD("good room"), ALL["letter case"], strength=strength)


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.5, 1.0])
def test_as_many_words_change_as_were_asked_for(strength: float) -> None:
    text = " ".join(["room"] * 10)
    changed = perturb(GUARD(text), ALL["letter case"], strength=strength)
    assert changed is not None
    assert changed.split().count("ROOM") == round(strength * 10)


def test_seeds_and_names_make_a_difference_but_not_the_run() -> None:
    text = GUARD(" ".join(f"word{letter * 3}" for letter in "abcdefghijklmnopqrst"))
    one, again = (perturb(text, ALL["dropped letter"], seed=5) for _ in range(2))
    assert one == again
    assert perturb(text, ALL["dropped letter"], seed=6) != one


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from(NAMES), st.sampled_from([0.05, 0.1, 0.4, 1.0]), st.integers(0, 3))
def test_what_holds_for_every_perturbation(text: str, name: str, strength: float, seed: int) -> None:
    kind, found = ALL[name], GUARD(text)
    changed = perturb(found, kind, strength=strength, seed=seed)
    assert changed == perturb(GUARD(text), kind, strength=strength, seed=seed)
    if changed is None:
        return
    assert changed != text
    assert not is_blank(changed)
    changed.encode("utf-8")  # no half of a pair
    if name != "other script":
        position = 0
        for piece in fixed_pieces(found):
            position = changed.index(piece, position) + len(piece)  # ValueError when it is not there


def fixed_pieces(text: GuardedText) -> list[str]:
    """The pieces that must stay, in order; none lies in another."""
    places = sorted(text.fixed, key=lambda place: (place[0], -place[1]))
    pieces, position = [], 0
    for start, end in places:
        if end > position:
            pieces.append(text.text[max(start, position) : end])
            position = end
    return pieces


COUNTED = [name for name, kind in ALL.items() if kind.unit == "words" and "en" in kind.languages]
COUNTED = [name for name in COUNTED if name not in ("punctuation", "white space", "full width")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(WORDS, min_size=1, max_size=25).map(" ".join), st.sampled_from(COUNTED), st.floats(0.01, 1.0),
)  # fmt: skip
def test_no_more_words_change_than_were_asked_for(text: str, name: str, strength: float) -> None:
    found = GUARD(text, "en")
    changed = perturb(found, ALL[name], strength=strength)
    if changed is not None:
        before, after = ([word.text for word in one.words] for one in (found, GUARD(changed, "en")))
        differing = sum(one != other for one, other in zip(before, after, strict=False))
        num_changed = differing if len(before) == len(after) else len(before) - len(after)
        assert 0 < num_changed <= max(ALL[name].size, strength * found.num_words + 1e-6)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(HAN_WORDS, min_size=1, max_size=25).map("".join),
    st.sampled_from(["homophone", "look-alike character"]),
    st.floats(0.01, 1.0),
)
def test_no_more_characters_change_than_were_asked_for(text: str, name: str, strength: float) -> None:
    changed = perturb(GUARD(text, "zh"), ALL[name], strength=strength)
    if changed is not None:
        num_changed = sum(one != other for one, other in zip(text, changed, strict=True))
        num_characters = sum("\u4e00" <= character <= "\u9fff" for character in text)
        assert 0 < num_changed <= max(1, strength * num_characters + 1e-6)


@pytest.mark.parametrize("propose", [wording.dropped_words, wording.swapped_words, wording.dropped_particles])
@given(text=st.one_of(st.lists(WORDS, max_size=12).map(" ".join), st.lists(HAN_WORDS, max_size=12).map("".join)))
@settings(max_examples=40, deadline=None)
def test_word_changes_leave_guarded_words_alone(propose: wording.Propose, text: str) -> None:
    found = GUARD(text)
    kept = [word for word in found.words if word.guard in ("fixed", "feeling")]
    for edit in propose(found, random.Random(0)):
        assert not any(edit.start < word.end and word.start < edit.end for word in kept)


@given(st.one_of(st.lists(WORDS, max_size=12).map(" ".join), st.lists(HAN_WORDS, max_size=12).map("".join)))
@settings(max_examples=40, deadline=None)
def test_layout_moves_no_letter(text: str) -> None:
    found = GUARD(text)
    for propose in (layout.punctuation, layout.white_space):
        for edit in propose(found, random.Random(0)):
            changed = apply_edits(text, [edit])
            letters = ["".join(filter(str.isalnum, one)) for one in (text, changed)]
            assert letters[0] == letters[1]


@given(st.lists(WORDS, max_size=12).map(" ".join), st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_slips_make_no_word_of_the_lexicon(text: str, seed: int) -> None:
    found = GUARD(text)
    before = sum(is_in_lexicon(word.text) for word in found.words)
    for name in ("swapped letters", "dropped letter", "extra letter", "neighbouring key", "look-alike letter"):
        changed = perturb(found, ALL[name], strength=1.0, seed=seed)
        assert changed is None or sum(is_in_lexicon(word.text) for word in GUARD(changed, "en").words) <= before
