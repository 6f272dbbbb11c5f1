"""`groundswell report`: pages and tables about what was found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundswell.cli.report_behaviour import behaviour
from groundswell.cli.report_errors import errors
from groundswell.cli.report_robustness import robustness
from groundswell.cli.report_run import report_run
from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import DataError, InputError

if TYPE_CHECKING:
    from groundswell.evaluation.aspect_names import AspectNames
    from groundswell.evaluation.opinion_groups import AspectGroup, CategoryGroup, OpinionGroups
    from groundswell.evaluation.opinion_wording import PageLanguage

app = typer.Typer(no_args_is_help=True, help="Pages and tables about what was found.")
app.command("behaviour")(behaviour)
app.command("robustness")(robustness)
app.command("run")(report_run)
app.command("errors")(errors)


@app.command("opinions")
def opinions(  # noqa: PLR0913 - one parameter per option
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|-", help="Opinion records, as `groundswell predict` writes them, or gold ones."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for opinions.html, opinions.csv, categories.png and aspects.png.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Rows of each printed table.")] = 15,
    min_score: Annotated[float, typer.Option(min=0, max=1, help="Leave out opinions with a lower score.")] = 0.0,
    synonyms: Annotated[
        list[Path] | None, typer.Option(help="CSV canonical,synonym; its rows win over the shipped ones; repeatable.")
    ] = None,
    implied: Annotated[
        list[Path] | None, typer.Option(help="CSV opinion,aspect; its rows win over the shipped ones; repeatable.")
    ] = None,
    shipped: Annotated[bool, typer.Option("--shipped/--no-shipped", help="Use the lists of the package.")] = True,
    page_language: Annotated[
        Literal["auto", "en", "zh"], typer.Option(help="Of the page's own words; auto: that of most texts.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """What people say about what: opinions under category and aspect, with intervals and quotes."""
    from groundswell.evaluation.aspect_names import load_names
    from groundswell.evaluation.opinion_tables import groups_as_values

    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"{out}: a file, expected the name of a folder to write")
    if source == "-" and sys.stdin.isatty():
        note("reading from the terminal; end with Ctrl-D, or name a FILE")
    name, groups = _grouped(source, load_names(synonyms or (), implied or (), shipped=shipped), min_score)
    if out is not None:
        _write(groups, out, Path(source).name if source != "-" else name, page_language)
    if as_json:
        print_json(groups_as_values(groups, name))
        return
    _print(groups, top)
    if out is not None:
        typer.echo(out / "opinions.html")


@app.command("synonyms")
def synonyms(language: Annotated[Literal["en", "zh"], typer.Argument(help="Of the list.")]) -> None:
    """Print the shipped list of aspects that mean the same, to be edited and given to --synonyms."""
    from groundswell.evaluation.aspect_names import shipped_path

    typer.echo(shipped_path("synonyms", language).read_text(encoding="utf-8"), nl=False)


@app.command("implied")
def implied(language: Annotated[Literal["en", "zh"], typer.Argument(help="Of the list.")]) -> None:
    """Print the shipped list of opinions that imply an aspect, to be edited and given to --implied."""
    from groundswell.evaluation.aspect_names import shipped_path

    typer.echo(shipped_path("implied", language).read_text(encoding="utf-8"), nl=False)


def _grouped(source: str, names: AspectNames, min_score: float) -> tuple[str, OpinionGroups]:
    """How the source is called, and its opinions under category and aspect; DataError when there are none."""
    from groundswell.data.analysed_records import open_analysed
    from groundswell.evaluation.opinion_groups import group_opinions

    documents = open_analysed(source)
    groups = group_opinions(documents, names, min_score=min_score)
    if not groups.overall.num_opinions:
        raise DataError(_nothing(documents.name, groups))
    note(f"{documents.name}: {_accounting(groups)}")
    return documents.name, groups


def _write(groups: OpinionGroups, folder: Path, name: str, language: Literal["auto", "en", "zh"]) -> None:
    from groundswell.evaluation.opinion_page import render_opinions
    from groundswell.evaluation.opinion_picture import draw_opinions
    from groundswell.evaluation.opinion_tables import groups_as_csv
    from groundswell.evaluation.opinion_wording import WORDINGS
    from groundswell.run_folder import write_text

    most: PageLanguage = "zh" if next(iter(groups.languages), "en") == "zh" else "en"
    chosen: PageLanguage = most if language == "auto" else language
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "opinions.html", render_opinions(groups, name, chosen))
    write_text(folder / "opinions.csv", groups_as_csv(groups))
    for warning in draw_opinions(groups, folder, WORDINGS[chosen]):
        note(f"warning: {warning}")


def _print(groups: OpinionGroups, top: int) -> None:
    if any(each.category for each in groups.categories):
        _print_table("category", [(each.category or "(none)", each) for each in groups.categories], top)
    aspects = [(each.aspect or "(not named)", each) for each in groups.aspects]
    _print_table("aspect", aspects, top)


def _print_table(title: str, rows: list[tuple[str, AspectGroup]] | list[tuple[str, CategoryGroup]], top: int) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from groundswell.evaluation.opinion_wording import signed

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(title, overflow="fold", min_width=10)
    if title == "aspect":
        table.add_column("category", overflow="fold", min_width=14)
    for name in ("opinions", "implied", "texts", "positive", "neutral", "negative", "net"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, group in rows[:top]:
        tally = group.tally
        shares = [f"{share.value:.0%} {share.low * 100:.0f}–{share.high * 100:.0f}" for share in tally.shares.values()]
        table.add_row(
            name, *([group.category or "(none)"] if title == "aspect" else []), f"{tally.num_opinions:,}",
            f"{tally.num_implied:,}" if tally.num_implied else "", f"{tally.num_documents:,}", *shares,
            signed(tally.net),
        )  # fmt: skip
    if len(rows) > top:
        table.caption = f"{top} of {len(rows):,}; --top {len(rows)} shows all"
    console().print(table)


def _accounting(groups: OpinionGroups) -> str:
    counts, overall = groups.counts, groups.overall
    told = {
        "records read": counts.num_records,
        "with an error": counts.num_errors,
        "left out (id and text as in an earlier one)": counts.num_repeated,
        "with the id of an earlier one and another text (kept)": counts.num_shared_ids,
        "without an opinion": counts.num_without_opinions,
    }
    parts = [f"{count:,} {name}" for name, count in told.items() if count]
    opinions = f"{overall.num_opinions:,} opinions: {overall.num_named:,} with a named aspect, {overall.num_implied:,} "
    opinions += f"with an implied one, {overall.num_unnamed:,} with neither"
    if groups.min_score > 0:
        opinions += f"; {counts.num_below:,} left out with a score below {groups.min_score:g}"
    return f"{', '.join(parts)}; {opinions}"


def _nothing(name: str, groups: OpinionGroups) -> str:
    counts = groups.counts
    if counts.num_below:
        return (
            f"{name}: found {counts.num_below:,} opinions, all with a score below {groups.min_score:g}, expected some "
            "above. Lower --min-score"
        )
    return (
        f"{name}: found no opinion (records: {counts.num_records:,}, with an error: {counts.num_errors:,}), expected "
        "some. Use the records of a model that extracts opinions, or records with gold opinions"
    )
