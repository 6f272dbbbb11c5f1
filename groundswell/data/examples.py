"""Labelled examples from the rows of a source, with every row counted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from groundswell.data.accounting import Accounting
from groundswell.data.readers import missing_column, open_rows
from groundswell.data.rows import BadRow, Row, RowSource
from groundswell.data.suggestion import did_you_mean
from groundswell.data.targets import NO_LABEL, Target, Task, UnreadableTargetError, name_of, read_target
from groundswell.errors import DataError
from groundswell.text.blank import is_blank
from groundswell.types import Example

BLANK_TEXT = "blank text"
NUL_IN_TEXT = "NUL character in text"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN_VALUES = 10
_SHOWN_REJECTED = 3


@dataclass(frozen=True)
class Columns:
    """Which column holds what; without `id` a column of that name is used when there is one, else the row number.

    extra   columns that examples carry along, such as those that slices are made by
    """

    text: str = "text"
    label: str = "label"
    id: str | None = None
    group: str | None = None
    time: str | None = None
    extra: tuple[str, ...] = ()

    def named(self) -> dict[str, str]:
        """Setting -> column, for every column that must be there."""
        settings = {"text": self.text, "label": self.label, "id": self.id, "group": self.group, "time": self.time}
        return {f"data.{name}": column for name, column in settings.items() if column is not None}


@dataclass(frozen=True)
class Reading:
    """How rows become examples.

    rename          label in the file -> name it gets
    encoding        of text files; detected when None
    max_bad_share   share of bad rows (neither blank nor without label) above which the read is refused
    where           column -> value; other rows are passed over and not counted
    max_characters  longer texts are dropped
    keep_blank      blank texts are kept: a measurement counts them, a training does not
    need_extra      whether a missing one of `Columns.extra` is refused; else it is left out
    """

    task: Task = "single_label"
    rename: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    max_bad_share: float = 0.01
    where: Mapping[str, str] = field(default_factory=dict)
    max_characters: int = 1_000_000
    keep_blank: bool = False
    need_extra: bool = True


class _BadValueError(Exception):
    """A row that was read but cannot be used; `detail` names what was found in this row."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def read_examples(source: str, columns: Columns, *, reading: Reading, accounting: Accounting) -> list[Example]:
    """The usable rows of the source, in its order; every row is counted in `accounting`.

    A row is dropped with its reason when its text is blank, holds a NUL or an unpaired surrogate or is too long, when
    it has no label, and when it cannot be read. Ids that stand twice are kept, counted and warned of.
    Raises DataError for a missing column, for more bad rows than `reading.max_bad_share`, and when no row is left.
    """

    def reject_unreadable(bad: BadRow) -> None:
        accounting.reject("unreadable row", bad.number, bad.raw, bad.reason)

    rows = open_rows(source, encoding=reading.encoding, on_bad_row=reject_unreadable)
    if not reading.need_extra:
        columns = replace(columns, extra=tuple(name for name in columns.extra if name in rows.columns))
    _check_columns(rows, columns, reading.where)
    if columns.id is None and "id" in rows.columns:
        columns = replace(columns, id="id")
    examples, passed_over = _collect(rows, columns, reading, accounting)
    accounting.check()
    _refuse_many_bad(rows.name, reading.max_bad_share, accounting)
    if not examples:
        raise DataError(_nothing_left(rows.name, reading.where, passed_over, accounting))
    _warn_of_repeated_ids(examples, accounting)
    return examples


def _check_columns(rows: RowSource, columns: Columns, where: Mapping[str, str]) -> None:
    if not rows.columns:  # not one JSON object could be read: the bad rows tell more
        return
    for setting, column in columns.named().items():
        if column not in rows.columns:
            raise missing_column(rows, column, setting)
    for column in columns.extra:
        if column not in rows.columns:
            raise missing_column(rows, column, "evaluation.slices")
    for column in where:
        if column not in rows.columns:
            raise missing_column(rows, column, "data.split_column")


def _collect(
    rows: RowSource, columns: Columns, reading: Reading, accounting: Accounting
) -> tuple[list[Example], dict[str, None]]:
    """Examples, and the first values that made `where` pass a row over."""
    examples = []
    passed_over: dict[str, None] = {}
    for row in rows:
        differing = [name_of(row.values.get(name)) for name in reading.where if not _matches(row, reading, name)]
        if differing:
            if len(passed_over) < _SHOWN_VALUES:
                passed_over[differing[0]] = None
            continue
        try:
            examples.append(_read_row(row, columns, reading))
            accounting.keep()
        except _BadValueError as bad:
            if bad.reason in (BLANK_TEXT, NO_LABEL):
                accounting.drop(bad.reason, row.number)
            else:
                accounting.reject(bad.reason, row.number, _raw(row), bad.detail)
    return examples, passed_over


def _matches(row: Row, reading: Reading, column: str) -> bool:
    return name_of(row.values.get(column)) == reading.where[column]


def _read_row(row: Row, columns: Columns, reading: Reading) -> Example:
    text = _read_text(row, columns.text, reading)
    return Example(
        id=(name_of(row.values.get(columns.id)) if columns.id else "") or str(row.number),
        text=text,
        target=_read_label(row, columns.label, reading),
        row=row.number,
        group=(name_of(row.values.get(columns.group)) or None) if columns.group else None,
        time=(name_of(row.values.get(columns.time)) or None) if columns.time else None,
        columns={name: name_of(row.values.get(name)) for name in columns.extra},
    )


def _read_text(row: Row, column: str, reading: Reading) -> str:
    text, max_characters = _value(row, column), reading.max_characters
    if text is None and reading.keep_blank:
        return ""
    if text is None:
        raise _BadValueError(BLANK_TEXT)
    if not isinstance(text, str):
        raise _BadValueError("text is not a string", f"text is not a string but {type(text).__name__}")
    if "\x00" in text:
        raise _BadValueError(NUL_IN_TEXT)
    if is_blank(text) and not reading.keep_blank:
        raise _BadValueError(BLANK_TEXT)
    if len(text) > max_characters:
        raise _BadValueError(f"longer than {max_characters:,} characters", f"text of {len(text):,} characters")
    if _SURROGATE.search(text):
        raise _BadValueError("unpaired surrogate in text")
    return text


def _read_label(row: Row, column: str, reading: Reading) -> Target:
    value = _value(row, column)
    try:
        return read_target(value, reading.task, reading.rename)
    except UnreadableTargetError as error:
        raise _BadValueError(error.reason, f"{error.reason}, found {value!r}"[:200]) from error


def _value(row: Row, column: str) -> Any:
    """The value; a JSON object without the key is a bad row, for its key may be misspelt."""
    if column not in row.values:
        hint = did_you_mean(column, row.values)
        raise _BadValueError(f"no key {column!r}", f"no key {column!r}, but {', '.join(row.values)}.{hint}")
    return row.values[column]


def _raw(row: Row) -> str:
    return json.dumps(row.values, ensure_ascii=True, default=str)


def _refuse_many_bad(name: str, max_share: float, accounting: Accounting) -> None:
    num_bad = accounting.num_dropped - sum(
        accounting.dropped[reason].count for reason in (BLANK_TEXT, NO_LABEL) if reason in accounting.dropped
    )
    if num_bad <= max_share * accounting.read:
        return
    first = "; ".join(f"row {row['row']}: {row['reason']}" for row in accounting.rejected[:_SHOWN_REJECTED])
    raise DataError(
        f"{name}: {num_bad:,} of {accounting.read:,} rows are bad, more than the {100 * max_share:g} % allowed "
        f"({first}). Mend them, or allow more with data.max_bad_share."
    )


def _nothing_left(name: str, where: Mapping[str, str], passed_over: Mapping[str, None], accounting: Accounting) -> str:
    if accounting.read == 0 and passed_over:
        wanted = " and ".join(f"{column} = {value!r}" for column, value in where.items())
        return f"{name}: no row has {wanted}. Values there: {', '.join(map(repr, passed_over))}. Choose one of these."
    if accounting.read == 0:
        return f"{name}: there is a header but no row below it. Add rows."
    return f"{name}: no usable row. {accounting.line()}. Mend the rows, or name other columns as data.text, data.label."


def _warn_of_repeated_ids(examples: list[Example], accounting: Accounting) -> None:
    rows_of: dict[str, list[int]] = {}
    for example in examples:
        rows_of.setdefault(example.id, []).append(example.row)
    repeated = {name: rows for name, rows in rows_of.items() if len(rows) > 1}
    if repeated:
        name, rows = next(iter(repeated.items()))
        shown = ", ".join(map(str, rows[:5]))
        accounting.warnings.append(
            f"{accounting.split}: {len(repeated):,} ids stand in more than one row, first {name!r} (rows {shown}); "
            "all rows are kept."
        )
