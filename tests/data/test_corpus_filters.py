from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.data.corpus.filters import RULES, Quality, ngram_shares, reason_to_drop, repeated_line_shares
from groundswell.errors import DataError

GOOD = (
    "The room was clean and the staff were friendly, but breakfast began late and the coffee tasted of nothing at all. "
    "We would come back for the garden, the quiet nights and the short walk to the old harbour, where boats leave."
)
GOOD_ZH = "房间很大，服务也很好，早餐种类丰富，位置离地铁站不远，下次还会再来，推荐给带孩子的家庭！"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD, None),
        (GOOD_ZH, None),
        (" \u200b\n", "blank"),
        (GOOD + "\x00", "NUL in text"),
        (GOOD + "\ud83d", "unpaired surrogate in text"),
        ("Good film.", "too short"),
        ("好。", "too short"),
        ("word another " * 60_000, "too long"),
        ("#win #win #prize #now today", "symbols"),
        ("I waited... and waited... and then... nothing... came", "symbols"),
        ("1 234 56 78 9 10 11 12 13 = 14 | 15 | 16", "few letters"),
        ("buy now\nbuy now\nbuy now\nread this story first", "repeated lines"),
        (" ".join(["call this number today"] + [f"word{n} thing{n} call this number today" for n in range(12)]),
         "repeated phrases"),
        (GOOD + " " + GOOD, "repeated phrases"),
    ],
)  # fmt: skip
def test_each_rule_gives_its_reason(text: str, reason: str | None) -> None:
    assert reason_to_drop(text, Quality()) == reason


def test_languages_are_dropped_only_when_some_are_asked_for() -> None:
    german = "Das Zimmer war leider nicht sauber und das Essen war auch nicht sehr gut, aber wir kommen wieder."
    assert reason_to_drop(german, Quality()) is None
    assert reason_to_drop(german, Quality(languages=("en", "zh"))) == "other language"
    assert reason_to_drop(GOOD_ZH, Quality(languages=("en",))) == "other language"
    assert reason_to_drop(GOOD_ZH, Quality(languages=("en", "zh"))) is None


def test_every_rule_can_be_reached_and_none_stands_twice() -> None:
    assert list(RULES) == [
        "blank", "NUL in text", "unpaired surrogate in text", "too short", "too long", "symbols", "few letters",
        "other language", "repeated lines", "repeated phrases",
    ]  # fmt: skip


def test_repeated_lines_by_hand() -> None:
    """Lines ab, ab, abcd, ab: two of four repeat; of 10 characters the two later ab are 4."""
    assert repeated_line_shares("ab\n ab \n\nabcd\nab") == (0.5, 0.4)
    assert repeated_line_shares("") == (0.0, 0.0)


def by_definition(words: list[str]) -> dict[int, float]:
    """The shares of Gopher's appendix A.1, one n-gram at a time."""
    total = sum(map(len, words))
    shares = {}
    for n in range(2, 11):
        grams = [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
        counts = Counter(grams)
        if not counts or max(counts.values()) == 1:
            break
        if n <= 4:
            most = max(counts.values())
            shares[n] = max(most * sum(map(len, gram)) for gram, count in counts.items() if count == most) / total
        else:
            inside = {start + k for start, gram in enumerate(grams) if counts[gram] > 1 for k in range(n)}
            shares[n] = sum(len(words[place]) for place in inside) / total
    return shares


@given(st.lists(st.sampled_from(["a", "bb", "ccc", "房"]), min_size=1, max_size=60))
def test_shares_of_repeated_phrases_agree_with_the_definition(words: list[str]) -> None:
    assert ngram_shares(words) == pytest.approx(by_definition(words))


def test_shares_of_a_long_text_agree_with_the_definition() -> None:
    chances = random.Random(0)
    phrase = chances.choices(GOOD.split(), k=30)
    words = [*chances.choices(GOOD.split(), k=200), *phrase, *chances.choices(GOOD.split(), k=50), *phrase]
    assert set(ngram_shares(words)) == set(range(2, 11))
    assert ngram_shares(words) == pytest.approx(by_definition(words))


def test_wrong_settings_are_all_named() -> None:
    with pytest.raises(DataError) as error:
        Quality(least_letters=60, least_words=9, most_words=3, languages=("de",))  # type: ignore[arg-type]
    assert str(error.value).splitlines() == [
        "quality.least_letters: found 60, expected 0 to 1. Change it.",
        "quality.least_words: found 9, expected 0 to most_words, 3. Change it.",
        "quality.languages: found 'de', expected zh, en, other. Change it.",
    ]
