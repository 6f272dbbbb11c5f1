"""Findings about labels alone."""

from __future__ import annotations

import pytest

from groundswell.data.label_checks import check_balance, check_names, check_order, count_labels
from groundswell.types import Example


def rows(*labels: object) -> list[Example]:
    return [Example(str(row), f"text {row}", label, row) for row, label in enumerate(labels, start=1)]  # type: ignore[arg-type]


def codes(examples: list[Example]) -> list[str]:
    return [found.code for found in check_balance("f", examples)]


def test_one_label_is_serious() -> None:
    (found,) = check_balance("f", rows("a", "a"))
    assert (found.severity, found.what) == ("serious", "every row has the label 'a'")
    assert check_balance("f", rows(3.0, 3.0))[0].what == "every row has the value 3"
    assert check_balance("f", rows(3.0, 4.0)) == []
    assert codes(rows(*[("a",)] * 20, ())) == []


def test_uneven_and_rare_labels() -> None:
    even, rare = check_balance("f", rows(*"a" * 90, *"b" * 9))
    assert (even.code, even.severity, even.what) == (
        "uneven_labels", "note", "'a' has 90 rows (91%), 'b' 9"
    )  # fmt: skip
    assert (rare.code, rare.rows) == ("rare_labels", (91, 92, 93, 94, 95))
    assert rare.what == "1 label has fewer than 10 rows: 'b' 9"
    assert codes(rows(*"a" * 99, *"b" * 10)) == []


def test_several_labels_of_a_row_count_each() -> None:
    assert count_labels(rows(("a", "b"), ("a",), ())) == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("labels", "found"),
    [("a" * 30 + "b" * 30, 1), ("ab" * 30, 0), ("a" * 20 + "b" * 20, 0), ("a" * 60, 0), ("aab" * 20 + "b" * 9, 0)],
)
def test_rows_in_the_order_of_their_labels(labels: str, found: int) -> None:
    assert len(check_order("f", rows(*labels))) == found


def test_labels_that_the_first_file_lacks() -> None:
    (found,) = check_names({"train": rows("a", "b"), "test": rows("a", "c", "c"), "dev": rows("b")})
    assert (found.severity, found.source, found.count, found.rows) == ("serious", "train / test", 2, (2, 3))
    assert found.what == "1 label of the second is not in the first: 'c' (2)"
    assert "the first has a, b" in found.mend
    assert check_names({"train": rows(1.0), "test": rows(2.0)}) == []
