"""Splits with gold opinions."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.data.accounting import Accounting
from groundswell.data.examples import Columns, Reading
from groundswell.data.splits import SplitSettings, read_split
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
