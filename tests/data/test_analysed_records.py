"""Opinion records are read with every span checked; what is wrong is said with its place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from groundswell.data.analysed_records import open_analysed
from groundswell.data.sample import sample_path
from groundswell.errors import DataError
from groundswell.types import Analysis, Opinion, Span

TEXT = "👍 Great bed."
CURE = "Mend the record, or write it anew: groundswell predict RUN FILE --out opinions.jsonl"


def record(**fields: Any) -> dict[str, Any]:
    return {"text": TEXT, "opinions": [opinion()], **fields}


def opinion(**fields: Any) -> dict[str, Any]:
    aspect, words = {"text": "bed", "start": 8, "end": 11}, {"text": "Great", "start": 2, "end": 7}
    return {"aspect": aspect, "category": "ROOM", "opinion": words, "polarity": "positive", **fields}


def written(folder: Path, *records: Any) -> str:
    path = folder / "a.jsonl"
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), encoding="utf-8")
    return str(path)


def test_what_predict_writes_is_read_back(tmp_path: Path) -> None:
    said = Opinion(Span("bed", 8, 11), "ROOM", Span("Great", 2, 7), "positive", 0.75, 0.5, negated=True)
    analyses = [
        Analysis(TEXT, language="en", opinions=(said,), id=7),
        Analysis("boom", id="b", error={"code": "too_long", "message": "10 MB"}),
        Analysis("屏幕。"),
    ]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("".join(each.to_json() + "\n" for each in analyses).encode()))
    first, second, third = open_analysed(str(path))
    assert (first.id, first.line, first.language, first.opinions) == ("7", 1, "en", (said,))
    assert (second.id, second.error, second.opinions) == ("b", "10 MB", ())
    assert (third.id, third.error, third.opinions) == (None, None, ())


def test_gold_opinions_are_certain_and_their_language_is_detected(tmp_path: Path) -> None:
    (document,) = open_analysed(written(tmp_path, record()))
    assert document.language == "en"
    assert (document.opinions[0].score, document.opinions[0].intensity) == (1.0, None)
    assert {each.language for each in open_analysed(str(sample_path("zh")))} == {"zh"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"text": TEXT, "label": "x"},
            "found the keys text, label, expected `opinions`, a list ([] where there are none).",
        ),
        (
            {"text": TEXT, "opinion": []},
            "found the keys text, opinion, expected `opinions`, a list ([] where there are none). Did you "
            "mean 'opinion'?",
        ),
        ({"opinions": []}, "found the keys opinions, expected `text`, a string."),
        (record(text=None), "found null as `text`, expected `text`, a string."),
        (record(opinions={"a": 1}), 'found {"a": 1} as `opinions`, expected a list ([] where there are none).'),
        (
            record(opinions=["good"]),
            'opinions[0]: found "good", expected an object with `aspect`, `category`, `opinion` and `polarity`.',
        ),
        (
            record(opinions=[opinion(), opinion(polarity="POS")]),
            'opinions[1]: found "POS" as `polarity`, expected one of positive, neutral, negative.',
        ),
        (record(opinions=[opinion(category=3)]), "opinions[0]: found 3 as `category`, expected a string or null."),
        (record(opinions=[opinion(score=1.5)]), "opinions[0]: found 1.5 as `score`, expected a number from 0 to 1."),
        (
            record(opinions=[opinion(aspect=None, opinion=None, category=None)]),
            "opinions[0]: found neither `aspect` nor `category` nor `opinion`, expected at least one of them.",
        ),
        (
            record(opinions=[opinion(aspect="bed")]),
            'opinions[0].aspect: found "bed", expected null or {"text": …, "start": …, "end": …}.',
        ),
        (
            record(opinions=[opinion(aspect={"text": "bed", "start": "8", "end": None})]),
            'opinions[0].aspect: found start "8" and end null, expected two whole numbers.',
        ),
        (
            record(opinions=[opinion(aspect={"text": "bed", "start": 8, "end": 99})]),
            "opinions[0].aspect: found 8 to 99, expected start before end, both inside the text of 12 characters.",
        ),
        (
            record(opinions=[opinion(aspect={"text": "bed", "start": 9, "end": 12})]),
            'opinions[0].aspect: found "bed" at 9 to 12, where the text has "ed.", expected the same words. '
            "The offsets count UTF-16 units; they must count code points.",
        ),
        (
            record(opinions=[opinion(aspect={"text": "bed", "start": 1, "end": 4})]),
            'opinions[0].aspect: found "bed" at 1 to 4, where the text has " Gr", expected the same words. '
            "They first stand at 8 to 11.",
        ),
        (
            record(opinions=[opinion(opinion={"text": "fine", "start": 1, "end": 5})]),
            'opinions[0].opinion: found "fine" at 1 to 5, where the text has " Gre", expected the same words.',
        ),
    ],
)
def test_wrong_records(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    source = written(tmp_path, record(), wrong)
    with pytest.raises(DataError) as caught:
        list(open_analysed(source))
    assert str(caught.value) == f"{source}:2: {message} {CURE}"


def test_files_that_are_no_json_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,opinions\nx,y\n")
    with pytest.raises(DataError) as caught:
        open_analysed(str(tmp_path / "a.csv"))
    assert str(caught.value) == (
        f"{tmp_path / 'a.csv'}: found CSV, expected JSON Lines of opinion records (an object with `text` and "
        "`opinions` on each line). Write them: groundswell predict RUN FILE --out opinions.jsonl"
    )
    (tmp_path / "a.jsonl").write_text(json.dumps(record()) + "\n{broken\n")
    with pytest.raises(DataError, match=r"a\.jsonl:2: not JSON \(.*\)\. Mend the row or remove it\."):
        list(open_analysed(str(tmp_path / "a.jsonl")))
