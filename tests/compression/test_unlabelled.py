"""Unlabelled texts: none that is measured on or known already, every row counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_run import changed, write
from tiny_source import unlabelled

from groundswell import assembly
from groundswell.compression.unlabelled import read_unlabelled
from groundswell.errors import DataError
from groundswell.recipe_reading import recipe_from_values

LONG = "The room was clean and the people at the desk were kind to us on both days of our stay."


def test_known_and_measured_texts_are_left_out_and_counted(values: dict[str, Any], tmp_path: Path) -> None:
    dev = [{"text": LONG, "label": "positive"}, {"text": "bad food so bad", "label": "negative"}]
    recipe = recipe_from_values(changed(values, data={"dev": write(tmp_path / "dev.jsonl", dev)}), "test")
    splits = assembly.splits_of(recipe)[""]
    near = write(tmp_path / "near.jsonl", [{"text": LONG.replace("both", "all")}, {"text": "bad food SO bad!"}])
    texts, account = read_unlabelled([unlabelled(tmp_path), near], recipe, splits)
    assert [text.text for text in texts][:2] == ["great great room", "the bad dark screen"]
    assert {text.target for text in texts} == {None}
    reasons = {reason: rows.count for reason, rows in account.dropped.items()}
    assert reasons["stands, or nearly so, in dev or test"] == 2
    assert reasons["stands there before"] == 1
    assert reasons["blank text"] == 1
    assert reasons["stands in the training texts"] >= 1
    account.check()


def test_nothing_left_is_an_error(values: dict[str, Any], tmp_path: Path) -> None:
    recipe = recipe_from_values(values, "test")
    splits = assembly.splits_of(recipe)[""]
    file = write(tmp_path / "known.jsonl", [{"text": splits.examples["train"][0].text}, {"text": "a\0b"}])
    with pytest.raises(DataError, match=r"--unlabelled: no text is left. unlabelled: 2 rows read, 0 kept, 2 dropped"):
        read_unlabelled([file], recipe, splits)
