"""Every other mistake in a file of opinions: what was found, what is expected, how to mend it, by line and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from opinion_samples import read, refusal

from groundswell.data.accounting import Accounting
from groundswell.data.opinion_formats.registry import detect_format, read_opinions, write_opinions
from groundswell.errors import DataError


def labelled(start: int, end: int, term: str, label: str, related_to: str | None = None) -> str:
    """A task of Label Studio with one region, `a`."""
    value = {"start": start, "end": end, "text": term, "labels": [label]}
    results = [{"id": "a", "type": "labels", "value": value}]
    if related_to is not None:
        results.append({"type": "relation", "from_id": "a", "to_id": related_to})
    tasks = [{"id": 1, "data": {"text": "屏幕很亮"}, "annotations": [{"result": results}]}]
    return json.dumps(tasks, ensure_ascii=False, indent=1)


MISTAKES = [
    (
        "dimabsa",
        ('{"ID": "1", "Text": "好", "Quadruplet": [{"Aspect": "好", "Opinion": "NULL", "VA": "9.40#1"}]}\n'),
        ("FILE:1:82: VA '9.40#1', expected valence#arousal between 1 and 9, such as 7.40#6.20. Mend the value."),
    ),
    (
        "dimabsa",
        ('{"ID": "1", "Text": "好", "Quadruplet": [{"Aspect": "坏", "Opinion": "NULL", "Polarity": "POS"}]}\n'),
        (
            "FILE:1:52: aspect '坏' does not occur in its text, expected a piece of the text, letter "
            "by letter. Mend the term."
        ),
    ),
    (
        "dimabsa",
        '{"ID": "1", "Text": "好", "Quadruplet": \n',
        "FILE:1:40: not JSON (Expecting value). Mend the row or remove it.",
    ),
    (
        "records",
        "[]\n",
        "FILE:1:1: the row is a list, expected an object. Mend the value.",
    ),
    (
        "records",
        (
            '{"text": "屏幕很亮", "opinions": [{"aspect": {"text": "屏幕", "start": 1, "end": 3}, '
            '"polarity": "positive"}]}\n'
        ),
        (
            "FILE:1:42: aspect '屏幕' has the offsets 1-3, but the text holds '幕很' there. '屏幕' stands "
            "at 0-2: mend the offsets, or set data.repair=true."
        ),
    ),
    (
        "records",
        '{"text": "屏幕很亮", "opinions": [{"aspect": null, "polarity": "positive"}]}\n',
        (
            "FILE:1:31: an opinion that names neither aspect nor category nor opinion words, "
            "expected at least one. Remove it."
        ),
    ),
    (
        "records",
        '{"text": "屏幕很亮", "opinions": [{"category": "A", "polarity": "positive", "score": 1.5}]}\n',
        "FILE:1:82: score is 1.5, expected a number between 0 and 1. Mend the number.",
    ),
    (
        "records",
        ('{"text": "屏幕很亮", "opinions": [{"category": "A", "polarity": "positive", "negated": "no"}]}\n'),
        "FILE:1:84: 'negated' is a string, expected a boolean. Mend the value.",
    ),
    (
        "records",
        '{"text": "a\\u0000b"}\n',
        "FILE:1:10: the text holds a NUL character, expected characters only. Remove it.",
    ),
    (
        "records",
        '{"text": "a\\ud800b"}\n',
        "FILE:1:10: the text holds half of a surrogate pair, expected characters only. Remove it.",
    ),
    (
        "bio",
        "屏 B-ASP\n幕 O\n很 I-ASP\n亮 I-ASP\n",
        "FILE:3:3: 'I-ASP' follows 'O', expected 'B-ASP' or 'I-ASP' before it. Mend the tag.",
    ),
    (
        "bio",
        "屏 B-ASP\n幕 E-ASP\n",
        (
            "FILE:2:3: tag 'E-ASP' is unknown, expected O, or one of B, I with -ASP, -OPN, -POS, "
            "-NEU, -NEG. Mend the tag."
        ),
    ),
    (
        "bio",
        "屏\n",
        ("FILE:1:1: '屏', expected a token and its tag with a blank between, such as: noodles B-ASP. Mend the line."),
    ),
    (
        "bieos",
        "屏 B-ASP\n幕 O\n",
        ("FILE:1:3: 'B-ASP' begins a span that no 'E-ASP' ends; one token alone is 'S-ASP'. Mend the tag."),
    ),
    (
        "bieos",
        "屏 I-ASP\n",
        "FILE:1:3: 'I-ASP' is the first tag, expected 'B-ASP' or 'I-ASP' before it. Mend the tag.",
    ),
    (
        "setfit",
        "text,span,label,ordinal\nit is,it,positive,1\n",
        ("FILE:2:19 (ordinal): ordinal '1', but 'it' occurs 1 times in its text, expected 0 to 0. Mend the number."),
    ),
    (
        "setfit",
        "text,span,label,ordinal\nit is,x,positive,0\n",
        (
            "FILE:2:7 (span): span 'x' does not occur in its text, expected a piece of the text, "
            "letter by letter. Mend the span."
        ),
    ),
    (
        "setfit",
        'text,span,label,ordinal\n"it\nis",it,good,0\n',
        (
            "FILE:3:8 (label): polarity 'good' is unknown, expected positive, neutral or negative "
            "(also POS, NEU, NEG, 正面, 中性, 负面), or conflict, which is dropped. Mend the word."
        ),
    ),
    (
        "setfit",
        "text,span,label,ordinal\nit is,it,positive\n",
        ("FILE:2:1: 3 fields, but the header has 4 (text, span, label, ordinal). Mend the row or remove it."),
    ),
    (
        "setfit",
        "text,span,labl,ordinal\nit is,it,positive,0\n",
        (
            "FILE:1:1: no column 'label'. Columns: text, span, labl, ordinal. Did you mean 'labl'? "
            "Expected text, span, label, ordinal: mend the header."
        ),
    ),
    (
        "setfit",
        'text,span,label,ordinal\nit "is",it,positive,0\n',
        (
            "FILE:2:4: quotes do not follow RFC 4180: a field that holds a quote stands in quotes as "
            "a whole, and the quote in it is doubled. Mend the row."
        ),
    ),
    (
        "setfit",
        'text,span,label,ordinal\n"it is,it,positive,0\n',
        (
            "FILE:2:1: a quote that opens here never closes, so the rest of the file would be one "
            "field. Close it, or double a quote that belongs to the text."
        ),
    ),
    (
        "label_studio",
        labelled(0, 2, "屏慕", "aspect##positive"),
        (
            "FILE:18:9: aspect '屏慕' does not occur in its text, expected a piece of the text, letter "
            "by letter. Mend the term."
        ),
    ),
    (
        "label_studio",
        labelled(1, 3, "屏幕", "aspect##positive"),
        (
            "FILE:18:9: aspect '屏幕' has the offsets 1-3, but the text holds '幕很' there. '屏幕' stands "
            "at 0-2: mend the offsets, or set data.repair=true."
        ),
    ),
    (
        "label_studio",
        labelled(0, 2, "屏幕", "thing##positive"),
        (
            "FILE:18:9: label 'thing' is unknown, expected one of 评价维度, 属性, 方面, 评价对象, aspect, "
            "target, 观点词, 评价词, 意见词, opinion, with ## and a polarity behind it. Rename the label."
        ),
    ),
    (
        "label_studio",
        labelled(0, 2, "屏幕", "aspect"),
        ("FILE:18:9: label 'aspect' has no polarity, expected one behind ##, such as 评价维度##正向. Mend the label."),
    ),
    (
        "label_studio",
        labelled(0, 2, "屏幕", "aspect##positive", related_to="b"),
        ("FILE:25:16: to_id is 'b', expected the id of a region in the same annotation. Mend the id."),
    ),
    (
        "label_studio",
        labelled(0, 2, "屏幕", "aspect##positive", related_to="a"),
        (
            "FILE:22:6: a relation between two regions of the role aspect, expected an aspect and an "
            "opinion. Mend the relation."
        ),
    ),
    (
        "label_studio",
        '[{"id": 1, "data": {"review": "好"}}]',
        "FILE:1:20: no value of 'text', but review. Add it.",
    ),
    (
        "label_studio",
        '{"id": 1}',
        "FILE:1:1: the row is an object, expected a list. Mend the value.",
    ),
]


@pytest.mark.parametrize(("format", "content", "message"), MISTAKES)
def test_a_mistake_is_named_by_line_and_column(tmp_path: Path, format: str, content: str, message: str) -> None:
    path = tmp_path / "a"
    path.write_text(content, encoding="utf-8", newline="")
    found = refusal(path, format)
    assert (found.partition("The first: ")[2] or found) == message.replace("FILE", str(path))


LABEL_HEADER = "id,AspectTerms,A_start,A_end,OpinionTerms,O_start,O_end,Categories,Polarities\n"
REVIEW = "id,Reviews\n1,屏幕很亮\n"
HEADER = "id,Reviews,AspectTerms,OpinionTerms,Categories,Polarities\n"


@pytest.mark.parametrize(
    ("reviews", "label", "message"),
    [
        (
            REVIEW,
            "1,屏幕,0,1,很亮,2,4,体验,正面",
            "LABELS:2:3 (AspectTerms): aspect '屏幕' has the offsets 0-1, but the text holds '屏' there. '屏幕' stands "
            "at 0-2: mend the offsets, or set data.repair=true.",
        ),
        (
            REVIEW,
            "2,屏幕,0,2,很亮,2,4,体验,正面",
            "LABELS:2:1 (id): id '2' is not in REVIEWS, expected the id of a review. Mend the id or remove the label.",
        ),
        (
            REVIEW + "1,好\n",
            "1,屏幕,0,2,很亮,2,4,体验,正面",
            "REVIEWS:3:1 (id): id '1' stands twice (first in record 1), so its labels could belong to either text. "
            "Give each review an id of its own.",
        ),
        (
            REVIEW,
            "1,屏幕,a,2,很亮,2,4,体验,正面",
            "LABELS:2:6 (A_start): 'a' is no offset, expected a whole number, or blanks beside the term _. Mend it.",
        ),
        (
            REVIEW,
            "1,屏幕,0,2,很亮,2,4,体验,好评",
            "LABELS:2:20 (Polarities): polarity '好评' is unknown, expected positive, neutral or negative (also POS, "
            "NEU, NEG, 正面, 中性, 负面), or conflict, which is dropped. Mend the word.",
        ),
        (
            None,
            "1,屏幕,0,2,很亮,2,4,体验,正面",
            "LABELS: labels without their reviews. Expected the texts in a file of the same name with `reviews` for "
            "`labels`, such as train_reviews.csv beside train_labels.csv.",
        ),
    ],
)
def test_mistakes_in_chinese_quads(tmp_path: Path, reviews: str | None, label: str, message: str) -> None:
    labels_path, reviews_path = tmp_path / "a_labels.csv", tmp_path / "a_reviews.csv"
    labels_path.write_text(f"{LABEL_HEADER}{label}\n", encoding="utf-8")
    if reviews is not None:
        reviews_path.write_text(reviews, encoding="utf-8")
    found = refusal(labels_path, "zh_quads")
    expected = message.replace("LABELS", str(labels_path)).replace("REVIEWS", str(reviews_path))
    assert (found.partition("The first: ")[2] or found) == expected


def test_a_single_file_joined_by_row_number_is_refused_with_its_cause(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "1,屏幕很亮,_,太差,整体,负面\n2,好用,_,太贵,价格,负面\n3,好看,_,便宜,价格,正面\n")
    assert refusal(path).startswith(
        f"{path}: 3 of 3 opinions are bad, more than the 1 % allowed. Likely cause (3 of 3 wrong spans fit it): labels "
        "and texts were joined by row number instead of by id, or the texts were changed. Mend them, or allow more "
        f"with data.max_bad_share. The first: {path}:2:10 (OpinionTerms): opinion '太差' does not occur in its text"
    )


@pytest.mark.parametrize(
    ("text", "start", "end", "cause"),
    [
        ("!屏幕亮", 1, 2, "ends look inclusive, but end-exclusive ones are expected: add 1 to each end"),
        ("!屏幕亮", 2, 4, "offsets look counted from 1, but they count from 0: take 1 from each"),
        ("👍👍屏幕", 4, 6, "offsets look counted in UTF-16 units, but code points are expected"),
        ("👍，屏幕", 7, 13, "offsets look counted in UTF-8 bytes, but code points are expected"),
    ],
)
def test_a_file_with_one_kind_of_wrong_offsets_is_told_which(
    tmp_path: Path, text: str, start: int, end: int, cause: str
) -> None:
    span = {"text": "屏幕", "start": start, "end": end}
    row = {"text": text, "opinions": [{"aspect": span, "polarity": "positive"}]}
    path = tmp_path / "a.jsonl"
    path.write_text((json.dumps(row) + "\n") * 4)
    assert f" Likely cause (4 of 4 wrong spans fit it): {cause}." in refusal(path)


def test_few_mistakes_among_many_rows_are_listed_and_the_rest_is_kept(tmp_path: Path) -> None:
    good = "a b####[([0], [1], 'POS')]\n"
    path = tmp_path / "a.txt"
    path.write_text(good * 60 + "a b####[([0], [2], 'POS'), ([0], [0, 2], 'NEG')]\n" + good * 60)
    accounting = Accounting("train")
    examples = read_opinions(str(path), accounting=accounting)
    assert (len(examples), examples[60].opinions) == (121, ())
    assert accounting.opinions is not None
    assert accounting.opinions.rejected == [
        {
            "row": 61,
            "reason": f"{path}:61:15: opinion names token 2, but the text has 2 tokens, numbered from 0. Mend the "
            "number.",
            "raw": "a b####[([0], [2], 'POS'), ([0], [0, 2], 'NEG')]",
        },
        {
            "row": 61,
            "reason": f"{path}:61:34: opinion [0, 2] is a discontinuous span: its token numbers do not follow one "
            "another. A span here is one piece of text.",
            "raw": "a b####[([0], [2], 'POS'), ([0], [0, 2], 'NEG')]",
        },
    ]


def test_a_term_with_wrong_offsets_is_mended_only_on_request(tmp_path: Path) -> None:
    span = {"text": "屏幕", "start": 4, "end": 6}
    row = {"text": "屏幕和屏幕和屏幕", "opinions": [{"aspect": span, "polarity": "positive"}]}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row))
    assert refusal(path).endswith("'屏幕' stands at 3-5: mend the offsets, or set data.repair=true.")
    (found,) = read(path, repair=True)
    assert found.opinions
    assert found.opinions[0].aspect
    assert found.opinions[0].aspect.start == 3


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = tmp_path / "a.xml"
    sentences = "<sentences><sentence><text>good&a;</text></sentence></sentences>"
    path.write_text(f'<!DOCTYPE s [<!ENTITY a SYSTEM "{secret}">]>{sentences}')
    assert "the DOCTYPE declares the entity 'a'" in refusal(path)
    path.write_text(f'<!DOCTYPE s SYSTEM "{secret}">{sentences.replace("&a;", "")}')
    assert read(path)[0].text == "good"


def test_a_format_that_cannot_be_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello world, a text without opinions\n")
    with pytest.raises(DataError) as caught:
        detect_format(str(path))
    assert str(caught.value) == (
        f"{path}:1: the format cannot be told from the first lines. Name it as data.format: "
        "semeval14, semeval16, aste, asqp, acos, dimabsa, zh_quads, label_studio, bio, bieos, setfit, records, "
        "ecpe."
    )


def test_unknown_formats_empty_files_and_compressed_targets(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(" \n")
    assert refusal(path) == f"{path}: the file is empty. Expected texts with their opinions."
    assert refusal(path, "semeval15") == (
        "unknown format 'semeval15'. Did you mean 'semeval16'? Expected one of semeval14, semeval16, aste, asqp, acos, "
        "dimabsa, zh_quads, label_studio, bio, bieos, setfit, records, ecpe."
    )
    with pytest.raises(DataError) as caught:
        write_opinions([], tmp_path / "a.jsonl.gz", "records")
    assert str(caught.value) == (
        f"{tmp_path}/a.jsonl.gz: opinions are written uncompressed. Name a file without .gz, then compress it."
    )
