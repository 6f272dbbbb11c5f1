"""Findings about rows: dropped ones, ids, groups and times."""

from __future__ import annotations

from groundswell.data.accounting import Accounting
from groundswell.data.row_checks import check_dropped, check_groups, check_ids, check_times
from groundswell.types import Example


def row(number: int, name: str, label: str = "a", **more: str) -> Example:
    return Example(name, f"text {number}", label, number, **more)


def test_dropped_rows_and_opinions() -> None:
    accounting = Accounting("f", read=1_000, kept=998, opinions=Accounting("f", unit="opinions"))
    accounting.opinions.drop("given twice", 7)  # type: ignore[union-attr]
    for reason, number in (("blank text", 3), ("unreadable row", 9)):
        accounting.dropped[reason] = type(accounting.opinions.dropped["given twice"])(1, [number])  # type: ignore[union-attr]
    blank, broken, opinion = check_dropped("f", accounting)
    assert (blank.severity, blank.what, blank.rows) == ("warning", "1 row cannot be used: blank text", (3,))
    assert (broken.severity, broken.rows) == ("warning", (9,))
    assert opinion.what == "1 gold opinion cannot be used: given twice"
    accounting.dropped["unreadable row"].count = 5
    assert check_dropped("f", accounting)[1].severity == "serious"


def test_ids_that_stand_twice() -> None:
    rows = [row(1, "x"), row(2, "y"), row(3, "x", "b"), row(4, "4"), row(5, "4")]
    (found,) = check_ids({"f": rows})
    assert (found.code, found.count, found.rows) == ("repeated_ids", 2, ((1, 3), (4, 5))) or (
        found.count == 1 and found.rows == ((1, 3),)
    )
    assert found.details == {"different_labels": 1}


def test_row_numbers_are_no_ids() -> None:
    rows = [row(1, "1"), row(2, "2")]
    assert check_ids({"f": rows, "g": rows}) == []


def test_ids_in_two_files() -> None:
    (found,) = check_ids({"f": [row(1, "x")], "g": [row(1, "y"), row(2, "x")]})
    assert (found.code, found.source, found.rows) == ("shared_ids", "f / g", ((1, 2),))
    assert found.what == "1 id of the second stands in the first"


def test_groups_in_two_files() -> None:
    first, second = [row(1, "1", group="ann")], [row(1, "1", group="ann"), row(2, "2", group="bob"), row(3, "3")]
    (found,) = check_groups({"f": first, "g": second})
    assert (found.severity, found.rows) == ("serious", (1,))
    assert found.what == "1 group of the second (1 row) also stand in the first"
    assert check_groups({"f": first, "g": second[1:]}) == []
    assert check_groups({"f": second[2:], "g": second[2:]}) == []


def test_a_test_that_is_no_look_ahead() -> None:
    first = [row(1, "1", time="2024-01-01"), row(2, "2", time="2024-03-01T10:00:00"), row(3, "3", time="soon")]
    second = [row(1, "1", time="2024-02-01"), row(2, "2", time="2024-04-01"), row(3, "3")]
    (found,) = check_times({"f": first, "g": second})
    assert (found.code, found.severity, found.rows) == ("times_overlap", "note", (1,))
    assert found.what == "1 row of the second is older than the newest row of the first (2024-03-01)"
    assert check_times({"f": first, "g": second[1:]}) == []
    assert check_times({"f": second[2:], "g": second}) == []
