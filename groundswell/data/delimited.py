"""CSV and TSV, as RFC 4180 has them.

    id,text,label
    1,"He said ""no"",
    twice.",negative

A quoted field may hold the delimiter, doubled quotes and line breaks. Every value is text: `NA`, `null`, `None` and
`007` stay what they are. Blank lines between records are no rows.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from groundswell.data.byte_source import ByteSource
from groundswell.data.encoding import text_lines
from groundswell.data.rows import BadRow, OnBadRow, Row
from groundswell.errors import DataError

DELIMITERS = {"csv": ",", "tsv": "\t"}
_FIELD_CHARACTERS = 2**31 - 1  # Python's own limit of 131,072 refuses long reviews
_RAW_CHARACTERS = 4000


class _Lines:
    """The lines of a record that is being read, kept for messages."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.record.append(line)
            yield line


def read_header(source: ByteSource, encoding: str, delimiter: str) -> tuple[str, ...]:
    """The column names; raises DataError when there is none or one stands twice."""
    csv.field_size_limit(_FIELD_CHARACTERS)
    with closing(text_lines(source, encoding, newline="")) as lines:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            header = next((tuple(fields) for fields in reader if fields), ())
        except csv.Error as error:
            raise DataError(
                f"{source.name}:1: the header cannot be read ({error}). The first line must hold the column names, "
                "such as text,label."
            ) from error
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise DataError(
            f"{source.name}:1: column {repeated[0]!r} stands twice in the header. Give each column a name of its own."
        )
    return header


def read_delimited(
    source: ByteSource, encoding: str, delimiter: str, columns: tuple[str, ...], on_bad_row: OnBadRow
) -> Iterator[Row]:
    """The records behind the header, numbered from 1.

    A record with too many or too few fields, or with text behind a closing quote, goes to `on_bad_row`. A quote that
    never closes swallows the rest of the file and is therefore always a DataError.
    """
    csv.field_size_limit(_FIELD_CHARACTERS)
    with closing(text_lines(source, encoding, newline="")) as opened:
        lines = _Lines(opened)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        number = -1  # the header is record 0
        while True:
            lines.record.clear()
            first_line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end of data" in str(error):
                    raise _never_closed(source, first_line) from error
                number += 1
                reason = f"quotes do not follow RFC 4180 ({error}): double a quote inside a quoted field"
                on_bad_row(_bad_row(source, number, first_line, reason, lines))
                continue
            number += bool(fields)
            if not fields or number == 0:
                continue
            if len(fields) == len(columns):
                yield Row(number, dict(zip(columns, fields, strict=True)))
            else:
                reason = f"{len(fields)} fields, but the header has {len(columns)} ({', '.join(columns)})"
                on_bad_row(_bad_row(source, number, first_line, reason, lines))


def _bad_row(source: ByteSource, number: int, line: int, reason: str, lines: _Lines) -> BadRow:
    raw = "".join(lines.record)[:_RAW_CHARACTERS].rstrip("\r\n")
    return BadRow(number, f"{source.name}:{line}", reason, raw)


def _never_closed(source: ByteSource, line: int) -> DataError:
    return DataError(
        f"{source.name}:{line}: a quote that opens in this record never closes, so the rest of the file would be one "
        "field. Close it, or double a quote that belongs to the text."
    )
