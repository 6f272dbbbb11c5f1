"""Findings about characters and lengths, and about what texts begin and end with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny_labelled_texts import make_texts

from groundswell.data.affix_checks import check_affixes
from groundswell.data.text_checks import check_damage, check_lengths
from groundswell.types import Example

TEXTS = make_texts(100)


def begun(prefix: str, label: str | None = None, count: int = 100) -> list[Example]:
    """Texts with a beginning, of one label alone when it is named."""
    return [
        replace(example, text=prefix + example.text) if label in (None, example.target) and place < count else example
        for place, example in enumerate(TEXTS)
    ]


def test_each_damage_is_a_finding_with_its_rows() -> None:
    texts = [replace(TEXTS[0], text="Caf\ufffd"), replace(TEXTS[1], text="a<br/>b"), *TEXTS[2:]]
    replaced, markup = check_damage("f", texts)
    assert (replaced.code, replaced.severity, replaced.rows) == ("replaced_characters", "serious", (1,))
    assert replaced.what == "1 text holds replacement characters (U+FFFD)"
    assert (markup.code, markup.severity, markup.rows) == ("markup", "note", (2,))
    assert check_damage("f", TEXTS) == []


def test_short_and_long_texts() -> None:
    texts = [replace(TEXTS[0], text="!"), replace(TEXTS[1], text="好。"), replace(TEXTS[2], text="good " * 2_000),
             replace(TEXTS[3], text="不错"), *TEXTS[4:]]  # fmt: skip
    short, long = check_lengths("f", texts)
    assert (short.code, short.rows) == ("short_texts", (1, 2))
    assert (long.code, long.rows, long.severity) == ("long_texts", (3,), "warning")
    assert long.what.endswith("characters, up to 10,000")
    assert check_lengths("f", TEXTS) == []


def test_a_common_beginning_and_end() -> None:
    (start,) = check_affixes("f", begun("Review: "))
    assert (start.code, start.severity) == ("common_begin", "note")
    assert start.what == "100 texts (100%) begin with 'Review: '"
    (end,) = check_affixes("f", [replace(example, text=example.text + " Sent by app") for example in TEXTS])
    assert end.what == "100 texts (100%) end with '. Sent by app'"


def test_a_beginning_that_tells_the_label() -> None:
    (found,) = check_affixes("f", begun("[ok] ", "good"))
    number = sum(example.target == "good" for example in TEXTS)
    assert (found.code, found.severity, found.count) == ("label_in_text", "serious", number)
    assert found.what == f"{number} texts begin with '[ok] ': 100% of the label 'good', and 0 texts of others"


@pytest.mark.parametrize(("prefix", "count"), [("abc", 100), ("Review: ", 40), ("", 100)])
def test_short_or_rare_beginnings_are_nothing(prefix: str, count: int) -> None:
    assert check_affixes("f", begun(prefix, None, count)) == []
    assert check_affixes("f", TEXTS[:10]) == []
