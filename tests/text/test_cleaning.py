from __future__ import annotations

import html as standard_html
import threading
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.errors import RecipeError
from groundswell.text.cleaning import CLEANING_STEPS, clean, clean_with_places

# pieces that make steps do something, between arbitrary characters
PIECES = st.sampled_from(
    [
        "<br />",
        "<b>",
        "</p>",
        "&amp;",
        "&#20320;",
        "&nosuch;",
        "<3",
        "http://t.co/a",
        "@小明 ",
        "a@b.de",
        "!!!!!!",
        "１２Ａ",
        "\u3000",
        "ﬁ",
        "e\u0301",
        "👨\u200d👩\u200d👧",
        "\r\n",
        "\ufeff",
        "\u200b",
        "İ",
        "ΑΣ",
        "ß",
        "乾隆皇帝裏面",
        "後來",
        "\x00",
        "\ud83d",
        " \t ",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)
STEPS = st.lists(st.sampled_from(list(CLEANING_STEPS)), max_size=5)


@pytest.mark.parametrize(
    ("step", "text", "expected"),
    [
        ("html", "good<br /><br/>bad", "good\n\nbad"),
        ("html", "<p class='x'>so <b>very</b> good</p>", "\nso very good\n"),
        ("html", "I <3 it, a < b and c > d", "I <3 it, a < b and c > d"),
        ("html", "mail <joe@example.com> <!-- note -->now", "mail <joe@example.com> now"),
        (
            "html",
            "&lt;b&gt; R&amp;D AT&T &quot;&#39;&#x4f60; &amp;lt; &nosuch; a&copy=1",
            "<b> R&D AT&T \"'你 &lt; &nosuch; a&copy=1",
        ),
        ("urls", "see https://t.co/abc?x=1, or WWW.x.com/y.", "see  , or  ."),
        ("urls", "看http://t.cn/A6好的", "看 好的"),
        ("urls", "awww.cute and http is fine", "awww.cute and http is fine"),
        ("user_names", "@VirginAmerica thanks, 谢谢@海底捞，好 joe@example.com", "  thanks, 谢谢 ，好 joe@example.com"),
        ("control_characters", "\ufeffa\x00b\u200bc\x7f\u202ed\ud83d\n\te👨\u200d👩", "abcd\n\te👨\u200d👩"),
        ("repeated_characters", "sooooo gooood!!! 哈哈哈哈哈 10000 元", "sooo goood!!! 哈哈哈 10000 元"),
        ("full_width", "ＡＢＣ１２３！\u3000～，。", "ABC123! ~,。"),
        ("traditional_to_simplified", "後來覺得房間裏面很髒 ok", "后来觉得房间里面很脏 ok"),
        ("lower_case", "GOOD ÄÖ İx 好", "good äö i̇x 好"),
        ("blanks", "  a \t\n b\u3000c\xa0 ", "a b c"),
        ("blanks", " \n ", ""),
    ],
)
def test_each_step_does_what_it_says(step: str, text: str, expected: str) -> None:
    assert clean(text, [step]) == expected


def test_no_steps_return_the_same_object() -> None:
    text = "".join(["a", "b"])
    assert clean(text, []) is text


def test_steps_run_in_the_order_given() -> None:
    """Decoding first makes a tag of the entity, which the second html step removes; blanks at the end."""
    assert clean("&lt;b&gt; x ", ["html", "html", "blanks"]) == "x"
    assert clean("&lt;b&gt; x ", ["blanks", "html"]) == "<b> x"


def test_unknown_steps_are_refused_all_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        clean("x", ["htlm", "blanks", "zzz"])
    known = ", ".join(CLEANING_STEPS)
    assert caught.value.problems == [
        f"text.cleaning: unknown step 'htlm'; did you mean 'html'? Known steps: {known}.",
        f"text.cleaning: unknown step 'zzz'. Known steps: {known}.",
    ]


def test_places_by_hand() -> None:
    """`<b>` (0-3) goes, `&amp;` (4-9) becomes one character, both blanks (10-12) become one, `</b>` goes."""
    text = "<b>x&amp;y  好</b>"
    cleaned, places = clean_with_places(text, ["html", "blanks"])
    assert cleaned == "x&y 好"
    assert places == [(3, 4), (4, 9), (9, 10), (10, 12), (12, 13)]
    assert text[places[4][0] : places[4][1]] == "好"


@settings(max_examples=1000, deadline=None)
@given(TEXTS, STEPS)
def test_places_hold_for_any_text_and_steps(text: str, steps: list[str]) -> None:
    cleaned, places = clean_with_places(text, steps)
    assert cleaned == clean(text, steps)
    assert len(places) == len(cleaned)
    assert all(0 <= start < end <= len(text) for start, end in places)
    # They can share characters: İ becomes two, of which a later step may take one into a web address.
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(places))


@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.sampled_from(["lower_case", "full_width", "traditional_to_simplified", "control_characters"]))
def test_each_character_comes_from_its_place(text: str, step: str) -> None:
    """Cleaning the original piece alone gives the cleaned character, for steps that look at characters alone."""
    cleaned, places = clean_with_places(text, [step])
    for (start, end), character in zip(places, cleaned, strict=True):
        origin = text[start:end]
        if step == "traditional_to_simplified":  # phrases decide, so only the kind is known
            assert (character == origin) or unicodedata.category(origin) == "Lo"
        elif step == "lower_case":
            assert character in origin.lower() or (character, origin) == ("ς", "Σ")
        else:
            assert clean(origin, [step]) == character


@given(TEXTS)
def test_one_to_one_steps_keep_the_length(text: str) -> None:
    for step in ("full_width", "traditional_to_simplified"):
        assert len(clean(text, [step])) == len(text)


@given(st.text(max_size=40))
def test_blanks_agrees_with_split_and_join(text: str) -> None:
    assert clean(text, ["blanks"]) == " ".join(text.split())


@given(st.text(alphabet="ab<>&;好 !", max_size=30))
def test_escaped_text_comes_back(text: str) -> None:
    assert clean(standard_html.escape(text), ["html"]) == text


def test_full_width_agrees_with_unicode_compatibility() -> None:
    wide = "".join(map(chr, range(0xFF01, 0xFF5F)))
    assert clean(wide, ["full_width"]) == unicodedata.normalize("NFKC", wide)


@pytest.mark.parametrize("piece", ["<a ", "&amp", "www.", "@", "<!--", "\n ", "aaaa", "http://"])
def test_hostile_texts_take_no_quadratic_time(piece: str) -> None:
    """200,000 repeats pass in well under a second; quadratic time would need minutes."""
    text = piece * 200_000
    assert len(clean(text, list(CLEANING_STEPS))) <= len(text)


def test_simplification_from_many_threads() -> None:
    results: list[str] = []

    def work() -> None:
        results.extend(clean("後來的乾隆皇帝", ["traditional_to_simplified"]) for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {"后来的乾隆皇帝"}
    assert len(results) == 1600
