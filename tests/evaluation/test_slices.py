"""Parts of the rows: who belongs to them, what they are called, and how sure their metric is."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.evaluation import number_wording, proportions, significance, slice_members
from groundswell.evaluation.proportions import wilson
from groundswell.evaluation.slice_members import by_number, by_time, by_value
from groundswell.evaluation.slices import accuracy_of, error_of, micro_f1_of, of_texts, with_slices
from groundswell.types import Example

OPTIONS = {"resamples": 200, "level": 0.95, "seed": 0}


def example(text: str, target: object = "good", time: str | None = None, **columns: str) -> Example:
    return Example("1", text, target, 1, time=time, columns=columns)  # type: ignore[arg-type]


def sizes(by: str, examples: list[Example]) -> dict[str, int]:
    return {name: len(rows) for name, rows in slice_members.slice_members(by, examples).items()}


def test_lengths_in_about_equal_parts_with_round_edges() -> None:
    lengths = [int(length) for length in np.random.default_rng(0).lognormal(5, 0.7, 1000)]
    found = sizes("length", [example("x" * length) for length in lengths])
    assert len(found) == 4
    assert sum(found.values()) == 1000
    assert all(200 <= count <= 300 for count in found.values())
    edges = sorted(lengths)[249], sorted(lengths)[749]
    first, last = next(iter(found)), list(found)[-1]
    assert first.startswith(f"{min(lengths)}–")
    assert abs(int(first.split("–")[1]) - edges[0]) <= 0.05 * edges[0]
    assert abs(int(last.removeprefix("over ")) - edges[1]) <= 0.05 * edges[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(-500, 5000), st.floats(-5, 5)), min_size=1, max_size=200))
def test_every_number_is_in_one_bin(values: list[float]) -> None:
    rows = np.concatenate(list(by_number(values).values()))
    assert sorted(rows.tolist()) == list(range(len(values)))


def test_texts_of_one_length() -> None:
    assert sizes("length", [example("abc")] * 5) == {"3": 5}


def test_languages_by_name() -> None:
    texts = ["The room was very good.", "屏幕很好", "Das Essen war nicht gut", "The food is bad"]
    assert sizes("language", [example(text) for text in texts]) == {"Chinese": 1, "English": 2, "other": 1}


def test_labels_one_several_or_a_number() -> None:
    assert sizes("label", [example("a", "good"), example("b", "bad"), example("c", "bad")]) == {"bad": 2, "good": 1}
    several = [example("a", ("joy", "love")), example("b", ("joy",)), example("c", ())]
    assert sizes("label", several) == {"joy": 2, "love": 1}
    assert sizes("label", [example("a", stars) for stars in (10.0, 2.0, 2.0)]) == {"2": 2, "10": 1}


def test_a_column_by_its_values_numbers_in_order_and_what_is_missing_last() -> None:
    found = sizes("stars", [example("a", stars=stars) for stars in ("10", "9", "", "9")])
    assert list(found.items()) == [("9", 2), ("10", 1), ("(none)", 1)]


def test_a_column_of_many_numbers_in_bins_and_of_many_names_by_the_most_frequent() -> None:
    found = sizes("price", [example("a", price=f"{number / 2}") for number in range(100)] + [example("b", price="")])
    assert list(found)[-1] == "(none)"
    assert len(found) == 4
    names = [f"shop {number}" for number in range(30) for _ in range(number + 1)]
    found = sizes("shop", [example("a", shop=name) for name in names])
    assert len(found) == 20
    assert found["(11 others)"] == sum(range(1, 12))
    assert found["shop 29"] == 30


@pytest.mark.parametrize(
    ("times", "names"),
    [
        (["2024-03-01", "2024-11-30T10:00:00Z", "2025-02-28"], ["2024-03", "2024-11", "2025-02"]),
        (["2023-03-31", "2024-04-01", "2024-12-31"], ["2023 Q1", "2024 Q2", "2024 Q4"]),
        (["2019-01-01", "2024-12-31", "yesterday"], ["2019", "2024", "(no time)"]),
    ],
)
def test_time_by_month_quarter_or_year_as_the_span_asks(times: list[str], names: list[str]) -> None:
    assert list(by_time(times)) == names
    assert sizes("time", [example("a", time=time) for time in times]).keys() == set(names)
    assert sizes("time", [example("a", **{"time": None}, when=time) for time in times]) == {}


def test_rows_may_have_several_values() -> None:
    found = by_value([("a", "b"), ("b",), ()])
    assert {name: rows.tolist() for name, rows in found.items()} == {"a": [0], "b": [0, 1]}


def test_accuracy_of_slices_by_hand() -> None:
    """40 of 50 good rows and 5 of 10 bad ones are right; Wilson's interval of 5 in 10 is 0.24 to 0.76."""
    examples = [example("a", "good")] * 50 + [example("b", "bad")] * 10
    right = np.repeat([True, False, True, False], [40, 10, 5, 5])
    scores = with_slices({"accuracy": 1, "warnings": ["one"]}, ["label"], examples, accuracy_of(right, OPTIONS))
    bad, good = scores["slices"]
    expected = wilson(5, 10)
    assert bad == {
        "by": "label", "name": "bad", "num_rows": 10, "metric": "accuracy", "value": 0.5,
        "low": pytest.approx(expected.low), "high": pytest.approx(expected.high), "small": True,
    }  # fmt: skip
    assert (good["name"], good["num_rows"], good["value"], good["small"]) == ("good", 50, 0.8, True)
    assert scores["warnings"] == [
        "one",
        "slices: 2 of 2 tell little, with fewer than 30 rows or an interval of accuracy wider than 0.2: label bad (10 "
        "rows), label good (50 rows)",
    ]


def test_a_slice_that_tells_something_is_not_small() -> None:
    examples = [example("good")] * 400
    scores = with_slices({}, ["length"], examples, accuracy_of(np.arange(400) % 10 > 0, OPTIONS))
    assert [(one["by"], one["small"]) for one in scores["slices"]] == [("characters", False)]
    assert "warnings" not in scores


def test_micro_f1_and_errors_of_slices() -> None:
    examples = [example("a", "good")] * 40 + [example("b", "bad")] * 40
    counts = np.repeat([[1, 2, 1], [0, 1, 1]], 40, axis=0)
    scores = with_slices({}, ["label"], examples, micro_f1_of(counts, "micro_f1", OPTIONS))
    assert [(one["name"], one["metric"], one["value"]) for one in scores["slices"]] == [
        ("bad", "micro_f1", 0.0),
        ("good", "micro_f1", pytest.approx(2 / 3)),
    ]
    errors = np.abs(np.random.default_rng(0).normal(size=80)) + np.repeat([0.0, 5.0], 40)
    scores = with_slices({}, ["label"], examples, error_of(errors, OPTIONS))
    bad, good = scores["slices"]
    assert bad["value"] == pytest.approx(errors[40:].mean())
    assert bad["low"] < bad["value"] < bad["high"]
    assert not good["small"]


def test_no_readable_time_is_said_and_a_column_that_is_not_there_leaves_nothing() -> None:
    scores = with_slices({}, ["time", "shop"], [example("a", time="soon")] * 40, accuracy_of(np.ones(40), OPTIONS))
    assert scores == {
        "warnings": [
            "slices: no row has a readable ISO 8601 time, so there are none by time. Name its column as data.time"
        ]
    }


def test_opinions_are_sliced_by_their_texts_alone() -> None:
    assert of_texts(("length", "label", "stars", "language")) == ("length", "language")


@pytest.mark.parametrize(
    "module", [number_wording, proportions, significance, slice_members], ids=lambda module: module.__name__
)
def test_the_examples_in_the_docstrings(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0
