"""`predict --pretty`: opinions marked inside the text, with and without colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.cli.analysis_view import AnalysisView
from groundswell.types import Analysis, Opinion, Sentence, Span

ANSI = re.compile("\x1b\\[[0-9;]*m")


def span(text: str, words: str) -> Span:
    return Span(words, text.index(words), text.index(words) + len(words))


def plain(text: str, *opinions: Opinion, **fields) -> list[str]:
    return AnalysisView(coloured=False)(Analysis(text, opinions=opinions, **fields)).splitlines()


def coloured(text: str, *opinions: Opinion, **fields) -> str:
    return AnalysisView(coloured=True)(Analysis(text, opinions=opinions, **fields))


@pytest.fixture(autouse=True)
def a_terminal_with_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)


def phone() -> Analysis:
    text = "屏幕很亮👍。不过发热有点严重。"
    return Analysis(
        text,
        label="mixed",
        scores={"positive": 0.47, "neutral": 0.06, "negative": 0.47},
        confidence=0.88,
        intensity=0.55,
        sentences=(Sentence(0, 6, "positive", {"positive": 0.93}), Sentence(6, 15, "negative", {"negative": 0.89})),
        opinions=(
            Opinion(span(text, "屏幕"), "DISPLAY", span(text, "很亮"), "positive", 0.96),
            Opinion(span(text, "发热"), "HEAT", span(text, "有点严重"), "negative", 0.91, negated=True),
        ),
        warnings=("low_confidence: not sure",),
        id=7,
    )


def test_chinese_with_an_emoji() -> None:
    assert AnalysisView(coloured=False)(phone()) == (
        "7  mixed 0.88, intensity 0.55\n"
        "[1+ 屏幕]{1+ 很亮}👍。不过[2− 发热]{2− 有点严重}。\n"
        "  1+  屏幕 → 很亮      DISPLAY  positive           0.96\n"
        "  2−  发热 → 有点严重  HEAT     negative, negated  0.91\n"
        "  + positive  0.93  屏幕很亮👍。\n"
        "  − negative  0.89  不过发热有点严重。\n"
        "  ! low_confidence: not sure\n"
        "\n"
    )


def test_colours_only_add_to_the_plain_view() -> None:
    with_colour, without = AnalysisView(coloured=True)(phone()), AnalysisView(coloured=False)(phone())
    bare = [line.rstrip() for line in ANSI.sub("", with_colour).splitlines()]
    assert bare == without.splitlines()
    assert "\x1b" not in without
    assert "\x1b[4;32m屏幕\x1b[0m" in with_colour  # an aspect: underlined, green for positive
    assert "\x1b[1;31m有点严重\x1b[0m" in with_colour  # an opinion: bold, red for negative


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = AnalysisView(coloured=True)(phone())
    assert "[1+ " in ANSI.sub("", shown)
    assert not re.search(r"\x1b\[(?:\d;)*3\d", shown)


def test_nested_and_shared_spans() -> None:
    text = "The front desk staff were not at all helpful."
    staff = span(text, "front desk staff")
    lines = plain(
        text,
        Opinion(staff, "A", span(text, "not at all helpful"), "negative", 0.9),
        Opinion(span(text, "desk"), "A", span(text, "helpful"), "positive", 0.4),
        Opinion(staff, None, None, "neutral", 0.3),
    )
    assert lines[1] == "The [1−,3~ front [2+ desk] staff] were {1− not at all {2+ helpful}}."
    assert lines[4].split() == ["3~", "front", "desk", "staff", "→", "(implied)", "neutral", "0.30"]


def test_overlapping_equal_and_touching_spans() -> None:
    text = "abcdef"
    overlapping = Opinion(Span("abcd", 0, 4), None, Span("cdef", 2, 6), "positive")
    assert plain(text, overlapping)[1] == "[1+ ab{1+ cd]ef}"
    assert plain(text, Opinion(Span(text, 0, 6), None, Span(text, 0, 6), "negative"))[1] == "[1− {1− abcdef}]"
    assert plain(text, Opinion(Span("abc", 0, 3), None, Span("def", 3, 6), "neutral"))[1] == "[1~ abc]{1~ def}"
    assert "\x1b[1;4;32mcd\x1b[0m" in coloured(text, overlapping)  # both underlined and bold


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8), st.booleans()), max_size=5))
def test_without_the_marks_the_text_is_left(spans: list[tuple[int, int, bool]]) -> None:
    text = "屏幕 a👍b大"[:8]
    opinions = []
    for start, end, is_aspect in spans:
        if start < end <= len(text):
            found = Span(text[start:end], start, end)
            opinions.append(Opinion(found if is_aspect else None, "C", None if is_aspect else found, "positive"))
    shown = plain(text, *opinions)[1]
    assert re.sub(r"[\[{][\d+,]+ |[\]}]", "", shown) == text


def test_what_could_control_the_terminal_is_shown_as_a_replacement() -> None:
    shown = coloured("\x1b[2Jgone\x07 \u202eback\r\nnext")
    assert "�[2Jgone� �back\nnext" in shown
    assert "\x1b[2J" not in shown


def test_labels_of_every_task_and_errors() -> None:
    assert plain("x", label="positive", scores={"positive": 0.9})[0] == "+ positive 0.90"
    assert (
        plain("x", labels=("joy", "fear"), scores={"joy": 0.8, "fear": 0.6, "anger": 0.1})[0] == "joy 0.80, fear 0.60"
    )
    assert plain("x", labels=())[0] == "no label"
    assert plain("x", scores={"stars": 3.456})[0] == "stars 3.46"
    assert plain("x", truncated=True)[2] == "  ! truncated: a part of the text was not read"
    assert plain("boom", id="e", error={"code": "too_long", "message": "10 MB"}) == [
        "e  error too_long: 10 MB",
        "boom",
        "",
    ]


def test_a_long_text_is_not_cut_or_broken() -> None:
    text = "很好" * 500
    assert plain(text)[1] == text


def test_predict_pretty(command, finished_run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "Good food."}\n{broken\n{"id": 3, "text": "boom"}\n')
    code, out, err = command("predict", finished_run, tmp_path / "a.jsonl", "--pretty")
    assert code == 0
    assert out.startswith("1  + positive 1.00\nGood food.\n\nerror bad_row: ")
    assert out.endswith("3  error too_long: boom\nboom\n\n")
    assert "3 rows in" in err
    assert "\x1b" not in out
    assert command("predict", finished_run, "--text", "Fine.", "--pretty").out == "− negative 1.00\nFine.\n\n"


def test_pretty_and_a_file_contradict_each_other(command, finished_run: Path) -> None:
    assert command("predict", finished_run, "--text", "x", "--pretty", "--out", "a b.txt") == (
        2, "",
        "groundswell: found --pretty and --out, expected one of them: --pretty is for the eyes, --out writes records. "
        "Leave out --pretty, or redirect: --pretty > 'a b.txt'\n",
    )  # fmt: skip


def test_what_several_heads_say_stands_in_one_line() -> None:
    heads = {
        "topic": {"label": "room", "confidence": 0.91, "scores": {"room": 0.91, "food": 0.09}},
        "emotions": {"labels": ("joy",), "scores": {"joy": 0.8, "anger": 0.1}},
        "arousal": {"scores": {"A": 3.21}},
    }
    lines = AnalysisView(coloured=False)(Analysis("A fine room.", label="room", heads=heads)).splitlines()
    assert lines[1] == "  topic room 0.91 · emotions joy 0.80 · arousal 3.21"
    alone = AnalysisView(coloured=False)(Analysis("A fine room.", heads={"arousal": heads["arousal"]}))
    assert "arousal" not in alone


def test_the_intensity_of_an_opinion_is_shown_where_it_is_known() -> None:
    words = Span("fine", 2, 6)
    shown = AnalysisView(coloured=False)(
        Analysis("A fine room.", opinions=(Opinion(None, None, words, "positive", 0.9, intensity=0.42),))
    )
    assert "intensity 0.42" in shown
