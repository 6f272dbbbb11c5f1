"""Opinion records as a Parquet table, with the same columns for every run.

`scores` is a map, `opinions` and `sentences` are lists of structures, `heads` is JSON, `id` is text. A text that could
not be analysed has `error_code` and `error_message` and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from groundswell.run_folder import whole_file

GROUP_ROWS = 4096
GROUP_CHARACTERS = 8_000_000


def table_schema() -> Any:
    """The columns and their types, as a schema of pyarrow."""
    import pyarrow as pa

    text, number, flag = pa.string(), pa.float64(), pa.bool_()
    scores = pa.map_(text, number)
    span = pa.struct({"text": text, "start": pa.int64(), "end": pa.int64()})
    sentence = pa.struct({"start": pa.int64(), "end": pa.int64(), "label": text, "scores": scores})
    opinion = pa.struct(
        {
            "aspect": span, "category": text, "opinion": span, "polarity": text, "score": number,
            "intensity": number, "negated": flag,
        }
    )  # fmt: skip
    return pa.schema(
        {
            "id": text, "text": text, "language": text, "label": text, "confidence": number, "scores": scores,
            "labels": pa.list_(text), "abstained": flag, "prediction_set": pa.list_(text), "intensity": number,
            "sentences": pa.list_(sentence), "opinions": pa.list_(opinion), "heads": text, "truncated": flag,
            "warnings": pa.list_(text), "error_code": text, "error_message": text, "model": text,
        }
    )  # fmt: skip


def write_table(records: Path, target: Path) -> None:
    """Write lines of JSON as a table, whole or not at all; a group of rows is in memory at a time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = table_schema()
    with (
        records.open(encoding="utf-8", newline="\n") as lines,
        whole_file(target) as aside,
        aside.open("wb") as file,
        ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for group in _groups(lines):
            writer.write_table(pa.Table.from_pylist([_row(json.loads(line)) for line in group], schema))


def _groups(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines in lists of bounded number and size."""
    group: list[str] = []
    characters = 0
    for line in lines:
        group.append(line)
        characters += len(line)
        if len(group) == GROUP_ROWS or characters > GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _row(record: dict[str, Any]) -> dict[str, Any]:
    """A record as the columns hold it; what it lacks is null."""
    error = record.get("error") or {}
    row = {**record, "text": _storable(record["text"])}
    row |= {"error_code": error.get("code"), "error_message": _storable(error.get("message"))}
    if "id" in record:
        row["id"] = _storable(str(record["id"]))
    if "scores" in record:
        row["scores"] = list(record["scores"].items())
        row["sentences"] = [{**said, "scores": list(said["scores"].items())} for said in record["sentences"]]
    if "heads" in record:
        row["heads"] = json.dumps(record["heads"], ensure_ascii=False)
    return row


def _storable(text: str | None) -> str | None:
    """The same text; an unpaired surrogate, which UTF-8 has no place for, becomes \\udXXX."""
    return None if text is None else text.encode("utf-8", errors="backslashreplace").decode("utf-8")
