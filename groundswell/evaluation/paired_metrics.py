"""How much one model's metric differs from another's on the same texts, with an interval, whatever the task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation import classification, opinion_metrics, regression
from groundswell.evaluation.intervals import bootstrap_intervals
from groundswell.types import Opinion

Array = NDArray[Any]


class Answers(NamedTuple):
    """A model's answers to N texts, as the one metric of its task reads them.

    metric      its name
    rows        (N, S), what each text adds to the sums that the metric depends on
    statistic   sums (R, S) -> metric (R,)
    """

    metric: str
    rows: Array
    statistic: Callable[[Array], Array]


class PairedMetric(NamedTuple):
    """A metric of two models, and the first minus the second; each with low and high end of its interval."""

    metric: str
    first: tuple[float, float, float]
    second: tuple[float, float, float]
    difference: tuple[float, float, float]


def of_one_label(gold: Array, predicted: Array) -> Answers:
    """Accuracy of label ids (N,)."""
    return Answers("accuracy", (gold == predicted)[:, None], lambda sums: np.asarray(sums[:, 0] / len(gold)))


def of_several_labels(gold: Array, predicted: Array) -> Answers:
    """Macro-F1 of flags (N, C)."""
    rows = classification.label_rows(gold, predicted)
    return Answers("macro_f1", rows, lambda sums: classification.macro_f1(classification.label_counts(sums)))


def of_values(gold: Array, predicted: Array) -> Answers:
    """Pearson correlation of numbers (N,)."""
    rows = regression.value_rows(gold, predicted)
    return Answers("pearson", rows, lambda sums: regression.pearson(sums, len(gold)))


def of_opinions(
    gold: Sequence[Sequence[Opinion]], found: Sequence[Sequence[Opinion]], elements: Sequence[opinion_metrics.Element]
) -> Answers:
    """Micro-F1 of whole tuples."""
    rows = opinion_metrics.counts_of(gold, found, elements)
    name = f"{opinion_metrics.name_of(elements)}_f1@span"
    return Answers(name, rows, lambda sums: opinion_metrics.f1_of(sums)[:, 0])


def compare_metric(
    first: Answers, second: Answers, *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> PairedMetric:
    """Both models' metric and its difference; the same texts are drawn for both, so what they share cancels out.

    Raises DataError when the models did not answer the same number of texts, or by another metric.
    """
    if (first.metric, len(first.rows)) != (second.metric, len(second.rows)):
        raise DataError(
            f"paired interval: found {first.metric} of {len(first.rows):,} texts and {second.metric} of "
            f"{len(second.rows):,}, expected the same. Measure both models on the same texts"
        )
    width = first.rows.shape[1]

    def all_three(sums: Array) -> Array:
        values = first.statistic(sums[:, :width]), second.statistic(sums[:, width:])
        return np.stack([*values, values[0] - values[1]], axis=1)

    rows = np.concatenate([first.rows, second.rows], axis=1)
    values = all_three(rows.sum(axis=0, dtype=np.float64)[None])[0].tolist()
    ends = bootstrap_intervals(rows, all_three, resamples=resamples, level=level, seed=seed).tolist()
    of_first, of_second, difference = ((value, low, high) for value, (low, high) in zip(values, ends, strict=True))
    return PairedMetric(first.metric, of_first, of_second, difference)
