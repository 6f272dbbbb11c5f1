"""Analyses and error records, one per row and in the order of the rows.

The analyzer reads ahead to batch texts by length, while rows that cannot be read never reach it; their records wait
until the rows before them are written.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from groundswell.data.rows import BadRow, Row
from groundswell.types import Analysis

if TYPE_CHECKING:
    from groundswell.analyzer import TextRow


class LineSink(Protocol):
    """What lines are written to, such as standard output."""

    def write(self, lines: str, /) -> object:
        """Take lines, line breaks included."""

    def flush(self) -> object:
        """Called when every row so far has its record, before the next chunk is read."""


@dataclass
class RecordCounts:
    """How many records there are.

    errors     records of texts that could not be analysed
    warnings   of all records together
    to_read    records that a person should read: the model abstained, or cannot rule out a second label
    """

    rows: int = 0
    errors: int = 0
    warnings: int = 0
    to_read: int = 0

    def add(self, analysis: Analysis) -> None:
        """Count an analysis."""
        self._add(analysis.error is not None, len(analysis.warnings), analysis.needs_reading)

    def add_line(self, line: str | bytes) -> None:
        """Count a line of JSON; ValueError when it is no record."""
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError("not an object")
        to_read = bool(record.get("abstained")) or len(record.get("prediction_set") or ()) > 1
        self._add("error" in record, len(record.get("warnings") or ()), to_read)

    def _add(self, is_error: bool, num_warnings: int, to_read: bool) -> None:
        self.rows += 1
        self.errors += is_error
        self.warnings += num_warnings
        self.to_read += to_read


def json_line(analysis: Analysis) -> str:
    """The record of an analysis, line break included."""
    return analysis.to_json() + "\n"


def refused_row(bad: BadRow) -> Analysis:
    """The record of a row that cannot be read."""
    return _refused(bad.raw, None, f"{bad.place}: {bad.reason}")


def text_of(row: Row, text_column: str, id_column: str | None, name: str) -> TextRow | Analysis:
    """`(id, text)` of a row, or the record of one without a text; `name` of the source begins its message."""
    value = row.values.get(text_column)
    found_id = None if id_column is None else row.values.get(id_column)
    id_ = found_id if found_id is None or isinstance(found_id, str | int) else str(found_id)
    if isinstance(value, str):
        return id_, value
    found = "no value" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    message = f"{name}: row {row.number}: found {found} in {text_column!r}, expected a text"
    return _refused("" if value is None else found, id_, message)


class PredictionRecords:
    """Writes one record per row.

    out            takes the lines
    text_column    holds the text
    id_column      its value is carried over; None when there is none
    as_lines       what is written of an analysis; a line of JSON unless told otherwise
    counts         of the records that are written already: as many rows are passed over
    """

    def __init__(
        self,
        out: LineSink,
        text_column: str,
        id_column: str | None,
        *,
        as_lines: Callable[[Analysis], str] = json_line,
        counts: RecordCounts | None = None,
    ) -> None:
        self.counts = counts or RecordCounts()
        self._to_skip = self.counts.rows
        self._out = out
        self._as_lines = as_lines
        self._text_column = text_column
        self._id_column = id_column
        self._queue: deque[Analysis | None] = deque()  # None: a row whose analysis is still to come

    def refuse(self, bad: BadRow) -> None:
        """Take a row that could not be read."""
        self._refuse(refused_row(bad))

    def texts(self, rows: Iterable[Row], name: str) -> Iterator[TextRow]:
        """`(id, text)` of each row that has a text; `name` of the source begins the messages."""
        for row in rows:
            found = text_of(row, self._text_column, self._id_column, name)
            if isinstance(found, Analysis):
                self._refuse(found)
            elif self._to_skip:
                self._to_skip -= 1
            else:
                if not self._queue:
                    self._out.flush()
                self._queue.append(None)
                yield found

    def take(self, analysis: Analysis) -> None:
        """Write the next analysis, and the error records around it."""
        self._write_refused()
        if not self._queue:
            raise AssertionError("an analysis came without a row")
        self._queue.popleft()
        self._put(analysis)
        self._write_refused()

    def finish(self) -> None:
        """Check that every row has its record, and every record a row."""
        self._write_refused()
        if self._queue or self._to_skip:
            raise AssertionError(f"{len(self._queue)} rows without an analysis, {self._to_skip} records without a row")

    def _refuse(self, refused: Analysis) -> None:
        if self._to_skip:
            self._to_skip -= 1
            return
        self._queue.append(refused)
        self._write_refused()

    def _write_refused(self) -> None:
        while self._queue and self._queue[0] is not None:
            refused = self._queue.popleft()
            if refused is not None:
                self._put(refused)

    def _put(self, analysis: Analysis) -> None:
        self.counts.add(analysis)
        self._out.write(self._as_lines(analysis))


def _refused(text: str, id_: str | int | None, message: str) -> Analysis:
    return Analysis(text=text, id=id_, error={"code": "bad_row", "message": message})
