"""Every format of opinions is read: one row as it stands in its file, and what is dropped, placed and mended."""

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
from opinion_samples import CHINESE, ENGLISH, HEAT, SCREEN, opinion, read, span

from groundswell.data.accounting import Accounting
from groundswell.data.opinion_formats.registry import detect_format, read_opinions
from groundswell.data.opinion_formats.tag_schemes import TaggedSpan, read_tags
from groundswell.errors import DataError
from groundswell.types import Example, Opinion

TOKENIZED = "The noodles were superb but the staff ignored us twice ."
NOODLES = opinion(TOKENIZED, "noodles", "superb", "positive")
STAFF = opinion(TOKENIZED, "staff", "ignored us", "negative")
NATURAL_NOODLES = opinion(ENGLISH, "noodles", None, "positive", "FOOD#QUALITY")
NATURAL_STAFF = opinion(ENGLISH, "staff", None, "negative", "SERVICE#GENERAL")


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


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_compressed_files(tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(compress(ROWS["aste"][1].encode()))
    assert read(path)[0].opinions == (NOODLES, STAFF)


def test_an_encoding_that_cannot_be_told_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Le café était bon .####[([1], [3], 'POS')]\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"name its encoding: data\.encoding: gb18030"):
        read(path)
    assert read(path, encoding="latin-1")[0].text == "Le café était bon ."


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
