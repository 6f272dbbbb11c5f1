"""A multi-task recipe against each of its tasks alone, on the same texts: is one model for all of them a gain?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from groundswell import assembly, run_folder
from groundswell.analyzer import Analyzer, load
from groundswell.comparison import Rung, train_or_reuse
from groundswell.data.splits import load_splits
from groundswell.errors import RecipeError
from groundswell.evaluation import head_table, paired_metrics
from groundswell.evaluation.head_table import HeadRow, HeadTable
from groundswell.evaluation.paired_metrics import Answers, compare_metric
from groundswell.recipe import Recipe
from groundswell.results import opinions_of
from groundswell.types import Example

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
        rows.append(_row(head, recipe, load(together).head(head), alone))
    found = HeadTable(rung.name, tuple(rows), _seconds(together))
    run_folder.write_text(folder / "heads.md", head_table.to_markdown(found))
    run_folder.write_text(folder / "heads.html", head_table.to_html(found))
    return found


def _row(head: str, recipe: Recipe, together: Analyzer, alone: Path) -> HeadRow:
    own = recipe.alone(head)
    splits = load_splits(assembly.split_settings(own))
    split = "test" if "test" in splits.examples else "dev"
    examples = splits.examples[split]
    answers = [_answers(analyzer, examples, own) for analyzer in (together, load(alone))]
    options: dict[str, Any] = {"resamples": recipe.evaluation.resamples, "level": recipe.evaluation.level}
    found = compare_metric(answers[0], answers[1], **options, seed=recipe.seed)
    return HeadRow(head, found, split, len(examples), _seconds(alone))


def _answers(analyzer: Analyzer, examples: Sequence[Example], recipe: Recipe) -> Answers:
    if recipe.task == "opinions":
        gold_opinions, found = opinions_of(analyzer, examples, recipe)
        return paired_metrics.of_opinions(gold_opinions, found, recipe.model.opinions.elements)
    outputs = analyzer.outputs
    gold = outputs.targets(examples)
    values = outputs.values(analyzer.score([example.text for example in examples]))
    if outputs.task == "regression":
        return paired_metrics.of_values(gold.double().numpy(), values[:, 0].numpy())
    if outputs.task == "multi_label":
        return paired_metrics.of_several_labels(gold.bool().numpy(), outputs.given(values).numpy())
    return paired_metrics.of_one_label(gold.numpy(), values.argmax(dim=1).numpy())


def _seconds(run: Path) -> float:
    found: dict[str, Any] = json.loads((run / run_folder.METRICS).read_text(encoding="utf-8"))
    return float(found["seconds"]["training"])


def to_dict(found: HeadTable) -> dict[str, Any]:
    """The table as plain values."""
    rows = [{**asdict(row), "found": row.found._asdict()} for row in found.rows]
    return {"recipe": found.recipe, "training_seconds": found.seconds, "heads": rows}
