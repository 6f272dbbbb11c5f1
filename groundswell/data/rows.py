"""Rows as they stand in a source, before anything is known about labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from groundswell.errors import DataError

Format = Literal["csv", "tsv", "jsonl", "parquet", "hub", "text"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    number   1-based: the line of a JSONL or text file, the record of a CSV without its header, the row of a table
    values   column name -> value; text for CSV and text files, whatever JSON or Parquet held otherwise
    """

    number: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read.

    number   as in `Row`
    place    `file:line`, the line on which the row begins
    reason   what is wrong with it
    raw      the row as received, as far as it is known
    """

    number: int
    place: str
    reason: str
    raw: str


OnBadRow = Callable[[BadRow], None]


@dataclass(frozen=True)
class RowSource:
    """The rows of a source, read again by every iteration, a block at a time.

    name      as the user gave it; `standard input` for `-`
    encoding  None where bytes are not text (Parquet, hub)
    columns   header of a CSV, keys of the first JSON objects, schema of a table; empty when no object could be read
    """

    name: str
    format: Format
    encoding: str | None
    columns: tuple[str, ...]
    read: Callable[[], Iterator[Row]] = field(repr=False)

    def __iter__(self) -> Iterator[Row]:
        return self.read()


def refuse_bad_row(bad: BadRow) -> None:
    """Nothing: raises a DataError for the row."""
    raise DataError(f"{bad.place}: {bad.reason}. Mend the row or remove it.")
