"""A smaller model beside its source on the same dev rows: how much it lost, how much smaller and faster it is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from groundswell.analyzer import Analyzer
from groundswell.data.splits import Splits
from groundswell.evaluation.dev_metrics import dev_metrics
from groundswell.evaluation.opinion_metrics import micro_f1, tuples_of
from groundswell.model.outputs import Outputs
from groundswell.recipe import Recipe
from groundswell.results import opinions_of
from groundswell.run_folder import MODEL
from groundswell.training.progress import ProgressBar
from groundswell.types import Example

# One round of timing takes about so long, of which the slower model has most.
SECONDS, ROUNDS, LEAST_TEXTS = 2.0, 3, 16
SMALLER_IS_BETTER = ("mae", "loss")
Report = dict[str, Any]


def compare_models(
    models: tuple[Analyzer, Analyzer], folders: tuple[Path, Path], recipe: Recipe, splits: Mapping[str, Splits],
    bar: ProgressBar,
) -> Report:  # fmt: skip
    """What a source and its smaller model are on the dev rows, as plain values; (before, after) stand in lists.

    {"rows", "heads": {name: {"metric", "value": [x, y], "fall", "agreement", "logits": {"largest", "mean"}}},
     "bytes": [x, y], "texts_per_second": [x, y], "faster", "smaller"}; a single task is the head "". `fall` is how much
    worse the second is; opinions have no logits.
    """
    texts = [example.text for own in splits.values() for example in own.examples["dev"]]
    bar.begin("comparing on dev", 2 * len(texts))
    found = {
        name: _compared(_heads_of(models, name), own.examples["dev"], recipe.alone(name), bar)
        for name, own in splits.items()
    }
    speeds = texts_per_second(models, texts)
    sizes = [model_bytes(folder) for folder in folders]
    return {
        "rows": len(texts),
        "heads": found,
        "bytes": sizes,
        "texts_per_second": [round(speed, 2) for speed in speeds],
        "faster": round(speeds[1] / speeds[0], 3),
        "smaller": round(sizes[0] / sizes[1], 3),
    }


def failures(report: Report, tolerance: float) -> list[str]:
    """What fell by more than is allowed, in words; empty for a model that may be kept."""
    return [
        f"{name}{': ' if name else ''}{found['metric']} on dev went from {found['value'][0]:.4f} to "
        f"{found['value'][1]:.4f}, worse by {found['fall']:.4f}"
        for name, found in report["heads"].items()
        if not found["fall"] <= tolerance + 1e-9  # also where it is not a number
    ]


def texts_per_second(models: Sequence[Analyzer], texts: Sequence[str]) -> list[float]:
    """How many texts each model analyses in a second: the median of three rounds in which they take turns.

    All are given the same texts, as many as the first of them reads in two seconds.
    """
    few = texts[:LEAST_TEXTS]
    seconds = [_seconds(model, few) for model in models for _ in range(2)][1]  # the first round warms up
    count = min(len(texts), max(LEAST_TEXTS, int(SECONDS * len(few) / seconds)))
    rounds = [[_seconds(model, texts[:count]) for model in models] for _ in range(ROUNDS)]
    return [count / statistics.median(taken) for taken in zip(*rounds, strict=True)]


def model_bytes(folder: Path) -> int:
    """What the model of a run takes on disk."""
    return sum(file.stat().st_size for file in (folder / MODEL).rglob("*") if file.is_file())


def _heads_of(models: tuple[Analyzer, Analyzer], name: str) -> tuple[Analyzer, Analyzer]:
    return (models[0].head(name), models[1].head(name)) if name else models


def _compared(models: tuple[Analyzer, Analyzer], dev: Sequence[Example], recipe: Recipe, bar: ProgressBar) -> Report:
    if recipe.task == "opinions":
        return _compared_opinions(models, dev, recipe, bar)
    texts = [example.text for example in dev]
    logits = [model.score(texts, bar.advance) for model in models]
    outputs = [model.outputs for model in models]
    metric = "accuracy" if recipe.training.metric == "loss" else recipe.training.metric
    if recipe.task == "regression" and recipe.training.metric == "loss":
        metric = "mae"
    values = [_metric(metric, own, found, dev) for own, found in zip(outputs, logits, strict=True)]
    answers = [_answers(own, found) for own, found in zip(outputs, logits, strict=True)]
    apart = (logits[0] - logits[1]).abs()
    agreement = None
    if recipe.task != "regression":
        same = answers[0] == answers[1]
        agreement = float((same.all(dim=1) if same.dim() > 1 else same).double().mean())
    return {
        **_fallen(metric, values),
        "agreement": agreement,
        "logits": {"largest": float(apart.max()), "mean": float(apart.mean())},
    }


def _compared_opinions(
    models: tuple[Analyzer, Analyzer], dev: Sequence[Example], recipe: Recipe, bar: ProgressBar
) -> Report:
    elements = recipe.model.opinions.elements
    pairs = [opinions_of(model, dev, recipe, bar.advance) for model in models]
    values = [micro_f1(gold, found, elements) for gold, found in pairs]
    before, after = (tuples_of(found, elements) for _, found in pairs)
    same = [left == right for left, right in zip(before, after, strict=True)]
    return {**_fallen("f1", values), "agreement": sum(same) / len(same), "logits": None}


def _fallen(metric: str, values: Sequence[float]) -> Report:
    fall = values[0] - values[1]
    return {"metric": metric, "value": list(values), "fall": -fall if metric in SMALLER_IS_BETTER else fall}


def _metric(metric: str, outputs: Outputs, logits: Tensor, dev: Sequence[Example]) -> float:
    gold = outputs.targets(dev)
    if outputs.task == "regression":
        wanted, found = outputs.mean + outputs.scale * gold.double(), outputs.values(logits)[:, 0]
        return dev_metrics("regression", wanted.numpy(), found.numpy())[metric]
    if outputs.task == "multi_label":
        # above 0 counts as given there
        given = outputs.given(outputs.values(logits)).double() - 0.5
        return dev_metrics("multi_label", gold.bool().numpy(), given.numpy())[metric]
    return dev_metrics("single_label", gold.numpy(), logits.numpy())[metric]


def _answers(outputs: Outputs, logits: Tensor) -> Tensor:
    values = outputs.values(logits)
    return outputs.given(values) if outputs.task == "multi_label" else values.argmax(dim=1)


def _seconds(model: Analyzer, texts: Sequence[str]) -> float:
    began = time.perf_counter()
    for _ in model.stream(texts):
        pass
    return time.perf_counter() - began
