"""`groundswell data`: the sample reviews, what a labelled file holds, and opinions in other formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundswell.cli.data_convert import convert
from groundswell.cli.data_redact import redact
from groundswell.cli.terminal import note, print_json

if TYPE_CHECKING:
    from groundswell.cli.data_check import Checked
    from groundswell.recipe import Recipe

app = typer.Typer(
    no_args_is_help=True, help="The sample reviews, what a labelled file holds, and opinions in other formats."
)
app.command("convert")(convert)
app.command("redact")(redact)


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
        typer.Argument(metavar="FILE|KEY=VALUE", help="Labelled files, train first; settings: data.label=stars."),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when something serious is found.")] = False,
    label_errors: Annotated[
        bool, typer.Option("--label-errors/--no-label-errors", help="Look for labels that are probably wrong.")
    ] = True,
    out: Annotated[
        Path | None, typer.Option(help="Folder for findings.json and a CSV file of rows for each kind of finding.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Read labelled files and say what is in them and what is wrong with them, the worst first.

    Copies, texts with two labels, texts that two files share, damaged characters, words that give the label away,
    labels that are probably wrong, and how the files differ. With data.overlap=refuse, as with --strict, the exit code
    is 1 when two files share texts.
    """
    from groundswell.cli.data_check import check_files, show, write_lists
    from groundswell.errors import InputError

    settings = [given for given in files if "=" in given and not Path(given).exists()]
    sources = [given for given in files if given not in settings]
    if not sources:
        raise InputError(f"found only settings ({', '.join(settings)}), expected at least one file")
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"{out}: a file, expected the name of a folder to write")
    recipe = _recipe(sources[0], settings)
    checked = check_files(sources, recipe, label_errors=label_errors)
    if out is not None:
        names = write_lists(checked, out)
        note(f"{out}: {', '.join(names)}")
    if as_json:
        print_json(checked.to_dict())
    else:
        show(checked)
    sys.stdout.flush()
    _judge(checked, refuse_overlaps=recipe.data.overlap == "refuse", strict=strict)


def _judge(checked: Checked, *, refuse_overlaps: bool, strict: bool) -> None:
    """Nothing; raises an error when files share texts, or for what is serious."""
    from groundswell.errors import CheckError, LeakageError

    if checked.overlaps and refuse_overlaps:
        pairs = ", ".join(checked.overlaps)
        raise LeakageError(f"{pairs}: the files share texts; remove them from one side, or set data.overlap=warn")
    if strict and checked.verdict["serious"]:
        codes = dict.fromkeys(found.code for found in checked.findings if found.severity == "serious")
        raise CheckError(f"found {', '.join(codes)}, expected nothing serious. Mend the files, or leave --strict out")


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
