"""Findings about texts that stand twice."""

from __future__ import annotations

from dataclasses import replace

from tiny_labelled_texts import make_texts

from groundswell.data.copy_checks import check_conflicts, check_overlaps, check_repeats
from groundswell.data.leakage import find_overlaps
from groundswell.data.repeats import find_repeats
from groundswell.types import Example, Opinion, Span

TEXTS = make_texts(1000)


def turned(example: Example) -> str:
    return "bad" if example.target == "good" else "good"


def texts_of(examples: list[Example]) -> list[str]:
    return [example.text for example in examples]


def test_repeats_name_both_rows() -> None:
    examples = [*TEXTS, replace(TEXTS[4], row=1001, id="x"), replace(TEXTS[6], text=TEXTS[6].text + " Yes.", row=1002)]
    exact, near = check_repeats("f", examples, find_repeats(texts_of(examples)))
    assert (exact.code, exact.count, exact.rows) == ("repeated_texts", 1, ((5, 1001),))
    assert exact.what == "1 row repeats the text of an earlier row"
    assert exact.listing[0]["row"], exact.listing[0]["of_row"] == (1001, 5)
    assert (near.code, near.count, near.rows) == ("near_repeats", 1, ((7, 1002),))


def test_conflicts_exact_and_near() -> None:
    examples = [
        *TEXTS,
        replace(TEXTS[0], row=1001, target=turned(TEXTS[0])),
        replace(TEXTS[1], row=1002, target=turned(TEXTS[1]), text=TEXTS[1].text + " Yes."),
    ]
    exact, near = check_conflicts("f", examples, find_repeats(texts_of(examples)))
    assert (exact.code, exact.severity, exact.rows) == ("label_conflicts", "warning", ((1, 1001),))
    assert exact.what.startswith("1 text carries different labels (2 rows), first ")
    assert [row["label"] for row in exact.listing] == [TEXTS[0].target, turned(TEXTS[0])]
    assert (near.code, near.rows) == ("near_conflicts", ((2, 1002),))


def test_half_a_percent_is_serious() -> None:
    """Three texts with two labels: 6 of 1,003 rows; two: 4 of 1,002."""
    conflicting = [replace(TEXTS[place], row=1001 + place, target=turned(TEXTS[place])) for place in range(3)]
    assert check_conflicts("f", [*TEXTS, *conflicting], [])[0].severity == "serious"
    assert check_conflicts("f", [*TEXTS, *conflicting[:2]], [])[0].severity == "warning"


def test_values_that_differ_are_conflicts_but_near_ones_are_not() -> None:
    values = [Example("1", "quite good food", 3.0, 1), Example("2", "quite good food", 4.0, 2)]
    values.append(Example("3", "quite good foods", 2.0, 3))
    (conflict,) = check_conflicts("f", values, find_repeats(texts_of(values)))
    assert conflict.what == "1 text carries different labels (2 rows), first 'quite good food': 3.0, 4.0"


def test_opinions_conflict_by_what_they_say_not_by_their_order() -> None:
    food = Opinion(Span("food", 5, 9), "FOOD", Span("good", 0, 4), "positive")
    other = Opinion(None, "PRICE", Span("good", 0, 4), "positive", score=0.5)
    rows = [Example(str(row), "good food", None, row, opinions=said) for row, said in
            enumerate([(food, other), (other, food), ()], start=1)]  # fmt: skip
    assert check_conflicts("f", rows[:2], []) == []
    (conflict,) = check_conflicts("f", rows, [])
    assert "1 text carries different opinions (3 rows)" in conflict.what
    assert "no opinion" in conflict.what


def test_shared_texts_name_both_rows_and_other_labels() -> None:
    first, second = TEXTS[:500], [replace(example, row=example.row - 500) for example in TEXTS[500:]]
    second += [
        replace(first[0], row=501), replace(first[1], row=502, target=turned(first[1])),
        replace(first[2], row=503, text=first[2].text + " Yes."),
    ]  # fmt: skip
    files = {"train": first, "test": second}
    exact, near = check_overlaps(files, find_overlaps({name: texts_of(rows) for name, rows in files.items()}))
    assert (exact.code, exact.severity, exact.source) == ("shared_texts", "warning", "train / test")
    assert exact.what == "2 texts of the second stand in the first, 1 with another label"
    assert exact.rows == ((1, 501), (2, 502))
    assert exact.listing[1]["file"] == "test"
    assert exact.listing[1]["of_label"] == first[1].target
    assert (near.code, near.what) == ("nearly_shared_texts", "1 text of the second stands nearly in the first")
