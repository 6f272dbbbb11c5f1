"""A run folder and labelled data in, the errors worth reading out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundswell import assembly, run_folder
from groundswell.analyzer import load
from groundswell.data.accounting import Accounting
from groundswell.data.labels import LabelMap
from groundswell.data.splits import read_split, source_sha256
from groundswell.error_analysis import ErrorSettings, error_findings
from groundswell.errors import DataError
from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe
from groundswell.run_folder import read_manifest
from groundswell.training.progress import ProgressBar
from groundswell.types import Example


@dataclass(frozen=True)
class RunErrors:
    """What was found.

    findings   as `error_findings` gives them, with "rows" (the account of the data) and "model"
    notes      whole sentences for a person
    """

    findings: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def find_run_errors(
    run: str | Path,
    source: str,
    *,
    train: str | None = None,
    head: str | None = None,
    overrides: Sequence[str] = (),
    settings: ErrorSettings = ErrorSettings(),  # noqa: B008 - frozen
) -> RunErrors:
    """The errors of a finished run on labelled data; a bar on stderr tells how far it is.

    train       labelled rows the run was trained on; None: those of its recipe, where they can still be read
    head        of a run with several, the one that is asked
    overrides   as for `pipeline.evaluate`, such as `data.text=review`
    """
    folder = Path(run)
    manifest = read_manifest(folder)
    recipe = load_recipe(folder / run_folder.RECIPE, list(overrides))
    analyzer = load(folder, precision=recipe.evaluation.precision)
    if head is not None or analyzer.heads:
        analyzer = analyzer.head(head)
        recipe = recipe.alone(str(head))
    accounting = Accounting("data")
    examples = read_split(source, assembly.split_settings(recipe), accounting)
    if recipe.task == "single_label":
        LabelMap(analyzer.outputs.labels).check_known(examples, "data", source)
    training, notes = _training_examples(folder, manifest, recipe, train, head)
    with ProgressBar() as bar:
        found = error_findings(analyzer, examples, training, settings, on_stage=bar.stage)
    return RunErrors({**found, "rows": accounting.to_dict(), "model": analyzer.name}, notes)


def _training_examples(
    folder: Path, manifest: dict[str, Any], recipe: Recipe, train: str | None, head: str | None
) -> tuple[list[Example], list[str]]:
    """The rows that the run was trained on, as far as they can be had, and what is to be said about them."""
    if train is not None:
        return read_split(train, assembly.split_settings(recipe), Accounting("train")), []
    original = load_recipe(folder / run_folder.RECIPE, ["data.overlap=ignore"])
    try:
        examples = assembly.splits_of(original)[head or ""].examples["train"]
    except DataError as error:
        return [], [f"no nearest training examples: {error} Name the training file with --train"]
    hashes = manifest["data"]["sha256"]
    changed = "train" in hashes and source_sha256(str(original.describe_source("train"))) != hashes["train"]
    note = (
        f"{original.data.train} changed since the run was trained; what is shown as training examples may not be them"
    )
    return examples, [note] if changed else []
