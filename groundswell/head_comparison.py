"""Two ways to train a recipe on the same texts: together or alone, with the texts of its domain or without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from groundswell import assembly, run_folder
from groundswell.analyzer import Analyzer, load
from groundswell.comparison import Rung, train_or_reuse
from groundswell.data.splits import load_splits
from groundswell.domain_stage import DOMAIN
from groundswell.errors import RecipeError
from groundswell.evaluation import head_table
from groundswell.evaluation.head_table import HeadRow, HeadTable
from groundswell.evaluation.paired_metrics import compare_metric
from groundswell.paired_answers import answers_of
from groundswell.recipe import Recipe

TOGETHER = "together"


def compare_heads(
    rung: Rung,
    folder: Path,
    *,
    progress: bool | None = None,
    on_row: Callable[[str, str], None] = lambda name, what: None,
) -> HeadTable:
    """What each task gains by being trained with the others, also written to `folder` as heads.md and heads.html.

    The runs lie in `folder/together` and `folder/alone-NAME`; what is finished there is reused and what was stopped
    goes on. Every task is measured on its test texts, or on dev where it has none.

    on_row   called with a name and what is done for it: `training`, `measuring`

    Raises RecipeError for a recipe that is not multi-task.
    """
    recipe = rung.recipe
    if recipe.task != "multi_task":
        raise RecipeError([f"{rung.name}: found task={recipe.task!r}, expected multi_task"])
    together = train_or_reuse(Rung(TOGETHER, recipe), folder, progress, on_row)
    rows = []
    for head in recipe.heads:
        alone = train_or_reuse(Rung(f"alone-{head}", recipe.alone(head)), folder, progress, on_row)
        on_row(head, "measuring")
        rows.append(_row(head, recipe.alone(head), (load(together).head(head), load(alone)), training_seconds(alone)))
    return _written(HeadTable(rung.name, tuple(rows), training_seconds(together)), folder)


def compare_domain(
    rung: Rung,
    folder: Path,
    *,
    progress: bool | None = None,
    on_row: Callable[[str, str], None] = lambda name, what: None,
) -> HeadTable:
    """What a recipe gains by its first stage, in which the encoder reads texts of the field; written as above.

    The runs lie in `folder/with-domain` and `folder/without-domain`. Raises RecipeError for a recipe without `domain`.
    """
    recipe = rung.recipe
    if recipe.domain is None:
        raise RecipeError([f"{rung.name}: has no section `domain`, so there is nothing to compare"])
    plain = recipe.model_copy(update={"domain": None})
    runs = [
        train_or_reuse(Rung(name, one), folder, progress, on_row)
        for name, one in (("with-domain", recipe), ("without-domain", plain))
    ]
    rows = []
    for head in recipe.heads or ("",):
        on_row(head or recipe.task, "measuring")
        analyzers = [load(run).head(head) if head else load(run) for run in runs]
        rows.append(_row(head or recipe.data.label, recipe.alone(head), (analyzers[0], analyzers[1]), 0.0))
    rows[0] = replace(rows[0], seconds=training_seconds(runs[1]))  # one run trains all of them
    seconds = training_seconds(runs[0]) + training_seconds(runs[0] / DOMAIN)
    return _written(HeadTable(rung.name, tuple(rows), seconds, "with the domain's texts", "without"), folder)


def _written(found: HeadTable, folder: Path) -> HeadTable:
    run_folder.write_text(folder / "heads.md", head_table.to_markdown(found))
    run_folder.write_text(folder / "heads.html", head_table.to_html(found))
    return found


def _row(head: str, own: Recipe, analyzers: tuple[Analyzer, Analyzer], seconds: float) -> HeadRow:
    splits = load_splits(assembly.split_settings(own))
    split = "test" if "test" in splits.examples else "dev"
    examples = splits.examples[split]
    answers = [answers_of(analyzer, examples, own) for analyzer in analyzers]
    options: dict[str, Any] = {"resamples": own.evaluation.resamples, "level": own.evaluation.level, "seed": own.seed}
    return HeadRow(head, compare_metric(answers[0], answers[1], **options), split, len(examples), seconds)


def training_seconds(run: Path) -> float:
    """What metrics.json of a run says."""
    return float(run_folder.read_metrics(run)["seconds"]["training"])


def to_dict(found: HeadTable) -> dict[str, Any]:
    """The table as plain values."""
    rows = [{**asdict(row), "found": row.found._asdict()} for row in found.rows]
    return {
        "recipe": found.recipe,
        "training_seconds": found.seconds,
        "ways": [found.first, found.second],
        "heads": rows,
    }
