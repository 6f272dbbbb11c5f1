"""Every format of opinions: one row as it stands in its file, and what is written is read again."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opinion_samples import CHINESE, ENGLISH, MIXED, example, examples, opinion, read, span

from groundswell.data.accounting import Accounting
from groundswell.data.opinion_formats.intake import opinion_order
from groundswell.data.opinion_formats.registry import (
    FORMATS,
    detect_format,
    format_to_write,
    read_opinions,
    write_opinions,
)
from groundswell.data.opinion_formats.tag_schemes import TaggedSpan, read_tags
from groundswell.data.opinion_formats.tokens import retokenized
from groundswell.data.opinion_formats.writing import Tally, fitted
from groundswell.errors import DataError
from groundswell.types import Example, Opinion

TOKENIZED = "The noodles were superb but the staff ignored us twice ."
NOODLES = opinion(TOKENIZED, "noodles", "superb", "positive")
STAFF = opinion(TOKENIZED, "staff", "ignored us", "negative")
NATURAL_NOODLES = opinion(ENGLISH, "noodles", None, "positive", "FOOD#QUALITY")
NATURAL_STAFF = opinion(ENGLISH, "staff", None, "negative", "SERVICE#GENERAL")
SCREEN = opinion(CHINESE, "屏幕", "很亮", "positive", "DISPLAY#QUALITY")
HEAT = opinion(CHINESE, "发热", "有点严重", "negative", "LAPTOP#OPERATION_PERFORMANCE")


def with_categories(*named: tuple[Opinion, str | None]) -> tuple[Opinion, ...]:
    return tuple(replace(one, category=category) for one, category in named)


SEMEVAL_14 = f"""<?xml version="1.0" encoding="UTF-8"?>
<sentences><sentence id="ex1"><text>{ENGLISH}</text>
  <aspectTerms><aspectTerm term="noodles" polarity="positive" from="4" to="11"/><aspectTerm term="staff"
   polarity="negative" from="32" to="37"/></aspectTerms>
  <aspectCategories><aspectCategory category="food" polarity="positive"/></aspectCategories></sentence></sentences>"""
SEMEVAL_16 = f"""<Reviews><Review rid="r1"><sentences><sentence id="r1:0"><text>{ENGLISH}</text>
  <Opinions><Opinion target="noodles" category="FOOD#QUALITY" polarity="positive" from="4" to="11"/>
            <Opinion target="staff" category="SERVICE#GENERAL" polarity="negative" from="32" to="37"/>
            <Opinion target="NULL" category="AMBIENCE" polarity="neutral" from="0" to="0"/></Opinions></sentence>
  <sentence id="r1:1" OutOfScope="TRUE"><text>Never mind.</text></sentence></sentences></Review></Reviews>"""
LABEL_STUDIO = json.dumps(
    [{"id": 1, "data": {"text": CHINESE}, "annotations": [{"result": [
        {"id": "a", "type": "labels", "value": {"start": 9, "end": 11, "text": "发热", "labels": ["评价维度##负向"]}},
        {"id": "o", "type": "labels", "value": {"start": 11, "end": 15, "text": "有点严重", "labels": ["观点词"]}},
        {"type": "relation", "from_id": "a", "to_id": "o", "direction": "right", "labels": ["观点"]}]}]}]
)  # fmt: skip
QUADS = with_categories((NOODLES, "FOOD#QUALITY"), (STAFF, "SERVICE#GENERAL"))
DIMABSA_ROW = {"Aspect": "屏幕", "Category": "DISPLAY#QUALITY", "Opinion": "很亮"}

# name -> file name, content, format, text, opinions
ROWS: dict[str, tuple[str, str, str, str, tuple[Opinion, ...]]] = {
    "semeval14": ("a.xml", SEMEVAL_14, "semeval14", ENGLISH,
        (opinion(ENGLISH, None, None, "positive", "food"), *with_categories((NATURAL_NOODLES, None),
                                                                         (NATURAL_STAFF, None)))),
    "semeval16": ("a.xml", SEMEVAL_16, "semeval16", ENGLISH,
        (opinion(ENGLISH, None, None, "neutral", "AMBIENCE"), NATURAL_NOODLES, NATURAL_STAFF)),
    "aste": ("a.txt", TOKENIZED + "####[([1], [3], 'POS'), ([6], [7, 8], 'NEG')]\n", "aste", TOKENIZED,
        (NOODLES, STAFF)),
    "aste of Zhang": ("a.txt", "\ufeff屏 幕 很 亮 。####[((0, 1), (2, 3), 'Positive'), ((-1, -1), (2, 3), 'NEU')]\r\n",
        "aste", "屏 幕 很 亮 。", (opinion("屏 幕 很 亮 。", "屏 幕", "很 亮", "positive"),
                              opinion("屏 幕 很 亮 。", None, "很 亮", "neutral"))),
    "asqp": ("a.txt", TOKENIZED + "####[['noodles', 'food quality', 'positive', 'superb'], "
        "['NULL', 'service general', 'negative', 'ignored us']]\n", "asqp", TOKENIZED,
        (replace(NOODLES, category="food quality"), replace(STAFF, aspect=None, category="service general"))),
    "acos with tabs": ("a.tsv", TOKENIZED + "\t1,2 FOOD#QUALITY 2 3,4\t6,7 SERVICE#GENERAL 0 7,9\n", "acos", TOKENIZED,
        QUADS),
    "acos with ####": ("a.txt", TOKENIZED + "####1,2 FOOD#QUALITY 2 3,4####-1,-1 SERVICE#GENERAL 0 7,9\n", "acos",
        TOKENIZED, (QUADS[0], replace(QUADS[1], aspect=None))),
    "acos objects": ("a.jsonl", json.dumps({"text": TOKENIZED, "labels": [
        {"aspect": "noodles", "opinion": "superb", "polarity": "positive", "category": "FOOD#QUALITY"},
        {"aspect": "NULL", "opinion": "ignored us", "polarity": "negative", "category": "SERVICE#GENERAL"}]}), "acos",
        TOKENIZED, (QUADS[0], replace(QUADS[1], aspect=None))),
    "dimabsa": ("a.jsonl", json.dumps({"ID": "ex-1", "Text": CHINESE, "Quadruplet": [{**DIMABSA_ROW,
        "Polarity": "POS"}]}), "dimabsa", CHINESE, (SCREEN,)),
    "dimabsa with valence": ("a.jsonl", json.dumps({"ID": "ex-1", "Text": CHINESE, "Quadruplet": [{**DIMABSA_ROW,
        "VA": "7.40#6.20"}]}), "dimabsa", CHINESE, (replace(SCREEN, intensity=(7.40 - 5) / 4),)),
    "label_studio in UTF-16 units": ("a.json", LABEL_STUDIO, "label_studio", CHINESE, (replace(HEAT, category=None),)),
    "label_studio in code points": ("a.json", LABEL_STUDIO.replace('"start": 9, "end": 11', '"start": 8, "end": 10')
        .replace('"start": 11, "end": 15', '"start": 10, "end": 14'), "label_studio", CHINESE,
        (replace(HEAT, category=None),)),
    "bio": ("a.txt", "屏 B-ASP\n幕 I-ASP\n很\tB-OPN\n亮 I-OPN\n， O\n", "bio", "屏 幕 很 亮 ，",
        (opinion("屏 幕 很 亮 ，", "屏 幕", None, "neutral"), opinion("屏 幕 很 亮 ，", None, "很 亮", "neutral"))),
    "bieos": ("a.txt", "\nThe O\nnoodles S-POS\nwere O\n\n\nstaff B-NEG\nroom E-NEG\n", "bieos", "The noodles were",
        (opinion("The noodles were", "noodles", None, "positive"),)),
    "setfit": ("a.csv", "text,span,label,ordinal\nit is it,it,positive,1\nit is it,is,negative,0\n", "setfit",
        "it is it", (opinion("it is it", "is", None, "negative"),
                     opinion("it is it", "it", None, "positive", None, (1, 0)))),
    "records": ("a.jsonl", json.dumps({"id": 7, "text": CHINESE, "label": "mixed", "opinions": [
        {"aspect": {"text": "发热", "start": 8, "end": 10}, "category": None, "opinion": None, "polarity": "negative",
         "intensity": 0.45, "negated": True, "score": 0.5}]}), "records", CHINESE,
        (Opinion(span(CHINESE, "发热"), None, None, "negative", 0.5, 0.45, True),)),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_each_format(tmp_path: Path, name: str) -> None:
    file, content, format, text, opinions = ROWS[name]
    (tmp_path / file).write_text(content, encoding="utf-8", newline="")
    assert detect_format(str(tmp_path / file)) == format
    first = read(tmp_path / file)[0]
    assert first.text == text
    assert first.opinions == opinions


HEADER = "id,Reviews,AspectTerms,OpinionTerms,Categories,Polarities\n"
MARKS = ["", '"', "'", "[", "]", "{", "}", "(", ")", "<", "####", "\t", "\n", "\r", ",", "\x00", "&x;", "\\ud800", "_"]
PIECES = [*MARKS, "-1", "0x" + "F" * 5000, "9" * 5000, "null", "I-ASP", "NULL"]


@pytest.mark.parametrize("name", ROWS)
def test_a_damaged_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    file, content, format, _, _ = ROWS[name]

    @settings(deadline=None, max_examples=40)
    @given(st.integers(0, len(content)), st.integers(0, 9), st.sampled_from(PIECES), st.booleans())
    def check(start: int, length: int, piece: str, repair: bool) -> None:
        (folder / file).write_text(content[:start] + piece + content[start + length :], encoding="utf-8", newline="")
        accounting = Accounting("test")
        with suppress(DataError):
            for one in read_opinions(
                str(folder / file), format=format, accounting=accounting, repair=repair, max_bad_share=1
            ):
                for found in one.opinions or ():
                    for place in (found.aspect, found.opinion):
                        assert place is None or one.text[place.start : place.end] == place.text != ""

    check()


REVIEWS = HEADER + "7,屏幕很亮，总之很值,_,难用,整体,负面\r\n9,好,_,好,整体,正面\r\n"
LABELS = """id,AspectTerms,A_start,A_end,OpinionTerms,O_start,O_end,Categories,Polarities
7,屏幕,0,2,很亮,2,4,使用体验,正面
7,_, , ,很值,7,9,价格,正面
"""


@pytest.mark.parametrize("name", ["train_reviews.csv", "train_labels.csv"])
def test_chinese_quads_are_joined_by_id_whichever_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "train_reviews.csv").write_bytes(REVIEWS.encode("gb18030"))
    (tmp_path / "train_labels.csv").write_bytes(LABELS.encode())
    assert detect_format(str(tmp_path / name)) == "zh_quads"
    text = "屏幕很亮，总之很值"
    first, second = read(tmp_path / name)
    assert (first.id, first.text, second.id, second.opinions) == ("7", text, "9", ())
    assert first.opinions == (
        opinion(text, "屏幕", "很亮", "positive", "使用体验"),
        opinion(text, None, "很值", "positive", "价格"),
    )


def test_chinese_quads_in_one_file_are_taken_when_their_terms_stand_in_their_texts(tmp_path: Path) -> None:
    content = HEADER + "1,屏幕很亮,屏幕,很亮,整体,正面\n1,屏幕很亮,_,亮,整体,正面\n"
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    (found,) = read(tmp_path / "a.csv")
    text = "屏幕很亮"
    assert found.opinions == (
        opinion(text, "屏幕", "很亮", "positive", "整体"),
        opinion(text, None, "亮", "positive", "整体"),
    )


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


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_compressed_files(tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(compress(ROWS["aste"][1].encode()))
    assert read(path)[0].opinions == (NOODLES, STAFF)


def test_what_is_dropped_repeated_placed_and_mended_is_counted(tmp_path: Path) -> None:
    """Of 7 opinions: one conflict, one exact repeat, one with wrong offsets; one span with both polarities stays."""
    path = tmp_path / "a.xml"
    terms = [("it", "positive", 0, 2), ("it", "conflict", 0, 2), ("it", "positive", 0, 2), ("it", "negative", 0, 2),
             ("works", "neutral", 4, 9), ("it", "neutral", 6, 8)]  # fmt: skip
    elements = "".join(
        f'<aspectTerm term="{term}" polarity="{polarity}" from="{start}" to="{end}"/>'
        for term, polarity, start, end in terms
    )
    path.write_text(f'<sentences><sentence id="1"><text>it works it</text>{elements}</sentence></sentences>')
    accounting = Accounting("train")
    (found,) = read_opinions(str(path), accounting=accounting, repair=True)
    text = "it works it"
    assert found.opinions == (
        opinion(text, "it", None, "negative"),
        opinion(text, "it", None, "positive"),
        opinion(text, "works", None, "neutral"),
        opinion(text, "it", None, "neutral", None, (1, 0)),
    )
    assert accounting.opinions is not None
    assert accounting.opinions.line() == (
        "train: 6 opinions read, 4 kept, 2 dropped (polarity conflict: row 1; repeated: row 1), "
        "repaired (wrong offsets; the nearest occurrence of the string is taken): rows 1, 1"
    )


def test_a_string_is_placed_nearest_to_its_partner(tmp_path: Path) -> None:
    """`it` begins at 0, 8 and within `with` at 13: of the whole words, the second is nearest to `slow`."""
    path = tmp_path / "a.txt"
    path.write_text("it was, it with slow####[['it', 'x', 'negative', 'slow'], ['it', 'y', 'positive', 'NULL']]\n")
    accounting = Accounting("train")
    (found,) = read_opinions(str(path), accounting=accounting)
    assert [o.aspect and o.aspect.start for o in found.opinions or ()] == [0, 8]
    assert accounting.opinions is not None
    ((what, rows),) = accounting.opinions.noted.items()
    assert what.startswith("ambiguous place")
    assert rows.count == 2


def test_annotators_are_kept_apart_and_cancelled_annotations_left_out(tmp_path: Path) -> None:
    result = [{"id": "a", "type": "labels", "value": {"start": 0, "end": 2, "labels": ["aspect##positive"]}}]
    choice = {"type": "choices", "value": {"choices": ["positive"]}}
    tasks = [
        {"id": 5, "data": {"text": "屏幕"}, "annotations": [
            {"completed_by": {"id": 3, "email": "x@example.org"}, "result": [*result, choice]},
            {"completed_by": 4, "result": []}, {"was_cancelled": True, "result": result}]},
        {"id": 6, "data": {"text": "亮"}, "annotations": []},
    ]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(tasks))
    accounting = Accounting("train")
    found = read_opinions(str(tmp_path / "a.json"), accounting=accounting)
    assert found == [
        Example("5/3", "屏幕", "positive", 1, "5", None, (opinion("屏幕", "屏幕", None, "positive"),)),
        Example("5/4", "屏幕", None, 1, "5", None, ()),
        Example("6", "亮", None, 2, opinions=None),
    ]
    assert accounting.line() == "train: 4 rows read, 3 kept, 1 dropped (cancelled annotation: row 1)"


def test_touching_spans_stay_apart_in_both_schemes() -> None:
    assert read_tags(["B-ASP", "B-ASP", "I-ASP", "B-OPN"], "bio", ["ASP", "OPN"]) == [
        TaggedSpan(0, 1, "ASP"), TaggedSpan(1, 3, "ASP"), TaggedSpan(3, 4, "OPN"),
    ]  # fmt: skip
    assert read_tags(["S-ASP", "B-ASP", "E-ASP", "S-ASP"], "bieos", ["ASP"]) == [
        TaggedSpan(0, 1, "ASP"), TaggedSpan(1, 3, "ASP"), TaggedSpan(3, 4, "ASP"),
    ]  # fmt: skip


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
