"""A CSV file that a browser sent: its columns, its rows, and the same rows with what a model said of each."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundswell.data.byte_source import ByteSource
from groundswell.data.delimited import DELIMITERS, read_delimited, read_header
from groundswell.data.encoding import encoding_of
from groundswell.data.rows import BadRow
from groundswell.errors import DataError
from groundswell.evaluation.spreadsheet_cells import as_text

# The first bytes tell Excel that this is UTF-8, and our own readers skip them.
WRITTEN_ENCODING = "utf-8-sig"
ADDED = (
    "label", "labels", "confidence", "scores", "opinions", "heads", "language", "warnings", "abstained",
    "prediction_set", "error",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of the file.

    fields   one per column; () of a row that could not be read
    text     None where there is none
    error    {"code", "message"} of a row that could not be read
    """

    fields: tuple[str, ...]
    text: str | None
    error: dict[str, str] | None = None


class ChosenFile:
    """The file behind what the page sends: `size,bytes in base64,name`.

    size   bytes, as the browser has it; a file that is too large comes without its bytes

    Raises DataError for what is no CSV file with a header.
    """

    def __init__(self, sent: str) -> None:
        size, _, rest = sent.partition(",")
        encoded, _, name = rest.partition(",")
        try:
            self._content = base64.b64decode(encoded, validate=True)
            self.size = max(int(size), len(self._content))
        except (binascii.Error, ValueError) as error:
            raise DataError("this is no file that the page sent. Choose it again") from error
        self.name = name[:200] or "file.csv"
        self._source = ByteSource(self.name, "", lambda: io.BytesIO(self._content))
        self._columns: tuple[str, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header."""
        if self._columns is None:
            if not self._content.strip():
                raise DataError(f"{self.name}: the file is empty. Choose one with a header, such as id,text")
            self._encoding = self._found_encoding()
            delimiter = DELIMITERS["tsv" if self.name.lower().endswith((".tsv", ".tab")) else "csv"]
            self._columns, self._delimiter = read_header(self._source, self._encoding, delimiter), delimiter
        return self._columns

    def _found_encoding(self) -> str:
        try:
            return encoding_of(self._source)
        except DataError as error:
            # the page has no field for what the readers would be told by a setting
            found, _, _ = str(error).partition(" Save the file")
            raise DataError(f"{found} Save it as CSV in UTF-8") from error

    def rows(self, column: str) -> list[FileRow]:
        """Every row in order, those that cannot be read with an error; DataError when there is no such column."""
        if column not in self.columns:
            raise DataError(f"{self.name}: no column {column!r}. Columns: {', '.join(self.columns)}. Choose one")
        found: list[FileRow] = []

        def refuse(bad: BadRow) -> None:
            message = f"{bad.place}: {bad.reason}"
            found.append(FileRow((), None, {"code": "bad_row", "message": message}))

        for row in read_delimited(self._source, self._encoding, self._delimiter, self.columns, refuse):
            found.append(FileRow(tuple(row.values.values()), row.values[column]))
        return found


def results_file(columns: Sequence[str], rows: Sequence[FileRow], records: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows of the file with a column for each thing that was said of them, as CSV; lists are JSON.

    The added columns begin with `predicted_`, as often as it takes to be none of the file's own. Rows stand in their
    order. A cell that a spreadsheet would take for a formula has an apostrophe in front, whoever wrote it.
    """
    added = [name for name in ADDED if any(_is_said(record.get(name)) for record in records)]
    prefix = "predicted_"
    while any(f"{prefix}{name}" in columns for name in added):
        prefix += "predicted_"
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(map(as_text, [*columns, *(f"{prefix}{name}" for name in added)]))
    for row, record in zip(rows, records, strict=True):
        fields = row.fields or ("",) * len(columns)
        writer.writerow(map(as_text, [*fields, *(_cell(record.get(name)) for name in added)]))
    return written.getvalue().encode(WRITTEN_ENCODING, errors="replace")


def _is_said(value: object) -> bool:
    return value is not None and value != [] and value != {}


def _cell(value: Any) -> str:
    if not _is_said(value):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
