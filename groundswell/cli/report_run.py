"""`groundswell report run`: report and model card of a finished run, drawn again, with more findings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from groundswell.cli.terminal import note, print_json


def report_run(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    findings: Annotated[
        str, typer.Option(help="Measured now and added: any of behaviour,errors,evidence,robustness.")
    ] = "",
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help="Labelled rows for them; otherwise the run's test or dev rows.")
    ] = None,
    language: Annotated[
        Literal["auto", "en", "zh"] | None, typer.Option(help="Of the page; otherwise as the recipe says.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Show report.html in the browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help='Print {"report", "card", "notes"}.')] = False,
) -> None:
    """Draw report.html and README.md of a run again; prints the page."""
    from groundswell.errors import InputError
    from groundswell.findings import report_again
    from groundswell.run_folder import CARD, REPORT

    names = [name.strip() for name in findings.split(",") if name.strip()]
    if data is not None and not names:
        raise InputError(f"--data: found {data}, but no --findings to measure on it. Name some, or leave --data out")
    notes = report_again(run, names, data, language=language)
    if as_json:
        print_json({"report": str(run / REPORT), "card": str(run / CARD), "notes": notes})
    else:
        for line in notes:
            note(line)
        typer.echo(run / REPORT)
    if open_page:
        typer.launch(str(run / REPORT))
