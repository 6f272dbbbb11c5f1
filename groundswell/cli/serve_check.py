"""`groundswell serve check`: whether a service of a run says what the run says offline."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from groundswell.cli.option_names import NO_ENCODING, naming_options, text_column_named
from groundswell.cli.terminal import note, print_json
from groundswell.errors import DataError

SHOWN = 5


def check(  # noqa: PLR0913 - one parameter per option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="Rows with texts, such as those of the test.")],
    text_column: Annotated[str, typer.Option(help="Column that holds the text.")] = "text",
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="The first so many that have a text.")] = 200,
    precision: Annotated[
        Literal["float32", "bfloat16", "auto"], typer.Option(help="Numbers to compute with; auto picks by processor.")
    ] = "float32",
    aspect: Annotated[
        list[str] | None, typer.Option(help="Ask for the opinions of this aspect only; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Start a service of a run, ask it many things at once, and compare with the run offline, to the last digit.

    Exit code 1 when a record differs.
    """
    from groundswell.run_folder import read_manifest
    from groundswell.serving.offline_check import check_served
    from groundswell.training.progress import ProgressBar

    read_manifest(run)  # a wrong folder is told at once
    with naming_options((*NO_ENCODING, *text_column_named())):
        texts = _texts(source, text_column, rows)
    note(f"{run}: comparing {len(texts):,} rows with a service in a process of its own")
    with ProgressBar() as bar:
        bar.begin("rows", len(texts))
        checked = check_served(run, texts, precision=precision, aspects=aspect, on_rows=bar.advance)
    if as_json:
        print_json({"run": str(run), **asdict(checked), "equal": checked.equal})
    else:
        typer.echo(f"{checked.equal:,} of {checked.rows:,} records equal")
        for difference in checked.differences[:SHOWN]:
            typer.echo(difference)
    if checked.differences:
        raise typer.Exit(1)


def _texts(source: str, text_column: str, most: int) -> list[tuple[int, str]]:
    """Numbers and texts of the first rows that have one."""
    from groundswell.cli.text_rows import TextRows

    read = TextRows(source, text_column, None, None).source
    found = ((row.number, row.values.get(text_column)) for row in read)
    texts = list(itertools.islice(((number, text) for number, text in found if isinstance(text, str)), most))
    if not texts:
        raise DataError(f"{read.name}: no row has a text in {text_column!r}. Name another file or --text-column")
    return texts
