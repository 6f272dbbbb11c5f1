"""The rows of a source that commands read texts from."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.data.readers import missing_column, open_rows
from groundswell.data.rows import BadRow, RowSource


class TextRows:
    """The rows of a source and the columns that count; rows that cannot be read go to `on_bad_row`."""

    def __init__(self, source: str, text_column: str, id_column: str | None, encoding: str | None) -> None:
        self.on_bad_row: Callable[[BadRow], None] = _ignore
        self.source: RowSource = open_rows(
            source, text_column=text_column, encoding=encoding, on_bad_row=lambda bad: self.on_bad_row(bad)
        )
        columns = self.source.columns
        if id_column is not None and columns and id_column not in columns:
            raise missing_column(self.source, id_column, "data.id")
        self.text_column = text_column
        self.id_column = id_column or ("id" if "id" in columns else None)


def _ignore(_: BadRow) -> None:
    pass
