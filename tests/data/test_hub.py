from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from groundswell.data.readers import open_rows
from groundswell.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of train and one of test, in the layout of the hub."""
    data = tmp_path / "set" / "data"
    data.mkdir(parents=True)
    for name, texts in (
        ("train-00000-of-00002", ["a", "NA"]),
        ("train-00001-of-00002", ["c"]),
        ("test-00000-of-00001", ["d"]),
    ):
        pq.write_table(pa.table({"text": texts, "label": list(range(len(texts)))}), data / f"{name}.parquet")
    return tmp_path / "set"


def refusal(source: str) -> str:
    with pytest.raises(DataError) as caught:
        open_rows(source)
    return str(caught.value)


def test_a_split_of_several_files(folder: Path) -> None:
    source = open_rows(f"{folder}#train")
    assert (source.format, source.encoding, source.columns) == ("hub", None, ("text", "label"))
    assert [(row.number, row.values["text"]) for row in source] == [(1, "a"), (2, "NA"), (3, "c")]
    assert [row.values["text"] for row in open_rows(f"{folder}#test")] == ["d"]


def test_a_missing_split_names_those_there_are(folder: Path) -> None:
    assert refusal(f"{folder}#trian") == (
        f"{folder}#trian: no split 'trian'. Splits: train, test. Did you mean 'train'? Write {folder}#train, for "
        "example."
    )
    assert refusal(str(folder)) == (
        f"{folder}: no split is named. Splits: train, test. Write {folder}#train, for example."
    )


def test_a_folder_of_csv_files_keeps_the_text_na(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\nNA,null\n", encoding="utf-8")
    source = open_rows(f"{tmp_path}#train")
    assert source.encoding == "utf-8"
    assert [row.values for row in source] == [{"text": "NA", "label": "null"}]
    assert [row.values for row in open_rows(str(tmp_path))] == [{"text": "NA", "label": "null"}]  # the only split


def test_files_of_a_split_with_other_columns(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.csv").write_text("text,label\na,1\n", encoding="utf-8")
    (tmp_path / "train" / "b.csv").write_text("text,labl\na,1\n", encoding="utf-8")
    assert refusal(f"{tmp_path}#train") == (
        f"{tmp_path}/train/b.csv: columns text, labl, but {tmp_path}/train/a.csv has text, label. All files of a split "
        "need the same columns."
    )


def test_a_folder_without_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"x")
    assert refusal(str(tmp_path)) == (
        f"{tmp_path}: a folder without a data set. Expected files such as train.csv or "
        "data/train-00000-of-00001.parquet "
        "in it, or the name of one file."
    )


class FakeHub:
    """Stands in for the `datasets` library, with one data set of one split."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[tuple[Any, ...]] = []

    def get_dataset_split_names(self, name: str, configuration: str | None) -> list[str]:
        if self.error:
            raise self.error
        return ["train", "test"]

    def load_dataset_builder(self, name: str, configuration: str | None) -> Any:
        return SimpleNamespace(config=SimpleNamespace(keep_default_na=True))

    def load_dataset(self, name: str, configuration: str | None, **settings: Any) -> Any:
        self.calls.append((name, configuration, settings))

        class Stream:
            column_names = None

            def __iter__(self) -> Iterator[dict[str, str]]:
                return iter([{"text": "a"}, {"text": "b"}])

        return Stream()


def test_the_hub_is_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = FakeHub()
    monkeypatch.setitem(sys.modules, "datasets", hub)
    source = open_rows("hub:owner/name:plain#test")
    assert hub.calls == [("owner/name", "plain", {"split": "test", "streaming": True, "keep_default_na": False})]
    assert (source.format, source.columns) == ("hub", ("text",))
    assert [(row.number, row.values) for row in source] == [(1, {"text": "a"}), (2, {"text": "b"})]
    assert refusal("hub:owner/name") == (
        "hub:owner/name: no split is named. Splits: train, test. Write hub:owner/name#train, for example."
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            ConnectionError("no route"),
            "hub:a/b#train: the hub cannot be reached. Check the network, or download the data set elsewhere and name "
            "its folder: folder#split.",
        ),
        (
            FileNotFoundError("a/b"),
            "hub:a/b#train: the hub has no such data set, or it is private. Check the name, or log in with hf auth "
            "login.",
        ),
        (
            ValueError("Config name is missing.\nmore"),
            "hub:a/b#train: the data set cannot be opened (Config name is missing.).",
        ),
    ],
)
def test_errors_of_the_hub_say_what_to_do(monkeypatch: pytest.MonkeyPatch, error: Exception, expected: str) -> None:
    monkeypatch.setitem(sys.modules, "datasets", FakeHub(error))
    assert refusal("hub:a/b#train") == expected
