"""CSV with a place for every field, as RFC 4180 has it, so that a wrong one can be named by line and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundswell.data.opinion_formats.document import Document, Place
from groundswell.data.opinion_formats.drafts import BadElementError
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|\Z)')


@dataclass(frozen=True)
class Record:
    """A record behind the header.

    number   from 1
    raw      as received
    fields   by column name
    """

    number: int
    raw: str
    fields: dict[str, str]
    _places: dict[str, Place]

    def place(self, column: str) -> Place:
        """Where a field stands, with the name of its column."""
        return self._places[column]


@dataclass(frozen=True)
class _Field:
    offset: int
    text: str


def read_records(document: Document, columns: Sequence[str]) -> Iterator[Record | BadElementError]:
    """Every record, or the error for one with too many or too few fields.

    columns  must be in the header, in any order; others may be
    raises   DataError for a header without them, and for quotes that are not those of RFC 4180
    """
    rows = _rows(document)
    header = next(rows)[1]
    names = [field.text for field in header]
    missing = [column for column in columns if column not in names]
    if missing:
        raise DataError(
            f"{document.at(header[0].offset)}: no column {missing[0]!r}. Columns: {', '.join(names)}."
            f"{did_you_mean(missing[0], names)} Expected {', '.join(columns)}: mend the header."
        )
    for number, (raw, row) in enumerate(rows, start=1):
        if len(row) == len(names):
            fields = {name: field.text for name, field in zip(names, row, strict=True)}
            places = {name: document.at(field.offset, name) for name, field in zip(names, row, strict=True)}
            yield Record(number, raw, fields, places)
        else:
            yield BadElementError(
                "wrong number of fields",
                document.at(row[0].offset),
                f"{len(row)} fields, but the header has {len(names)} ({', '.join(names)}). Mend the row or remove it.",
            )


def read_names(head: str) -> list[str]:
    """The column names in the first line of a text; empty when it is no CSV."""
    try:
        return next(csv.reader(io.StringIO(head, newline=""), strict=True), [])
    except csv.Error:
        return []


def render_records(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The header and the rows, with quotes where they are needed and LF between records."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _rows(document: Document) -> Iterator[tuple[str, list[_Field]]]:
    """The text and the fields of every record that is not a blank line."""
    text, at, start = document.text, 0, 0
    row: list[_Field] = []
    while at < len(text) or row:
        match = _FIELD.match(text, at)
        if match is None:
            raise _wrong_quotes(document, at)
        quoted = match[1]
        row.append(_Field(at, match[2] if quoted is None else quoted.replace('""', '"')))
        at = match.end()
        if match[3] != ",":
            if len(row) > 1 or row[0].text or quoted is not None:
                yield text[start:at].rstrip("\r\n"), row
            row, start = [], at
            if not match[3]:
                return


def _wrong_quotes(document: Document, at: int) -> DataError:
    if document.text[at] == '"':
        closing = re.compile('"(?:[^"]|"")*"').match(document.text, at)
        if closing is None:
            return DataError(
                f"{document.at(at)}: a quote that opens here never closes, so the rest of the file would be one field. "
                "Close it, or double a quote that belongs to the text."
            )
        at = closing.end()
    else:
        at = document.text.index('"', at)
    return DataError(
        f"{document.at(at)}: quotes do not follow RFC 4180: a field that holds a quote stands in quotes as a "
        "whole, and the quote in it is doubled. Mend the row."
    )
