"""Feeling words with what stands before them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import DataError
from groundswell.representation.lexicon import Lexicon, builtin_lexicon, load_lexicon
from groundswell.text.segmentation import Segmentation

LEXICON = Lexicon({
    "good": ("polarity", 0.5), "bad": ("polarity", -0.5), "not": ("negation", -0.75), "very": ("intensifier", 1.5),
})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("good", [0.5]),
        ("very good", [0.75]),
        ("not very good", [-0.5625]),
        ("not a good", [-0.375]),
        ("not , good", [0.5]),
        ("not a b c good", [0.5]),
        ("not bad good", [0.375, 0.5]),
        ("Good GOOD", [0.5, 0.5]),
        ("not not good", [0.28125]),
        ("room", []),
    ],
)
def test_hits_by_hand(text: str, values: list[float]) -> None:
    assert [hit.value for hit in LEXICON(text.split()).hits] == values


def test_sums_by_hand() -> None:
    found = LEXICON(["good", "very", "bad", "room"])
    assert (found.positive, found.negative, found.net) == (0.5, -0.75, -0.25 / math.sqrt(4))
    assert [(hit.place, hit.word) for hit in found.hits] == [(0, "good"), (2, "bad")]
    empty = LEXICON([])
    assert (empty.positive, empty.negative, empty.net, empty.hits) == (0.0, 0.0, 0.0, ())


@pytest.mark.parametrize(
    ("language", "kind", "good", "bad"),
    [("en", "words", "The room was very clean.", "The room isn't clean."), ("zh", "jieba", "房间很干净", "房间不干净")],
)
def test_the_builtin_lexicons_know_praise_from_blame(language: Any, kind: Any, good: str, bad: str) -> None:
    lexicon = builtin_lexicon(language)
    tokens = Segmentation(kind, tuple(lexicon.entries) if kind == "jieba" else ())([good, bad])
    assert lexicon(tokens[0]).net > 0 > lexicon(tokens[1]).net
    polarities = [value for kind, value in lexicon.entries.values() if kind == "polarity"]
    assert min(sum(value > 0 for value in polarities), sum(value < 0 for value in polarities)) > 90


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, ": the lexicon cannot be read (No such file or directory). Check the path"),
        (
            "word,value\ngood,1\n",
            ": found the columns word, value, expected word, kind, value. Write them as the first line",
        ),
        (
            "word,kind,value\ngood,mood,1\n",
            ":2: found the kind 'mood', expected one of polarity, negation, intensifier",
        ),
        ("word,kind,value\ngood,polarity,2\n", ":2: found the value '2', expected a number from -1 to 1"),
        ("word,kind,value\ngood,polarity,\n", ":2: found the value '', expected a number from -1 to 1"),
        ("word,kind,value\nnot,negation,-1\n", ": the lexicon holds no word of the kind polarity. Add some"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "words.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as error:
        load_lexicon(path)
    assert str(error.value) == f"{path}{message}"
