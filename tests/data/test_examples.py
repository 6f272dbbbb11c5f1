from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.data.accounting import Accounting
from groundswell.data.examples import Columns, Reading, read_examples
from groundswell.errors import DataError
from groundswell.types import Example

TOLERANT = Reading(max_bad_share=1.0)


def write_json_lines(path: Path, rows: list[Any]) -> str:
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return str(path)


def read(source: str, reading: Reading = TOLERANT, columns: Columns | None = None) -> tuple[list[Example], Accounting]:
    accounting = Accounting("train")
    return read_examples(source, columns or Columns(), reading=reading, accounting=accounting), accounting


def refusal(source: str, reading: Reading | None = None, columns: Columns | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read(source, reading or Reading(), columns)
    return str(caught.value)


def test_every_row_is_kept_or_dropped_with_its_reason(tmp_path: Path) -> None:
    path = write_json_lines(
        tmp_path / "a.jsonl",
        [
            {"text": "good", "label": 1},
            {"text": " \u200b\n", "label": 1},
            {"text": "no label", "label": None},
            "broken",
            {"text": "a\x00b", "label": 0},
            {"text": "x" * 21, "label": 0},
            {"text": "misspelt", "labl": 0},
            {"text": 5, "label": 0},
            '{"text": "half \\ud83d", "label": 0}',
            {"text": "list", "label": ["a"]},
            {"text": "\x00", "label": 0},
            {"text": "bad", "label": 0.0},
        ],
    )
    examples, accounting = read(path, Reading(max_bad_share=0.7, max_characters=20))
    assert [(example.text, example.target, example.id, example.row) for example in examples] == [
        ("good", "1", "1", 1),
        ("bad", "0", "12", 12),
    ]
    assert {reason: rows.first_rows for reason, rows in accounting.dropped.items()} == {
        "blank text": [2],
        "no label": [3],
        "unreadable row": [4],
        "NUL character in text": [5, 11],
        "longer than 20 characters": [6],
        "no key 'label'": [7],
        "text is not a string": [8],
        "unpaired surrogate in text": [9],
        "label is a list, expected one name": [10],
    }
    assert (accounting.read, accounting.kept) == (12, 2)
    details = {row["row"]: row["reason"] for row in accounting.rejected}
    assert details[4] == "not JSON (Expecting value at character 1)"
    assert details[6] == "text of 21 characters"
    assert details[7] == "no key 'label', but text, labl. Did you mean 'labl'?"
    assert details[10] == "label is a list, expected one name, found ['a']"
    assert sorted(details) == [4, 5, 6, 7, 8, 9, 10, 11]


def test_the_default_limit_of_length_names_itself(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [{"text": "好" * 1_000_001, "label": 0}, {"text": "b", "label": 0}])
    _, accounting = read(path)
    assert accounting.line() == ("train: 2 rows read, 1 kept, 1 dropped (longer than 1,000,000 characters: row 1)")


def test_too_many_bad_rows_are_refused_with_the_first_three(tmp_path: Path) -> None:
    rows: list[Any] = [{"text": f"t{number}", "label": number % 2} for number in range(96)]
    path = write_json_lines(tmp_path / "a.jsonl", ["[]", "{", "7", "null", *rows])
    assert refusal(path) == (
        f"{path}: 4 of 100 rows are bad, more than the 1 % allowed (row 1: not a JSON object but a list; row 2: not "
        "JSON "
        "(Expecting property name enclosed in double quotes at character 3); row 3: not a JSON object but a number). "
        "Mend them, or allow more with data.max_bad_share."
    )
    examples, accounting = read(path, Reading(max_bad_share=0.04))
    assert len(examples) == accounting.kept == 96


def test_blank_and_unlabelled_rows_are_not_bad(tmp_path: Path) -> None:
    rows = [{"text": "", "label": 1}, {"text": "a", "label": ""}, {"text": "b", "label": 1}]
    examples, _ = read(write_json_lines(tmp_path / "a.jsonl", rows), Reading(max_bad_share=0.0))
    assert [example.text for example in examples] == ["b"]


def test_a_missing_column_names_its_setting(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [{"review": "a", "label": 1, "when": ""}])
    assert refusal(path) == (
        f"{path}: no column 'text'. Columns: review, label, when. Name the right one as data.text."
    )
    assert refusal(path, columns=Columns("review", "labels", time="when")) == (
        f"{path}: no column 'labels'. Columns: review, label, when. Did you mean 'label'? Name the right one as "
        "data.label."
    )
    assert refusal(path, columns=Columns("review", group="author")) == (
        f"{path}: no column 'author'. Columns: review, label, when. Name the right one as data.group."
    )
    assert refusal(path, Reading(where={"split": "train"}), Columns("review")) == (
        f"{path}: no column 'split'. Columns: review, label, when. Name the right one as data.split_column."
    )


def test_a_file_without_one_readable_row(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", ["nonsense", "more"])
    assert refusal(path) == (
        f"{path}: 2 of 2 rows are bad, more than the 1 % allowed (row 1: not JSON (Expecting value at character 1); "
        "row 2: "
        "not JSON (Expecting value at character 1)). Mend them, or allow more with data.max_bad_share."
    )


def test_no_row_left(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [{"text": " ", "label": 1}])
    assert refusal(path) == (
        f"{path}: no usable row. train: 1 rows read, 0 kept, 1 dropped (blank text: row 1). Mend the rows, or name "
        "other "
        "columns as data.text, data.label."
    )
    (tmp_path / "b.csv").write_text("text,label\n", encoding="utf-8")
    assert refusal(f"{tmp_path}/b.csv") == f"{tmp_path}/b.csv: there is a header but no row below it. Add rows."


def test_where_selects_rows_and_does_not_count_the_others(tmp_path: Path) -> None:
    rows = [{"text": f"t{n}", "label": n, "split": "train" if n < 3 else "test", "fold": n % 2} for n in range(5)]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    examples, accounting = read(path, Reading(where={"split": "train", "fold": "0"}))
    assert [example.row for example in examples] == [1, 3]
    assert accounting.read == 2
    assert refusal(path, Reading(where={"split": "dev"})) == (
        f"{path}: no row has split = 'dev'. Values there: 'train', 'test'. Choose one of these."
    )


def test_columns_renaming_and_repeated_ids(tmp_path: Path) -> None:
    content = "id,review,stars,author,day\n7,good,1,ann,2024-01-01\n7,bad,0,,\n,ok,1,bob,\n"
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    columns = Columns("review", "stars", group="author", time="day")
    examples, accounting = read(str(path), Reading(rename={"1": "positive", "0": "negative"}), columns)
    assert examples == [
        Example("7", "good", "positive", 1, "ann", "2024-01-01"),
        Example("7", "bad", "negative", 2, None, None),
        Example("3", "ok", "positive", 3, "bob", None),
    ]
    assert accounting.warnings == ["train: 1 ids stand in more than one row, first '7' (rows 1, 2); all rows are kept."]
    named, _ = read(str(path), TOLERANT, Columns("review", "stars", id="author"))
    assert [example.id for example in named] == ["ann", "2", "bob"]


def test_texts_that_look_like_missing_values_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\nNA,null\nnull,NA\nNone,nan\n", encoding="utf-8")
    examples, _ = read(str(path))
    assert [(example.text, example.target) for example in examples] == [("NA", "null"), ("null", "NA"), ("None", "nan")]


def test_regression_and_multi_label(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [{"text": "a", "label": "2.5"}, {"text": "b", "label": "x"}])
    examples, accounting = read(path, Reading(task="regression", max_bad_share=0.5))
    assert [example.target for example in examples] == [2.5]
    assert accounting.rejected == [
        {"row": 2, "reason": "target is not a number, found 'x'", "raw": '{"text": "b", "label": "x"}'}
    ]
    examples, _ = read(path, Reading(task="multi_label"))
    assert [example.target for example in examples] == [("2.5",), ("x",)]


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)
)
ROWS = st.dictionaries(st.sampled_from(["text", "label", "id"]), VALUES).map(json.dumps) | st.text(
    alphabet='{}[]"a ,:', max_size=8
)


@settings(deadline=None)
@given(st.lists(ROWS, max_size=8), st.sampled_from(["single_label", "multi_label", "regression"]))
def test_no_row_vanishes(tmp_path_factory: pytest.TempPathFactory, rows: list[str], task: Any) -> None:
    path = write_json_lines(tmp_path_factory.getbasetemp() / "property.jsonl", ['{"text": "a", "label": 1}', *rows])
    accounting = Accounting("train")
    read_examples(path, Columns(), reading=Reading(task=task, max_bad_share=1.0), accounting=accounting)
    num_rows = 1 + sum(bool(row.strip()) for row in rows)
    assert accounting.read == num_rows == accounting.kept + accounting.num_dropped


def test_columns_that_are_asked_for_come_along_as_text(tmp_path: Path) -> None:
    rows = [{"text": "good", "label": 1, "stars": 5, "shop": "a"}, {"text": "bad", "label": 0, "stars": None}]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    examples, _ = read(path, columns=Columns(extra=("stars", "shop")))
    assert [example.columns for example in examples] == [{"stars": "5", "shop": "a"}, {"stars": "", "shop": ""}]
    assert read(path)[0][0].columns == {}
    assert len({*examples, *read(path)[0]}) == 4  # examples with columns can be put into sets


def test_a_column_that_is_asked_for_and_missing(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [{"text": "good", "label": 1}])
    columns = Columns(extra=("stars",))
    assert refusal(path, columns=columns) == (
        f"{path}: no column 'stars'. Columns: text, label. Name the right one as evaluation.slices."
    )
    assert read(path, Reading(need_extra=False), columns)[0][0].columns == {}
