"""Finished runs on the same labelled texts: each is measured once and tested against the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from groundswell import assembly, run_folder
from groundswell.analyzer import Analyzer, load
from groundswell.data.accounting import Accounting
from groundswell.data.labels import LabelMap
from groundswell.data.splits import locate, read_split, source_sha256
from groundswell.errors import DataError, RecipeError
from groundswell.evaluation.paired_metrics import Answers, compare_metric, with_interval
from groundswell.evaluation.run_table import RunRow, RunTable
from groundswell.evaluation.significance import compare_paired, holm
from groundswell.paired_answers import answers_of
from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe
from groundswell.run_folder import read_manifest
from groundswell.training.progress import ProgressBar
from groundswell.types import Example

MCNEMAR, RANDOMIZATION = "McNemar's exact test", "randomization test"


@dataclass(frozen=True)
class _Run:
    """A finished run under the name it has in the table."""

    name: str
    folder: Path
    recipe: Recipe


def compare_runs(
    folders: Sequence[Path],
    data: str | None = None,
    *,
    head: str | None = None,
    overrides: Sequence[str] = (),
    progress: bool | None = None,
    on_row: Callable[[str, str], None] = lambda name, what: None,
) -> RunTable:
    """How each run does on the same texts, and how sure its difference to the first one is.

    data        labelled rows; without it the test texts of the first run's recipe
    head        of runs with several heads, the one that is compared
    overrides   as for `pipeline.evaluate`; the rows are read as the first run's recipe says
    on_row      called with a name and what is done for it: `measuring`

    Raises RecipeError when the runs do not answer the same question, DataError for the rows.
    """
    runs = _read(folders, head, overrides)
    first = runs[0].recipe
    source = data or first.data.test
    if source is None:
        raise RecipeError([f"compare: {runs[0].folder} names no test texts. Give labelled rows as --data FILE"])
    examples = read_split(source, assembly.split_settings(first), Accounting("comparison"), keep_blank=True)
    answers: list[Answers] = []
    labels: tuple[str, ...] | None = None
    for run in runs:
        on_row(run.name, "measuring")
        analyzer = _load(run, head)
        labels = _checked_labels(run, analyzer, examples, source, labels)
        with ProgressBar(progress) as bar:
            bar.begin(f"measuring {run.name}", len(examples))
            answers.append(answers_of(analyzer, examples, run.recipe, bar.advance))
    return _table(runs, answers, source, len(examples))


def to_dict(table: RunTable) -> dict[str, Any]:
    """The table as plain values, each interval under "value", "low" and "high"."""
    found = asdict(table)
    found["first"] = {"name": table.first, **_ends(table.found)}
    del found["found"]
    found["rows"] = [
        {**asdict(row), "found": _ends(row.found), "difference": _ends(row.difference)} for row in table.rows
    ]
    return found


def _read(folders: Sequence[Path], head: str | None, overrides: Sequence[str]) -> list[_Run]:
    if len(folders) < 2:
        raise RecipeError([f"compare: found one run, {folders[0]}, expected at least two. Name another run folder"])
    names = [folder.resolve().name for folder in folders]
    runs = []
    for folder, name in zip(folders, names, strict=True):
        read_manifest(folder)
        recipe = load_recipe(folder / run_folder.RECIPE, overrides)
        if recipe.task == "multi_task":
            if head not in recipe.heads:
                raise RecipeError(
                    [f"{folder}: found --head {head}, expected one of its heads: {', '.join(recipe.heads)}"]
                )
            recipe = recipe.alone(head)
        elif head is not None:
            raise RecipeError([f"{folder}: has no heads. Leave out --head, or compare runs with several heads"])
        runs.append(_Run(name if names.count(name) == 1 else str(folder), folder, recipe))
    _check_same_question(runs)
    return runs


def _check_same_question(runs: Sequence[_Run]) -> None:
    first, problems = runs[0], []
    for run in runs[1:]:
        pairs = [("task", first.recipe.task, run.recipe.task)]
        if run.recipe.task == "opinions":
            for key in ("elements", "finder"):
                pairs.append((key, *(getattr(one.recipe.model.opinions, key) for one in (first, run))))
        for key, wanted, found in pairs:
            if wanted != found and not (key == "finder" and "given" not in (wanted, found)):
                problems.append(
                    f"{run.folder}: found {key}={_said(found)}, but {first.folder} has {key}={_said(wanted)}, so their "
                    "figures could not be compared. Compare runs of one task"
                )
    if first.recipe.task == "language_model":
        problems.append(f"{first.folder}: is a language model. `groundswell lm perplexity` measures it")
    if problems:
        raise RecipeError(problems)


def _load(run: _Run, head: str | None) -> Analyzer:
    analyzer = load(run.folder, precision=run.recipe.evaluation.precision)
    return analyzer.head(head) if analyzer.heads else analyzer


def _checked_labels(
    run: _Run, analyzer: Analyzer, examples: Sequence[Example], source: str, wanted: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """The labels of the run in order; DataError unless they are those of the first and hold those of the rows."""
    if run.recipe.task not in ("single_label", "multi_label"):
        return None
    labels = tuple(sorted(analyzer.outputs.labels))
    if wanted is not None and labels != wanted:
        raise DataError(
            f"{run.folder}: found the labels {', '.join(labels)}, expected those of the first run: "
            f"{', '.join(wanted)}. Compare runs with the same labels"
        )
    LabelMap(analyzer.outputs.labels).check_known(examples, "comparison", source)
    return labels


def _table(runs: Sequence[_Run], answers: Sequence[Answers], source: str, num_texts: int) -> RunTable:
    settings = runs[0].recipe.evaluation
    options: dict[str, Any] = {"resamples": settings.resamples, "level": settings.level, "seed": runs[0].recipe.seed}
    one_label = answers[0].metric == "accuracy"
    rows = [
        _row(run.name, found, answers[0], options, one_label) for run, found in zip(runs[1:], answers[1:], strict=True)
    ]
    adjusted = holm([row.p_value for row in rows])
    return RunTable(
        data=source,
        num_texts=num_texts,
        metric=answers[0].metric,
        test=MCNEMAR if one_label else RANDOMIZATION,
        level=settings.level,
        first=runs[0].name,
        found=with_interval(answers[0], **options),
        rows=tuple(replace(row, p_adjusted=p) for row, p in zip(rows, adjusted, strict=True)),
        warnings=tuple(_learned_from(run, source) for run in runs if _learned_from(run, source)),
    )


def _row(name: str, answers: Answers, first: Answers, options: dict[str, Any], one_label: bool) -> RunRow:
    found = compare_metric(answers, first, **options)
    if not one_label:
        return RunRow(name, found.first, found.difference, found.p_value, found.p_value)
    paired = compare_paired(answers.rows[:, 0], first.rows[:, 0], **options)
    return RunRow(
        name, found.first, found.difference, paired.p_value, paired.p_value, paired.only_first, paired.only_second
    )


def _learned_from(run: _Run, source: str) -> str:
    """What to say where the rows are those that the run has learned from or chosen its epoch by; else nothing."""
    digest, (_, part) = source_sha256(source), locate(source)
    for split in ("train", "dev"):
        own = run.recipe.describe_source(split)
        if digest and own and locate(own)[1] == part and digest == source_sha256(own):
            return f"{run.name}: has these rows as its {split}, so its figure flatters it"
    return ""


def _ends(found: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), found, strict=True))


def _said(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else repr(value)
