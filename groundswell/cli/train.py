"""`groundswell train`: a recipe in, a run folder out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.cli.terminal import note, print_json

if TYPE_CHECKING:
    from groundswell.recipe import Recipe


def train(  # noqa: PLR0913 - one parameter per option
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A YAML file, or a name such as sentiment/minilm-lora.")
    ],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Overrides, such as training.epochs=5.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run folder; otherwise a free one after the recipe.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of this run.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the resolved recipe and what it will cost; read no data.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help='Print {"run": FOLDER, "metrics": {...}}.')] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no warnings.")] = False,
) -> None:
    """Tune a model as a recipe says; prints the run folder."""
    from groundswell.recipe_reading import find_recipe, load_recipe

    named = [] if name is None else [f"output.name={name}"]
    loaded = load_recipe(recipe, [*(overrides or []), *named])
    if dry_run:
        _print_estimate(loaded, as_json)
        return
    from groundswell import pipeline

    default_name = re.sub(r"[^\w.-]+", "-", find_recipe(recipe).stem)
    progress = False if quiet else None
    run = pipeline.train(loaded, name=name, default_name=default_name, resume=resume, progress=progress)
    if not run.metrics:
        return  # of several processes the first one reports
    if not quiet:
        from groundswell.run_cost import cost_line

        said = cost_line(run.metrics.get("cost", {}))
        for line in (*run.rows, *(f"warning: {warning}" for warning in run.warnings), *([said] if said else [])):
            note(line)
    if as_json:
        print_json({"run": str(run.folder), "metrics": run.metrics})
    else:
        typer.echo(run.folder)


def _print_estimate(recipe: Recipe, as_json: bool) -> None:
    """The resolved recipe, and what it will cost."""
    from groundswell.run_cost import estimate_lines, estimate_recipe

    estimate = estimate_recipe(recipe)
    if as_json:
        print_json({**recipe.model_dump(mode="json"), "estimated": estimate})
    else:
        typer.echo(recipe.to_yaml() + "".join(f"# {line}\n" for line in estimate_lines(estimate)), nl=False)
