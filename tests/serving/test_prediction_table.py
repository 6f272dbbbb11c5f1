"""Records as a Parquet table: the same columns whatever the run, nothing of a record lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas
import pyarrow.parquet
import pytest

from groundswell.data.readers import open_rows
from groundswell.serving.predictions import table
from groundswell.serving.predictions.table import table_schema, write_table
from groundswell.types import Analysis, Opinion, Sentence, Span

RECORDS = [
    Analysis(
        "很好 food", language="en", label="positive", scores={"negative": 0.25, "positive": 0.75}, confidence=0.75,
        warnings=("w: w", "v: v"), model="m", id=2**70, abstained=False, prediction_set=("positive", "negative"),
    ),
    Analysis(
        "bad food", label="negative", intensity=0.5, truncated=True, model="m", id="b",
        sentences=(Sentence(0, 8, "negative", {"negative": 1.0}),),
        opinions=(
            Opinion(Span("food", 4, 8), "FOOD#QUALITY", Span("bad", 0, 3), "negative", 0.5, 0.25, True),
            Opinion(None, "FOOD#PRICE", None, "neutral"),
        ),
        labels=("dull", "slow"), heads={"stars": {"scores": {"stars": 1.5}}},
    ),
    Analysis("half \ud83d", id=3, error={"code": "unpaired_surrogate", "message": "half \ud83d"}),
]  # fmt: skip


def write(folder: Path, records: list[Analysis]) -> Path:
    lines = folder / "records"
    text = "".join(record.to_json() + "\n" for record in records)
    lines.write_bytes(text.encode("utf-8", errors="backslashreplace"))
    write_table(lines, folder / "out.parquet")
    return folder / "out.parquet"


def test_a_table_holds_what_the_records_hold(tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(write(tmp_path, RECORDS))
    assert table.schema.equals(table_schema())
    first, second, third = table.to_pylist()
    assert (first["id"], first["text"], first["language"], first["label"]) == (
        str(2**70),
        "很好 food",
        "en",
        "positive",
    )
    assert first["scores"] == [("negative", 0.25), ("positive", 0.75)]
    assert (first["confidence"], first["abstained"], first["prediction_set"]) == (0.75, False, ["positive", "negative"])
    assert (first["warnings"], first["model"], first["truncated"]) == (["w: w", "v: v"], "m", False)
    assert [first[name] for name in ("labels", "intensity", "heads", "error_code", "error_message")] == 5 * [None]
    record = RECORDS[1].to_dict()
    assert second["opinions"] == record["opinions"]
    assert second["sentences"] == [{**record["sentences"][0], "scores": [("negative", 1.0)]}]
    assert (second["labels"], second["intensity"], second["truncated"]) == (["dull", "slow"], 0.5, True)
    assert json.loads(second["heads"]) == record["heads"]
    assert [second[name] for name in ("abstained", "prediction_set")] == [None, None]
    filled = {name: value for name, value in third.items() if value is not None}
    assert filled == {
        "id": "3", "text": "half \\ud83d", "error_code": "unpaired_surrogate", "error_message": "half \\ud83d",
    }  # fmt: skip


@pytest.mark.parametrize("records", [[], RECORDS[:1], RECORDS[2:]])
def test_the_columns_are_the_same_for_all(tmp_path: Path, records: list[Analysis]) -> None:
    assert pyarrow.parquet.read_schema(write(tmp_path, records)).equals(table_schema())


def test_our_readers_and_pandas_read_it(tmp_path: Path) -> None:
    path = write(tmp_path, RECORDS)
    rows: list[dict[str, Any]] = [row.values for row in open_rows(str(path), text_column="text")]
    assert [row["label"] for row in rows] == ["positive", "negative", None]
    frame = pandas.read_parquet(path)
    assert list(frame["id"]) == [str(2**70), "b", "3"]
    assert frame["confidence"].isna().tolist() == [False, True, True]


def test_rows_are_written_in_groups_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four short rows to a group, and a long one ends its group."""
    monkeypatch.setattr(table, "GROUP_ROWS", 4)
    monkeypatch.setattr(table, "GROUP_CHARACTERS", 5000)
    texts = [*9 * ["a"], 6000 * "b", "c"]
    path = write(tmp_path, [Analysis(text, id=number) for number, text in enumerate(texts)])
    file = pyarrow.parquet.ParquetFile(path)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [4, 4, 2, 1]
    assert pandas.read_parquet(path)["text"].tolist() == texts
