"""What a finished training leaves for people and programs: metrics, report, manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from groundswell import run_folder, runtime
from groundswell.analyzer import Analyzer
from groundswell.data.findings import counted
from groundswell.data.opinion_targets import aspects_of, gold_of
from groundswell.data.splits import Splits
from groundswell.evaluation import metrics, slices
from groundswell.evaluation.mistakes import confident_mistakes
from groundswell.evaluation.opinion_metrics import Element, counts_of, name_of, score_opinions, tuples_of
from groundswell.model.base_models import hub_name
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedModel
from groundswell.recipe import Recipe
from groundswell.run_calibration import calibration_metrics
from groundswell.run_report import write_pages
from groundswell.text.language import count_languages
from groundswell.training.loop import History
from groundswell.tuning.trainable import Parameters
from groundswell.types import Example, Opinion, Span

SHOWN_MISTAKES = 8
Opinions = Sequence[Sequence[Opinion]]


@dataclass(frozen=True)
class Measured:
    """Metrics of one split, and the most confident mistakes in it.

    probabilities   (N, C) of a task with single labels
    """

    scores: dict[str, Any]
    mistakes: list[dict[str, Any]]
    probabilities: NDArray[np.float64] | None = None


MeasuredHeads = Mapping[str, Mapping[str, Measured]]  # of each split, by head; a single task is the head ""


def measure(
    analyzer: Analyzer,
    examples: Sequence[Example],
    recipe: Recipe,
    on_batch: Callable[[int], None] = lambda texts: None,
    fitted_logits: torch.Tensor | None = None,
) -> Measured:
    """Metrics with intervals of labelled examples; every example counts, blank ones too.

    fitted_logits   (N, C), what the model was calibrated on, when these are the examples that it was calibrated on
    """
    options: dict[str, Any] = {
        "resamples": recipe.evaluation.resamples,
        "level": recipe.evaluation.level,
        "seed": recipe.seed,
    }
    if recipe.task == "opinions":
        return _measure_opinions(analyzer, examples, recipe, options, on_batch)
    outputs, by, logits = analyzer.outputs, recipe.evaluation.slices, fitted_logits
    if logits is None:
        logits = analyzer.score([example.text for example in examples], on_batch)
    else:
        on_batch(len(examples))
    gold, values = outputs.targets(examples), outputs.values(logits)
    if outputs.task == "regression":
        scores, metric = _measure_values(outputs, gold, values, options)
        return Measured(slices.with_slices(scores, by, examples, metric), [])
    if outputs.task == "multi_label":
        scores, metric = _measure_label_sets(outputs, gold, values, options)
        return Measured(slices.with_slices(scores, by, examples, metric), [])
    predicted = values.argmax(dim=1)
    scores = metrics.score_single_label(
        gold.numpy(), predicted.numpy(), outputs.labels, probabilities=values.numpy(), **options
    )
    scores["calibration"] = calibration_metrics(
        analyzer, examples, logits, options, fitted_here=fitted_logits is not None
    )
    metric = slices.accuracy_of((gold == predicted).numpy(), options)
    mistakes = _mistakes(examples, gold, predicted, values, outputs)
    return Measured(slices.with_slices(scores, by, examples, metric), mistakes, values.numpy())


def _measure_values(
    outputs: Outputs, gold: torch.Tensor, values: torch.Tensor, options: dict[str, Any]
) -> tuple[dict[str, Any], slices.SliceMetric]:
    """Metrics of a regression, and the one of slices."""
    gold_values, found = (outputs.mean + outputs.scale * gold.double()).numpy(), values[:, 0].numpy()
    return metrics.score_regression(gold_values, found, **options), slices.error_of(abs(found - gold_values), options)


def _measure_label_sets(
    outputs: Outputs, gold: torch.Tensor, values: torch.Tensor, options: dict[str, Any]
) -> tuple[dict[str, Any], slices.SliceMetric]:
    """Metrics of several labels to a text, and the one of slices."""
    gold_flags, flags = gold.bool().numpy(), outputs.given(values).numpy()
    scores = metrics.score_multi_label(gold_flags, flags, outputs.labels, probabilities=values.numpy(), **options)
    counts = np.stack([side.sum(axis=1) for side in (gold_flags & flags, flags, gold_flags)], axis=1)
    return scores, slices.micro_f1_of(counts, "micro_f1", options)


def _measure_opinions(
    analyzer: Analyzer, examples: Sequence[Example], recipe: Recipe, options: dict[str, Any],
    on_batch: Callable[[int], None],
) -> Measured:  # fmt: skip
    gold, found = opinions_of(analyzer, examples, recipe, on_batch)
    elements = recipe.model.opinions.elements
    scores = score_opinions(gold, found, elements, **options)
    if recipe.model.opinions.finder == "given":
        left_out = sum(len(example.opinions or ()) for example in examples) - sum(map(len, gold))
        warning = (
            "aspects were given, not found: these figures are of polarities alone, and "
            + counted(left_out, "gold opinion without an aspect is", "gold opinions without an aspect are")
            + " left out; do not compare them with figures of found aspects"
        )
        scores["warnings"] = [*scores.get("warnings", ()), warning]
    metric = slices.micro_f1_of(counts_of(gold, found, elements), f"{name_of(elements)}_f1@span", options)
    scores = slices.with_slices(scores, slices.of_texts(recipe.evaluation.slices), examples, metric)
    return Measured(scores, _wrong_opinions(examples, gold, found, elements))


def opinions_of(
    analyzer: Analyzer,
    examples: Sequence[Example],
    recipe: Recipe,
    on_batch: Callable[[int], None] = lambda texts: None,
) -> tuple[Opinions, Opinions]:
    """The gold opinions that the recipe's model can be asked for, and those that it finds."""
    is_given = recipe.model.opinions.finder == "given"
    given = [aspects_of(example) for example in examples] if is_given else None
    found = analyzer.opinions([example.text for example in examples], given, on_batch)
    return [gold_of(example, given=is_given) for example in examples], found


def _wrong_opinions(
    examples: Sequence[Example], gold: Opinions, found: Opinions, elements: Sequence[Element]
) -> list[dict[str, Any]]:
    """The most confident opinions that are not gold, at most one of each text."""
    mistakes: list[dict[str, Any]] = []
    for example, wanted, opinions, right in zip(examples, gold, found, tuples_of(gold, elements), strict=True):
        wrong = [one for one in opinions if not tuples_of([[one]], elements)[0] <= right]
        if wrong:
            worst = max(wrong, key=lambda one: one.score)
            named = [_in_words(one, elements) for one in wanted] or ["no opinion"]
            mistakes.append(
                {
                    "text": example.text,
                    "id": example.id,
                    "row": example.row,
                    "gold": "; ".join(named),
                    "predicted": _in_words(worst, elements),
                    "confidence": worst.score,
                }
            )
    return sorted(mistakes, key=lambda mistake: -float(mistake["confidence"]))[:SHOWN_MISTAKES]


def _in_words(opinion: Opinion, elements: Sequence[Element]) -> str:
    parts = (getattr(opinion, element) for element in elements)
    return " · ".join(part.text if isinstance(part, Span) else str(part or "implicit") for part in parts)


@dataclass(frozen=True)
class Fitted:
    """What a training gives.

    names         of everything the model can answer with
    base_sha256   of the pretrained weights or the learned vocabulary; None when there is neither
    precision     of the arithmetic while training
    export        makes the model that is saved; None where that is done already
    notes         whole sentences for a person, about what was trained on
    cost          what the training was to need and what it took, see `run_cost`; empty without a loop
    """

    names: tuple[str, ...]
    history: History
    parameters: Parameters
    base_sha256: str | None
    precision: str
    export: Callable[[], SavedModel] | None = None
    notes: tuple[str, ...] = ()
    cost: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FinishedRun:
    """Everything the files of a run folder are written from.

    seconds   of the whole run
    texts     some that were trained on, which tell the languages
    """

    recipe: Recipe
    splits: Splits
    fitted: Fitted
    seconds: float
    texts: Sequence[str] = ()


def write_results(
    folder: Path, run: FinishedRun, measured: MeasuredHeads, findings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write metrics.json, findings.json, report.html, README.md and, last of all, manifest.json; returns the metrics.

    findings   what was found out beside the metrics; confident mistakes are added where they hold none
    """
    found: dict[str, Any] = {split: _scores(heads) for split, heads in measured.items()}
    found["parameters"] = {"trainable": run.fitted.parameters.trainable, "total": run.fitted.parameters.total}
    found["seconds"] = {"training": round(run.fitted.history.seconds, 2), "whole_run": round(run.seconds, 2)}
    found["cost"] = run.fitted.cost
    found["best_epoch"] = run.fitted.history.best_epoch
    run_folder.write_json(folder / run_folder.METRICS, found)
    rejected = [{"split": split, **row} for split, account in run.splits.accounting.items() for row in account.rejected]
    if rejected:
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rejected)
        run_folder.write_text(folder / run_folder.REJECTED, lines)
    run_folder.write_json(folder / run_folder.FINDINGS, {**_confident(measured), **(findings or {})})
    write_pages(folder, _manifest(folder, run, run_folder.hash_files(folder)))
    return found


def _confident(measured: MeasuredHeads) -> dict[str, Any]:
    """The most confident mistakes of the split that counts most, as findings.json has them."""
    split = "test" if "test" in measured else "dev"
    mistakes = [row for part in measured[split].values() for row in part.mistakes]
    mistakes.sort(key=lambda row: -float(row["confidence"]))
    return {"split": split, "errors": {"confident": mistakes}} if mistakes else {}


def _scores(heads: Mapping[str, Measured]) -> dict[str, Any]:
    """The scores of a single task, or of each head under its name."""
    return heads[""].scores if "" in heads else {name: part.scores for name, part in heads.items()}


def _manifest(folder: Path, run: FinishedRun, files: dict[str, str]) -> dict[str, Any]:
    kept = [f"{name} {digest}\n" for name, digest in sorted(files.items()) if name.endswith(".safetensors")]
    weights = hashlib.sha256("".join(kept).encode()).hexdigest()
    is_new = run.recipe.model.is_from_scratch or run.recipe.model.is_baseline
    return {
        "model": f"{folder.name} {runtime.versions()['groundswell']} sha256:{weights[:12]}",
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "task": run.recipe.task,
        "seed": run.recipe.seed,
        "data": {
            "sha256": run.splits.hashes,
            "languages": count_languages(run.texts),
            "rows": {split: account.to_dict() for split, account in run.splits.accounting.items()},
            "shared_between_splits": run.splits.leakage,
        },
        "base_model": {
            "name": run.recipe.model.encoder,
            "hub": None if is_new else hub_name(run.recipe.model.encoder),
            "sha256": run.fitted.base_sha256,
        },
        "tokenizer_sha256": files.get(f"{run_folder.MODEL}/tokenizer.json")
        or files.get(f"{run_folder.MODEL}/vocabulary.json")
        or files.get(f"{run_folder.MODEL}/features.json"),
        "label_map": {
            "names": list(run.fitted.names),
            "sha256": run.splits.label_map and run.splits.label_map.sha256(),
        },
        "parameters": vars(run.fitted.parameters),
        "training": _training(run.fitted),
        "measured_in": run.recipe.evaluation.precision,
        "warnings": list(run.splits.warnings),
        "versions": runtime.versions(),
        "commit": runtime.commit(),
        "hardware": runtime.hardware(),
        "files": files,
    }


def _training(fitted: Fitted) -> dict[str, Any]:
    """How the training went."""
    return {
        "precision": fitted.precision,
        "steps": fitted.history.steps,
        "items": fitted.history.items,
        "best_epoch": fitted.history.best_epoch,
        "resumed_at_step": fitted.history.resumed_at,
        "seconds": round(fitted.history.seconds, 2),
        "cost": fitted.cost,
    }


def _mistakes(
    examples: Sequence[Example], gold: torch.Tensor, predicted: torch.Tensor, values: torch.Tensor, outputs: Outputs
) -> list[dict[str, Any]]:
    confidence = values.max(dim=1).values
    return [
        {
            "text": examples[row].text,
            "id": examples[row].id,
            "row": examples[row].row,
            "gold": outputs.labels[int(gold[row])],
            "predicted": outputs.labels[int(predicted[row])],
            "confidence": float(confidence[row]),
        }
        for row in confident_mistakes(gold.numpy(), values.numpy())[:SHOWN_MISTAKES]
    ]
