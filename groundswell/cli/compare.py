"""`groundswell compare`: recipes in, one leaderboard out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from groundswell.cli.terminal import note, print_json


def compare(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECIPE]… [KEY=VALUE]…", help="Recipes, and overrides that hold for all of them."),
    ] = None,
    ladder: Annotated[
        Literal["en", "zh"] | None, typer.Option(help="Every rung for a language, from the majority to a Transformer.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="One labelled file for all; a fifth is held out as the test.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs and the leaderboard.")] = Path("runs/leaderboard"),
    within: Annotated[float, typer.Option(min=0, max=1, help="Accuracy you would give up for a cheaper model.")] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Train or reuse each recipe on the same texts; print and write one leaderboard. Started again, it goes on.

    A single multi-task recipe is compared with each of its tasks trained alone, a single recipe with a section
    `domain` with itself without that stage.
    """
    from groundswell import comparison, head_comparison
    from groundswell.evaluation import head_table
    from groundswell.evaluation.leaderboard import to_markdown

    words = arguments or []
    rungs = comparison.read_rungs(
        [word for word in words if "=" not in word], [word for word in words if "=" in word], ladder, data, out
    )
    on_row = lambda name, what: note(f"{name}: {what}")  # noqa: E731
    alone = rungs[0].recipe if len(rungs) == 1 else None
    if alone is not None and (alone.task == "multi_task" or alone.domain is not None):
        ways = head_comparison.compare_heads if alone.domain is None else head_comparison.compare_domain
        heads = ways(rungs[0], out, on_row=on_row)
        shown, found, page = head_table.to_markdown(heads), head_comparison.to_dict(heads), "heads.html"
    else:
        board = comparison.compare(rungs, out, within=within, on_row=on_row)
        shown, found, page = to_markdown(board), comparison.to_dict(board), "leaderboard.html"
    if as_json:
        print_json(found)
    else:
        typer.echo(shown, nl=False)
        note(f"the page to look at: {out / page}")
