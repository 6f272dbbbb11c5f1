"""A recipe in, a run folder out: composes the stages."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from accelerate.utils import DistributedDataParallelKwargs, broadcast_object_list
from torch import Tensor

from groundswell import assembly, run_folder, runtime
from groundswell.analyzer import Analyzer, load
from groundswell.baselines import fit_baseline
from groundswell.data.accounting import Accounting
from groundswell.data.head_splits import join_splits
from groundswell.data.labels import LabelMap
from groundswell.data.splits import Splits, load_splits, read_split
from groundswell.domain_stage import adapted
from groundswell.errors import GroundswellError
from groundswell.findings import gather_findings
from groundswell.language_run import run_language_model
from groundswell.model.saved_model import save_model
from groundswell.networks import fit_network, untuned_network
from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe, recipe_from_values
from groundswell.results import FinishedRun, Fitted, Measured, measure, write_results
from groundswell.run_calibration import calibrate
from groundswell.run_folder import read_manifest
from groundswell.run_naming import claim_folder, claim_free_folder, give_back
from groundswell.run_place import Place, Precision
from groundswell.training.checkpoints import CheckpointFolder
from groundswell.training.launch import settle
from groundswell.training.progress import ProgressBar
from groundswell.training.trackers import check_trackers


@dataclass(frozen=True)
class Run:
    """A finished training.

    folder    the run folder
    metrics   what metrics.json holds: per split the metrics with intervals, parameters, seconds, best epoch;
              empty in every process but the first
    history   one row per epoch: epoch, loss, seconds, dev metrics
    rows      one line per split: rows read, kept, cut and dropped
    """

    folder: Path
    metrics: dict[str, Any]
    history: list[dict[str, Any]]
    rows: tuple[str, ...]
    warnings: tuple[str, ...]


def train(
    recipe: Recipe | str | Path | dict[str, Any],
    *,
    name: str | None = None,
    default_name: str | None = None,
    resume: bool = False,
    progress: bool | None = None,
    **sections: Any,
) -> Run:
    """The finished run of a recipe (a Recipe, a YAML file, or a dictionary).

    name       of the run folder; default `output.name`. Without either the run is called `default_name`, else after
               the recipe's file, with a number behind it when that is taken
    resume     go on with the unfinished run of this name (the newest one), exactly where it was
    progress   a bar on stderr; default: when stderr is a terminal
    sections   replace keys of the recipe: `data={"train": "reviews.csv"}, seed=1`

    Raises RecipeError, DataError, BaseModelError or RunFolderError before anything is trained, TrainingError after.
    """
    began = time.monotonic()
    resolved, stem = _resolve(recipe, sections)
    check_trackers(resolved.training.trackers)
    accelerator, precision, notes = make_accelerator(resolved)
    folder = _claim(resolved, name, default_name or stem, resume) if accelerator.is_main_process else Path()
    folder = broadcast_object_list([folder])[0]
    bar = ProgressBar(progress if accelerator.is_main_process else False)
    runtime.forget_peak(accelerator.device)
    place = Place(folder, resume, accelerator, precision, bar, notes, runtime.resident_bytes())
    try:
        splits, fitted, metrics = _run(resolved, place, began)
    except GroundswellError:
        if accelerator.is_main_process and not resume:
            give_back(folder)
        raise
    accelerator.wait_for_everyone()
    accelerator.end_training()
    rows = (*(account.line() for account in splits.accounting.values()), *fitted.notes) if metrics else ()
    return Run(folder, metrics, fitted.history.epochs, rows, tuple(splits.warnings) if metrics else ())


def _run(recipe: Recipe, place: Place, began: float) -> tuple[Splits, Fitted, dict[str, Any]]:
    """Data read, model trained, everything written; the metrics are empty in every process but the first."""
    runtime.seed_everything(recipe.seed)
    with place.bar as bar:
        if place.accelerator.device.type == "cpu" and (busy := runtime.busy_warning()):
            bar.say(f"warning: {busy}")
        if recipe.task == "language_model":
            return run_language_model(recipe, place, began)
        splits = assembly.splits_of(recipe)
        fitted = _fit(adapted(recipe, splits, place), splits, place)
        metrics = {}
        if place.accelerator.is_main_process:
            metrics = finish(place.folder, recipe, splits, fitted, bar, began)
    return join_splits(splits), fitted, metrics


def evaluate(
    run: str | Path,
    source: str,
    *,
    head: str | None = None,
    overrides: list[str] | None = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Metrics with intervals of a finished run on labelled data, and what became of each row.

    head        of a run with several, the one that is measured
    overrides   `data.text=review`, `data.label=stars`, `data.labels.1=positive`, `evaluation.resamples=2000` …
    """
    folder = Path(run)
    read_manifest(folder)
    recipe = load_recipe(folder / run_folder.RECIPE, overrides or [])
    analyzer = load(folder, precision=recipe.evaluation.precision)
    if head is not None or analyzer.heads:
        analyzer = analyzer.head(head)
        recipe = recipe.alone(str(head))
    accounting = Accounting("evaluation")
    settings = assembly.split_settings(recipe)
    examples = read_split(source, settings, accounting, keep_blank=True)
    if recipe.task in ("single_label", "multi_label"):
        LabelMap(analyzer.outputs.labels).check_known(examples, "evaluation", source)
    with ProgressBar(progress) as bar:
        bar.begin("evaluating", len(examples))
        measured = measure(analyzer, examples, recipe, bar.advance)
    return {**measured.scores, "rows": accounting.to_dict(), "model": analyzer.name}


def untuned_analyzer(recipe: Recipe) -> Analyzer:
    """The recipe's model before any training: the pretrained encoder under a random head."""
    runtime.seed_everything(recipe.seed)
    splits = load_splits(assembly.split_settings(recipe))
    return Analyzer(untuned_network(recipe, splits, assembly.outputs_of(recipe, splits)), "untuned")


def _fit(recipe: Recipe, splits: Mapping[str, Splits], place: Place) -> Fitted:
    """What the recipe's kind of training gives."""
    if recipe.model.is_baseline:
        return fit_baseline(recipe, splits[""], assembly.outputs_of(recipe, splits[""]))
    return fit_network(recipe, splits, place)


def finish(
    folder: Path, recipe: Recipe, splits: Mapping[str, Splits], fitted: Fitted, bar: ProgressBar, began: float
) -> dict[str, Any]:
    """Save the model, measure what was saved, write the files that make the run finished; returns the metrics."""
    assert fitted.export is not None  # a language model is saved by its own run
    saved, dev_logits = calibrate(fitted.export(), recipe, splits, bar)
    with run_folder.whole_folder(folder / run_folder.MODEL) as aside:
        save_model(saved, aside)
    analyzer = Analyzer(saved, folder.name, precision=recipe.evaluation.precision)
    measured = _measure_splits(analyzer, recipe, splits, bar, dev_logits)
    findings = gather_findings(analyzer, splits, recipe, measured, bar)
    texts = [example.text for own in splits.values() for example in own.examples["train"]]
    finished = FinishedRun(recipe, join_splits(splits), fitted, time.monotonic() - began, texts)
    metrics = write_results(folder, finished, measured, findings)
    CheckpointFolder(folder / run_folder.CHECKPOINTS, {}).clear()
    return metrics


def _measure_splits(
    analyzer: Analyzer, recipe: Recipe, splits: Mapping[str, Splits], bar: ProgressBar, dev_logits: Mapping[str, Tensor]
) -> dict[str, dict[str, Measured]]:
    """What each head reaches on each split; a single task is the head "". `dev_logits`: that it was calibrated on."""
    measured: dict[str, dict[str, Measured]] = {}
    for head, own in splits.items():
        measuring = analyzer.head(head) if head else analyzer
        for split in ("dev", "test"):
            if split in own.examples:
                bar.begin(f"measuring {head} on {split}".replace("  ", " "), len(own.examples[split]))
                fitted_logits = dev_logits.get(head) if split == "dev" else None
                found = measure(measuring, own.examples[split], recipe.alone(head), bar.advance, fitted_logits)
                measured.setdefault(split, {})[head] = found
    return measured


def _resolve(recipe: Recipe | str | Path | dict[str, Any], sections: dict[str, Any]) -> tuple[Recipe, str]:
    """The recipe with the given keys replaced, and the name it goes by."""
    stem = Path(recipe).stem if isinstance(recipe, str | Path) else "run"
    if isinstance(recipe, Recipe) and not sections:
        return recipe, stem
    if isinstance(recipe, str | Path):
        recipe = load_recipe(recipe)
    values: dict[str, Any] = (
        json.loads(recipe.model_dump_json(exclude_unset=True)) if isinstance(recipe, Recipe) else recipe
    )
    merged = dict(values)
    for section, given in sections.items():
        old = merged.get(section)
        merged[section] = {**old, **given} if isinstance(old, dict) and isinstance(given, dict) else given
    return recipe_from_values(merged, "recipe"), stem


def _claim(recipe: Recipe, name: str | None, default_name: str, resume: bool) -> Path:
    runs, asked_for = Path(recipe.output.folder), name or recipe.output.name
    if asked_for is not None:
        return claim_folder(runs / asked_for, recipe.to_yaml(), resume=resume)
    return claim_free_folder(runs, default_name, recipe.to_yaml(), resume=resume)


def make_accelerator(recipe: Recipe) -> tuple[Accelerator, Precision, tuple[str, ...]]:
    """The accelerator of this run, the precision it trains in, and what is to be said about both."""
    device = runtime.pick_device()
    precision = runtime.pick_precision(recipe.training.precision, device)
    notes = settle(assembly.launch_values(recipe, precision))
    if AcceleratorState._shared_state and AcceleratorState().num_processes == 1:
        # A second run in one process may want another precision; the state of the first would refuse it.
        AcceleratorState._reset_state(True)
        GradientState._reset_state()
    # A batch moves the weights of its own head only; the other heads' must not be waited for.
    unused = DistributedDataParallelKwargs(find_unused_parameters=True)
    accelerator = Accelerator(
        kwargs_handlers=[unused] if recipe.heads else None,
        mixed_precision="bf16" if precision == "bfloat16" else "no",
        cpu=device.type == "cpu",
        log_with=list(recipe.training.trackers) or None,
        project_dir=recipe.output.folder,
    )
    if recipe.training.trackers:
        accelerator.init_trackers("groundswell", config={"recipe": recipe.to_yaml()})
    return accelerator, precision, notes
