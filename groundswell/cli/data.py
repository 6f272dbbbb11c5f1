"""`groundswell data`: the sample reviews, what a labelled file holds, and opinions in other formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundswell.cli.data_convert import convert
from groundswell.cli.terminal import console, note, print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from groundswell.recipe import Recipe

SHOWN_CONFLICTS = 5

app = typer.Typer(
    no_args_is_help=True, help="The sample reviews, what a labelled file holds, and opinions in other formats."
)
app.command("convert")(convert)


@app.command("sample")
def sample(
    language: Annotated[Literal["en", "zh"], typer.Argument(help="Of the 240 sample reviews.")],
    out: Annotated[Path, typer.Option(help="JSON Lines file to write.")],
) -> None:
    """Write labelled sample reviews to a file; prints its name."""
    from groundswell.data.sample import write_sample

    num_rows = write_sample(language, out)
    note(f"{out}: {num_rows:,} rows; the column `split` says train, dev or test")
    typer.echo(out)


@app.command("check")
def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE|KEY=VALUE", help="Labelled files; settings such as data.label=stars."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Read labelled files and say what is in them: rows, labels, conflicts, and texts that two files share.

    With data.overlap=refuse the exit code is 1 when two files share texts.
    """
    from groundswell.cli.data_check import check_files
    from groundswell.errors import InputError, LeakageError

    settings = [given for given in files if "=" in given and not Path(given).exists()]
    sources = [given for given in files if given not in settings]
    if not sources:
        raise InputError(f"found only settings ({', '.join(settings)}), expected at least one file")
    recipe = _recipe(sources[0], settings)
    found = check_files(sources, recipe)
    if as_json:
        print_json(found)
    else:
        _show(found)
    sys.stdout.flush()
    if found["overlaps"] and recipe.data.overlap == "refuse":
        pairs = ", ".join(found["overlaps"])
        raise LeakageError(f"{pairs}: the files share texts; remove them from one side, or set data.overlap=warn")


def _recipe(source: str, settings: list[str]) -> Recipe:
    from groundswell.errors import RecipeError
    from groundswell.recipe_reading import recipe_from_values

    # who checks a file wants to see its bad rows, not to be refused for them
    recipe = recipe_from_values({"data": {"train": source, "max_bad_share": 1}}, "command line", settings)
    if recipe.task in ("multi_task", "language_model"):
        raise RecipeError(
            [f"command line: task: found {recipe.task!r}, but a file is checked for one task with labels"]
        )
    return recipe


def _show(found: dict[str, Any]) -> None:
    screen = console()
    for file in found["files"]:
        _show_file(screen, file)
    for pair, shared in found["overlaps"].items():
        screen.print(f"{pair}: {shared['exact']:,} texts of the second stand in the first, {shared['near']:,} nearly")
    if len(found["files"]) > 1 and not found["overlaps"]:
        screen.print("no text stands in two files")


def _show_file(screen: Console, file: dict[str, Any]) -> None:
    known = [f"{name} {file[name]}" for name in ("format", "encoding") if file[name]]
    lines = [", ".join([*known, f"columns {', '.join(file['columns'])}"])]
    lines += [f"row {rejected['row']}: {rejected['reason']}" for rejected in file["rejected"]]
    lines += [f"warning: {warning}" for warning in file["accounting"]["warnings"]]
    lines.append(f"{file['repeated']:,} rows repeat a text of an earlier row")
    for conflict in file["conflicts"][:SHOWN_CONFLICTS]:
        rows = ", ".join(map(str, conflict["rows"][:SHOWN_CONFLICTS]))
        lines.append(
            f"rows {rows}: one text with the labels {', '.join(conflict['targets'])}: {conflict['text']!r:.60}"
        )
    if len(file["conflicts"]) > SHOWN_CONFLICTS:
        lines.append(f"{len(file['conflicts']):,} texts have more than one label")
    screen.print(file["line"], soft_wrap=True)
    for line in lines:
        screen.print(f"  {line}", soft_wrap=True)
    if file["labels"]:
        screen.print(_label_table(file["labels"], file["accounting"]["kept"]))


def _label_table(labels: dict[str, int], num_rows: int) -> Table:
    from rich.table import Table

    table = Table("label", "rows", "share")
    for label, count in labels.items():
        table.add_row(label, f"{count:,}", f"{count / num_rows:.1%}")
    return table
