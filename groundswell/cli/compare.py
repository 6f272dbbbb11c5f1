"""`groundswell compare`: recipes in, one leaderboard out; or finished runs in, a test of their differences out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundswell.cli.terminal import note, print_json
from groundswell.errors import InputError

if TYPE_CHECKING:
    from groundswell.comparison import Rung


def compare(  # noqa: PLR0913 - one parameter per option
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RECIPE|RUN]… [KEY=VALUE]…",
            help="Recipes, or run folders, and overrides that hold for all of them.",
        ),
    ] = None,
    ladder: Annotated[
        Literal["en", "zh"] | None, typer.Option(help="Every rung for a language, from the majority to a Transformer.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="One labelled file: of recipes, a fifth is held out as the test; runs are measured on all of it.",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Train each recipe with so many seeds; shows mean ± deviation.")
    ] = 1,
    head: Annotated[str | None, typer.Option(help="Of runs with several heads, the one that is compared.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs and the leaderboard.")] = Path("runs/leaderboard"),
    within: Annotated[float, typer.Option(min=0, max=1, help="Accuracy you would give up for a cheaper model.")] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Train or reuse each recipe on the same texts; print and write one leaderboard. Started again, it goes on.

    Run folders are measured on the same rows and tested against the first of them.
    A single multi-task recipe is compared with each of its tasks trained alone, a single recipe with a section
    `domain` with itself without that stage.
    """
    from groundswell.comparison import read_rungs
    from groundswell.run_folder import MANIFEST, RECIPE

    overrides = [word for word in arguments or [] if "=" in word]
    names = [word for word in arguments or [] if "=" not in word]
    folders = [Path(name) for name in names if any((Path(name) / file).exists() for file in (MANIFEST, RECIPE))]
    if folders:
        others = [name for name in names if Path(name) not in folders]
        others += [option for option, given in (("--ladder", ladder), ("--seeds", seeds > 1)) if given]
        _refuse_mixture(folders, others)
        _compare_runs(folders, data, head, overrides, as_json=as_json)
        return
    if head is not None:
        raise InputError("compare: --head goes with run folders. Leave it out: a recipe is compared with all its heads")
    _compare_recipes(read_rungs(names, overrides, ladder, data, out), out, within, seeds, as_json=as_json)


def _refuse_mixture(folders: list[Path], others: list[str]) -> None:
    if others:
        raise InputError(
            f"compare: {folders[0]} is a run folder, {others[0]} is not. Finished runs are compared with one "
            "another alone: name run folders only, or recipes only"
        )


def _compare_recipes(rungs: list[Rung], out: Path, within: float, seeds: int, *, as_json: bool) -> None:
    """Train what is not trained yet, and print the leaderboard, or the two ways of a single recipe."""
    from groundswell import comparison, head_comparison
    from groundswell.evaluation import head_table
    from groundswell.evaluation.leaderboard import to_markdown

    on_row = lambda name, what: note(f"{name}: {what}")  # noqa: E731
    alone = rungs[0].recipe if len(rungs) == 1 else None
    if alone is not None and (alone.task == "multi_task" or alone.domain is not None):
        if seeds > 1:
            raise InputError(
                "compare: --seeds goes with a leaderboard, not with two ways to train one recipe. Leave it out"
            )
        ways = head_comparison.compare_heads if alone.domain is None else head_comparison.compare_domain
        heads = ways(rungs[0], out, on_row=on_row)
        shown, found, page = head_table.to_markdown(heads), head_comparison.to_dict(heads), "heads.html"
    else:
        board = comparison.compare(rungs, out, within=within, seeds=seeds, on_row=on_row)
        shown, found, page = to_markdown(board), comparison.to_dict(board), "leaderboard.html"
    if as_json:
        print_json(found)
    else:
        typer.echo(shown, nl=False)
        note(f"the page to look at: {out / page}")


def _compare_runs(
    folders: list[Path], data: str | None, head: str | None, overrides: list[str], *, as_json: bool
) -> None:
    """Measure finished runs on the same rows and print how sure their differences are."""
    from groundswell import run_comparison
    from groundswell.evaluation.run_table import to_markdown

    table = run_comparison.compare_runs(
        folders, data, head=head, overrides=overrides, on_row=lambda name, what: note(f"{name}: {what}")
    )
    for warning in table.warnings:
        note(f"warning: {warning}")
    if as_json:
        print_json(run_comparison.to_dict(table))
    else:
        typer.echo(to_markdown(table), nl=False)
