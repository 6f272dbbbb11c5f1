"""`groundswell data redact`: a file of rows without telephone numbers, addresses, cards and plates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.cli.option_names import ENCODING, naming_options, text_column_named
from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import InputError

if TYPE_CHECKING:
    from groundswell.data.redacted_rows import RedactionCounts
    from groundswell.data.rows import RowSource

_ROWS_A_LOOK = 1000  # rows between two looks at the clock


def redact(
    source: Annotated[str, typer.Argument(metavar="FILE", help="Rows to read; - is standard input.")],
    out: Annotated[Path, typer.Option(help="File to write: .jsonl, or the format of FILE.")],
    column: Annotated[
        list[str] | None, typer.Option(help="Column to redact; repeatable. Unless given: text.", show_default=False)
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of FILE; otherwise it is detected.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Replace personal data by [PHONE], [EMAIL], [ID_CARD], [BANK_CARD], [IP] and [PLATE]; prints how often.

    Other columns are written as they are. Names, postal addresses and account names are not found.
    """
    from groundswell.data.redacted_rows import redact_rows
    from groundswell.training.progress import ProgressBar

    if out.exists() and Path(source).exists() and out.samefile(source):
        raise InputError(f"{out}: FILE and --out are the same file, expected two; name another one to write")
    columns = column or ["text"]
    with naming_options((*ENCODING, *text_column_named("--column"))), ProgressBar() as bar:
        rows = _open(source, columns, encoding)
        counts = redact_rows(
            rows, columns, out, lambda done: None if done % _ROWS_A_LOOK else bar.stage("rows", done, None)
        )
    for name, count in counts.left.items():
        note(f"{rows.name}: column {name!r}: {count:,} values hold personal data and were left; add --column {name}")
    if as_json:
        print_json({"out": str(out), "columns": columns, **counts.to_dict()})
    else:
        _show(counts, out)


def _open(source: str, columns: list[str], encoding: str | None) -> RowSource:
    from groundswell.data.readers import missing_column, open_rows

    rows = open_rows(source, text_column=columns[0], encoding=encoding)
    for name in columns[1:]:
        if rows.columns and name not in rows.columns:
            raise missing_column(rows, name, "data.text")
    return rows


def _show(counts: RedactionCounts, out: Path) -> None:
    from rich.table import Table

    from groundswell.text.redaction import KINDS

    table = Table("kind", "found", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for kind in KINDS:
        table.add_row(kind, f"{counts.found[kind]:,}")
    screen = console()
    screen.print(table)
    screen.print(f"{out}: {counts.rows:,} rows, {counts.changed:,} changed", soft_wrap=True)
