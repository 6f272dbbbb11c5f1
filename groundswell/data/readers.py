"""Readers: the rows of any supported source, one at a time.

CSV, TSV, JSON Lines, Parquet and plain text, each also `.gz`, `.xz` or `.zst`; `-` for standard input;
`hub:owner/name#split` for a data set of the hub and `folder#split` for one that lies in a folder.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal, cast

from groundswell.data.byte_source import ByteSource, find_bytes
from groundswell.data.delimited import DELIMITERS, read_delimited, read_header
from groundswell.data.encoding import check_encoding, encoding_of
from groundswell.data.json_lines import read_json_lines, read_keys, refuse_array
from groundswell.data.parquet import read_parquet, read_schema
from groundswell.data.plain_text import read_plain_text
from groundswell.data.rows import Format, OnBadRow, RowSource, refuse_bad_row
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError

TEXT_COLUMN = "text"
SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "text",
}
_SNIFFED_BYTES = 2**16


def open_rows(
    source: str,
    *,
    text_column: str | None = None,
    encoding: str | None = None,
    on_bad_row: OnBadRow | None = None,
) -> RowSource:
    """The rows of a source; a block of them is in memory at a time.

    text_column  must be among the columns when given; also names the one column of plain text (otherwise `text`)
    encoding     detected when None
    on_bad_row   called for each row that cannot be read; without it the first such row is a DataError
    raises       DataError for a source that is missing, empty, a folder without a data set, or of no known encoding
    """
    on_bad_row = on_bad_row or refuse_bad_row
    if _names_data_set(source):
        from groundswell.data.hub import open_data_set

        rows = open_data_set(source, lambda path: _open_file(path, text_column, encoding, on_bad_row))
    else:
        rows = _open_file(source, text_column, encoding, on_bad_row)
    if text_column is not None and rows.columns and text_column not in rows.columns:
        raise missing_column(rows, text_column, "data.text")
    return rows


def missing_column(rows: RowSource, column: str, key: str) -> DataError:
    """The error for a column that is not there; `key` is the setting that names it."""
    hint = did_you_mean(column, rows.columns)
    header = rows.columns[0] if len(rows.columns) == 1 else ""
    delimiter = next((name for mark, name in ((";", "semicolons"), ("\t", "tabs")) if mark in header), "")
    if delimiter:
        hint += f" The header seems to be separated by {delimiter}: save the file with commas, or as .tsv with tabs."
    return DataError(
        f"{rows.name}: no column {column!r}. Columns: {', '.join(rows.columns)}.{hint} Name the right one as {key}."
    )


def _names_data_set(source: str) -> bool:
    if source.startswith("hub:"):
        return True
    folder = Path(source.rpartition("#")[0] or source)
    return not Path(source).is_file() and folder.is_dir()


def _open_file(source: str, text_column: str | None, encoding: str | None, on_bad_row: OnBadRow) -> RowSource:
    found = find_bytes(source)
    head, _ = found.head(_SNIFFED_BYTES)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise DataError(f"{found.name}: the file is empty. Expected a header and rows, or one JSON object per line.")
    if head.startswith(b"PAR1"):
        return RowSource(found.name, "parquet", None, read_schema(found), functools.partial(read_parquet, found))
    if SUFFIXES.get(found.suffix) == "parquet":
        raise DataError(
            f"{found.name}: not a Parquet file: it does not begin with PAR1. Give the file the suffix of its format."
        )
    encoding = check_encoding(encoding) if encoding else encoding_of(found)
    column = text_column or TEXT_COLUMN
    kind = SUFFIXES.get(found.suffix) or _sniff(found, head.decode(encoding, errors="ignore"), column)
    return _open_text(found, encoding, kind, column, on_bad_row)


def _open_text(found: ByteSource, encoding: str, kind: Format, column: str, on_bad_row: OnBadRow) -> RowSource:
    if kind == "jsonl":
        read = functools.partial(read_json_lines, found, encoding, on_bad_row)
        return RowSource(found.name, kind, encoding, read_keys(found, encoding), read)
    if kind == "text":
        return RowSource(found.name, kind, encoding, (column,), lambda: read_plain_text(found, encoding, column))
    delimiter = DELIMITERS[kind]
    columns = read_header(found, encoding, delimiter)
    records = functools.partial(read_delimited, found, encoding, delimiter, columns, on_bad_row)
    return RowSource(found.name, kind, encoding, columns, records)


def _sniff(found: ByteSource, head: str, text_column: str) -> Format:
    """The format of text whose name does not tell it; plain text unless there is proof of another."""
    start = head.lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        return "jsonl"
    if start.startswith("[") and found.suffix == ".json":
        refuse_array(found)
    first_line = start.partition("\n")[0].rstrip("\r")
    for kind, delimiter in DELIMITERS.items():
        if text_column in (field.strip('"') for field in first_line.split(delimiter)):
            return cast("Literal['csv', 'tsv']", kind)
    return "text"
