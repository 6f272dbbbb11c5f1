"""Splits with gold opinions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundswell.data.accounting import Accounting
from groundswell.data.examples import Columns, Reading
from groundswell.data.splits import SplitSettings, load_splits, read_split
from groundswell.errors import DataError
from groundswell.types import Example

ROW = "Le café était bon .####[([1], [3], 'POS')]\n"


def read_as(path: Path, encoding: str | None = None) -> list[Example]:
    settings = SplitSettings({"train": str(path)}, Columns(), Reading(task="opinions", encoding=encoding))
    return read_split(str(path), settings, Accounting("train"))


def test_the_encoding_that_is_named_counts_for_opinions_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(ROW.encode("latin-1"))
    with pytest.raises(DataError, match=r"name its encoding: data\.encoding: "):
        read_as(tmp_path / "a.txt")
    assert read_as(tmp_path / "a.txt", "latin-1")[0].text == "Le café était bon ."


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Le café était bon .\n", "Name it as data.format: semeval14, "),
        (ROW.replace("[3]", "[9]"), "Mend them, or allow more with data.max_bad_share. "),
    ],
)
def test_errors_name_the_keys_of_a_recipe(row: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(row, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_as(tmp_path / "a.txt")
    assert told in str(error.value)


def test_groups_on_both_sides_are_said(tmp_path: Path) -> None:
    """Whether dev is a file or drawn from train by chance; by group there are none, and without groups no word."""

    def warned(hold_out: Any = "stratified", group: str | None = "hotel", **sources: str) -> list[str]:
        columns = Columns(group=group)
        settings = SplitSettings(sources, columns, Reading(), hold_out=hold_out, dev_share=0.5, overlap="ignore")
        return [line for line in load_splits(settings).warnings if "groups" in line]

    def file(name: str, *hotels: str) -> str:
        lines = [f"text {n} of {name},{'pn'[n % 2]},{hotel}" for n, hotel in enumerate(hotels)]
        (tmp_path / name).write_text("\n".join(["text,label,hotel", *lines]) + "\n", encoding="utf-8")
        return str(tmp_path / name)

    train, dev, test = file("a.csv", *"aabbcc"), file("b.csv", "c", "a", "x"), file("c.csv", "y", "", "x")
    assert warned(train=train, dev=dev, test=test) == [
        "train and dev share 2 of 3 groups (first: 'a'), so dev says little about new ones. Hold dev out with "
        "data.split=group, or mend the files",
        "dev and test share 1 of 2 groups (first: 'x'), so test says little about new ones. Hold dev out with "
        "data.split=group, or mend the files",
    ]
    assert warned(train=train, dev=dev, group=None) == []
    assert len(warned(train=train)) == 1
    assert warned("group", train=train) == []


def test_a_dev_split_that_nobody_gave_is_taken_from_train_and_said(tmp_path: Path) -> None:
    """Never from test, which no training sees."""
    for name, count in (("train", 20), ("test", 8)):
        lines = [f"text {n} of {name},{'pn'[n % 2]}" for n in range(count)]
        (tmp_path / name).with_suffix(".csv").write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    sources = {"train": str(tmp_path / "train.csv"), "test": str(tmp_path / "test.csv")}
    splits = load_splits(SplitSettings(sources, Columns(), Reading(), dev_share=0.25))
    assert {split: len(rows) for split, rows in splits.examples.items()} == {"train": 15, "dev": 5, "test": 8}
    assert all("of train" in row.text for row in splits.examples["dev"])
    assert "dev: no source was given, so 5 of 20 training rows were held out (stratified)" in splits.warnings
