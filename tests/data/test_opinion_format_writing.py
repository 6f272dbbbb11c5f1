"""Every format of opinions is written: what comes back, what a format has no place for, and which names tell it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from opinion_samples import CHINESE, HEAT, MIXED, SCREEN, example, examples, opinion, read, span

from groundswell.data.opinion_formats.intake import opinion_order
from groundswell.data.opinion_formats.registry import FORMATS, format_to_write, write_opinions
from groundswell.data.opinion_formats.tokens import retokenized
from groundswell.data.opinion_formats.writing import Tally, fitted
from groundswell.errors import DataError
from groundswell.types import Example, Opinion

HARD = [
    example(
        MIXED,
        opinion(MIXED, "cafe\u0301", "慢", "negative", "FOOD#QUALITY", (1, 0)),
        opinion(MIXED, "👨‍👩‍👧", "快", "positive", "SERVICE#GENERAL"),
        opinion(MIXED, "WiFi", "很快", "positive", "WIFI"),
        opinion(MIXED, "WiFi", "很快", "neutral", "WIFI"),
        opinion(MIXED, None, "🇨🇭", "neutral", "TOTAL"),
        opinion(MIXED, "wifi", None, "negative", "WIFI"),
        opinion(MIXED, None, None, "negative", "PRICE"),
    ),
    example(CHINESE, SCREEN, HEAT, row=2),
    example("好", row=3),
]


def written(found: list[Example], tmp_path: Path, format: str) -> tuple[list[Example], list[Example]]:
    """What the format holds of the examples, and what comes back from a file of it."""
    holds = FORMATS[format].holds
    report = write_opinions(found, tmp_path / "a.out", format)
    return [fitted(one, holds, Tally()) for one in found], read(report.files[0], format, max_bad_share=0)


def contents(found: list[Example]) -> list[tuple[str, tuple[Opinion, ...]]]:
    return [(one.text, tuple(sorted(one.opinions or (), key=opinion_order))) for one in found]


def strings(found: list[Example]) -> list[tuple[str, set[tuple[str | None, ...]]]]:
    return [
        (one.text, {(o.aspect and o.aspect.text, o.category, o.opinion and o.opinion.text, o.polarity)
                    for o in one.opinions or ()})
        for one in found
    ]  # fmt: skip


def same_places(found: list[Example], tmp_path: Path, format: str) -> None:
    expected, back = written(found, tmp_path, format)
    assert contents(back) == contents(expected)


def same_places_of_tokens(found: list[Example], tmp_path: Path, format: str) -> None:
    expected, back = written(found, tmp_path, format)
    # Spans that differ by a blank alone are one span of tokens.
    tokenized = [replace(one, opinions=tuple(dict.fromkeys(one.opinions or ()))) for one in map(retokenized, expected)]
    assert contents(back) == contents(tokenized)


def same_strings(found: list[Example], tmp_path: Path, format: str) -> None:
    expected, back = written(found, tmp_path, format)
    assert strings(back) == strings(expected)


def same_terms_and_categories(found: list[Example], tmp_path: Path, format: str) -> None:
    expected, back = written(found, tmp_path, format)
    apart = [
        replace(one, opinions=tuple({replace(o, **{field: None})
                                     for o in one.opinions or () for field in ("aspect", "category")
                                     if (o.category if field == "aspect" else o.aspect) is not None}))
        for one in expected
    ]  # fmt: skip
    assert contents(back) == contents(apart)


def same_annotated_texts(found: list[Example], tmp_path: Path, format: str) -> None:
    expected, back = written(found, tmp_path, format)
    assert contents(back) == contents([one for one in expected if one.opinions])


def same_spans(found: list[Example], tmp_path: Path, format: str) -> None:
    """Every span that is read was written, and none overlaps another."""
    expected, back = written(found, tmp_path, format)
    assert len(back) == len(expected)
    for one, tokenized in zip(back, map(retokenized, expected), strict=True):
        assert one.text == tokenized.text
        spans = [o.aspect or o.opinion for o in one.opinions or ()]
        gold = {s for o in tokenized.opinions or () for s in (o.aspect, o.opinion) if s}
        assert set(spans) <= gold
        assert not gold or spans


ROUND_TRIPS: dict[str, Callable[[list[Example], Path, str], None]] = {
    "semeval14": same_terms_and_categories,
    "semeval16": same_places,
    "aste": same_places_of_tokens,
    "asqp": same_strings,
    "acos": same_places_of_tokens,
    "dimabsa": same_strings,
    "zh_quads": same_places,
    "label_studio": same_places,
    "bio": same_spans,
    "bieos": same_spans,
    "setfit": same_annotated_texts,
    "records": same_places,
}


@pytest.mark.parametrize("format", FORMATS)
def test_hard_examples_come_back(tmp_path: Path, format: str) -> None:
    ROUND_TRIPS[format](HARD, tmp_path, format)


@pytest.mark.parametrize("format", FORMATS)
def test_any_examples_come_back(tmp_path_factory: pytest.TempPathFactory, format: str) -> None:
    folder = tmp_path_factory.mktemp("any")

    @settings(deadline=None, max_examples=25)
    @given(examples())
    def check(found: list[Example]) -> None:
        if format != "setfit" or any(o.aspect for one in found for o in one.opinions or ()):  # it would hold nothing
            ROUND_TRIPS[format](found, folder, format)

    check()


def test_records_hold_everything(tmp_path: Path) -> None:
    full = Opinion(span(CHINESE, "屏幕"), "A", span(CHINESE, "很亮"), "positive", 0.25, 0.5, True)
    found = [
        Example("r1", CHINESE, "mixed", 1, "g", "2025-01-20T13:46:18Z", (full,)),
        Example("r2", "nobody has looked", None, 2),
    ]
    report = write_opinions(found, tmp_path / "a.jsonl", "records")
    assert (report.texts, report.opinions, report.lost) == (2, 1, {})
    assert read(tmp_path / "a.jsonl") == found


def test_what_a_format_has_no_place_for_is_counted(tmp_path: Path) -> None:
    full = Opinion(span(CHINESE, "屏幕"), "A", span(CHINESE, "很亮"), "positive", 0.25, 0.5, True)
    found = [
        Example(
            "r1", CHINESE, "mixed", 1, "g", "2025", (full, replace(full, category="B"), replace(HEAT, aspect=None))
        ),
        Example("2", "x", None, 2),
    ]
    report = write_opinions(found, tmp_path / "a.txt", "aste")
    assert (report.texts, report.opinions) == (2, 1)
    assert report.lost == {
        "ids": 1,
        "labels of texts": 1,
        "groups": 1,
        "times": 1,
        "categories": 3,
        "scores": 2,
        "intensities": 2,
        "marks of negation": 2,
        "opinions that differ in nothing the format holds, written once": 1,
        "opinions without aspect, not written": 1,
        "texts nobody has annotated, written as texts without opinions": 1,
        "texts as they were, blanks now stand between tokens": 1,
    }


@pytest.mark.parametrize("format", ["asqp", "dimabsa"])
def test_places_that_strings_alone_do_not_tell_are_counted(tmp_path: Path, format: str) -> None:
    """Of two `it`, the second is nearer to `slow`; a first one that is meant is lost, a second one is not."""
    text = "it is good, it is slow"
    first = opinion(text, "it", "slow", "negative", None, (0, 0))
    second = opinion(text, "it", "slow", "positive", None, (1, 0))
    report = write_opinions([example(text, first, second)], tmp_path / "a", format)
    assert report.lost == {"places of strings that occur more than once": 1}


@pytest.mark.parametrize(("name", "format"), [("a.jsonl", "records"), ("A.JSON", "label_studio"), ("a.bio", "bio")])
def test_names_that_say_which_format_to_write(name: str, format: str) -> None:
    assert format_to_write(Path(name)) == format


def test_names_that_do_not() -> None:
    with pytest.raises(DataError) as caught:
        format_to_write(Path("a.xml"))
    assert str(caught.value) == (
        "a.xml: the name does not say which format to write, expected one of .jsonl, .ndjson, .json, .aste, .asqp, "
        ".acos, .bio, .bieos at its end. Name the format with --to: semeval14, semeval16, aste, asqp, acos, dimabsa, "
        "zh_quads, label_studio, bio, bieos, setfit, records."
    )
