"""Analyses and error records, one per row and in the order of the rows.

The analyzer reads ahead to batch texts by length, while rows that cannot be read never reach it; their records wait
until the rows before them are written.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from groundswell.data.rows import BadRow, Row
from groundswell.types import Analysis


def json_line(analysis: Analysis) -> str:
    """The record of an analysis, line break included."""
    return analysis.to_json() + "\n"


class PredictionRecords:
    """Writes one record per row.

    write          called with the lines of each record, line break included
    text_column    holds the text
    id_column      its value is carried over; None when there is none
    as_lines       what is written of an analysis; a line of JSON unless told otherwise
    """

    def __init__(
        self,
        write: Callable[[str], object],
        text_column: str,
        id_column: str | None,
        as_lines: Callable[[Analysis], str] | None = None,
    ) -> None:
        self.num_rows = self.num_errors = self.num_warnings = self.num_to_read = 0
        self._write = write
        self._as_lines = as_lines or json_line
        self._text_column = text_column
        self._id_column = id_column
        self._queue: deque[Analysis | None] = deque()  # None: a row whose analysis is still to come

    def refuse(self, bad: BadRow) -> None:
        """Take a row that could not be read."""
        self._refuse(bad.raw, None, f"{bad.place}: {bad.reason}")

    def texts(self, rows: Iterable[Row], name: str) -> Iterator[tuple[str | int | None, str]]:
        """`(id, text)` of each row that has a text; `name` of the source begins the messages."""
        for row in rows:
            value = row.values.get(self._text_column)
            found_id = None if self._id_column is None else row.values.get(self._id_column)
            id_ = found_id if found_id is None or isinstance(found_id, str | int) else str(found_id)
            if isinstance(value, str):
                self._queue.append(None)
                yield id_, value
            else:
                found = "no value" if value is None else json.dumps(value, ensure_ascii=False, default=str)
                message = f"{name}: row {row.number}: found {found} in {self._text_column!r}, expected a text"
                self._refuse("" if value is None else found, id_, message)

    def take(self, analysis: Analysis) -> None:
        """Write the next analysis, and the error records around it."""
        self._write_refused()
        if not self._queue:
            raise AssertionError("an analysis came without a row")
        self._queue.popleft()
        self._put(analysis)
        self._write_refused()

    def finish(self) -> None:
        """Check that every row has its record."""
        self._write_refused()
        if self._queue:
            raise AssertionError(f"{len(self._queue)} rows are without an analysis")

    def _refuse(self, text: str, id_: str | int | None, message: str) -> None:
        self._queue.append(Analysis(text=text, id=id_, error={"code": "bad_row", "message": message}))
        self._write_refused()

    def _write_refused(self) -> None:
        while self._queue and self._queue[0] is not None:
            refused = self._queue.popleft()
            if refused is not None:
                self._put(refused)

    def _put(self, analysis: Analysis) -> None:
        self.num_rows += 1
        self.num_errors += analysis.error is not None
        self.num_warnings += len(analysis.warnings)
        self.num_to_read += analysis.needs_reading
        self._write(self._as_lines(analysis))
