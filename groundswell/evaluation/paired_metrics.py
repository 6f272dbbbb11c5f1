"""How much one model's metric differs from another's on the same texts, with an interval, whatever the task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation import classification, opinion_metrics, regression
from groundswell.evaluation.intervals import Statistic, bootstrap_intervals, studentized_intervals
from groundswell.evaluation.proportions import deviations, wilson
from groundswell.evaluation.resampling import MOST_VALUES_AT_ONCE
from groundswell.types import Opinion

Array = NDArray[Any]
Interval = tuple[float, float, float]


class Answers(NamedTuple):
    """A model's answers to N texts, as the one metric of its task reads them.

    metric      its name
    rows        (N, S), what each text adds to the sums that the metric depends on
    statistic   sums (R, S) -> metric (R,)
    bootstrap   as the metric has it in `metrics`: a correlation is studentized
    """

    metric: str
    rows: Array
    statistic: Callable[[Array], Array]
    bootstrap: Literal["bca", "studentized"] = "bca"


class PairedMetric(NamedTuple):
    """A metric of two models, and the first minus the second; each with low and high end of its interval.

    p_value   of the randomization test: how often the difference would be at least as large if the two answers to
              each text were dealt to the models by chance
    """

    metric: str
    first: Interval
    second: Interval
    difference: Interval
    p_value: float


def of_one_label(gold: Array, predicted: Array) -> Answers:
    """Accuracy of label ids (N,)."""
    return Answers("accuracy", (gold == predicted)[:, None], lambda sums: np.asarray(sums[:, 0] / len(gold)))


def of_several_labels(gold: Array, predicted: Array) -> Answers:
    """Macro-F1 of flags (N, C)."""
    rows = classification.label_rows(gold, predicted)
    return Answers("macro_f1", rows, lambda sums: classification.macro_f1(classification.label_counts(sums)))


def of_values(gold: Array, predicted: Array) -> Answers:
    """Pearson correlation of numbers (N,)."""
    rows = regression.value_rows(gold, predicted, one_centre=True)[:, :5]
    return Answers("pearson", rows, lambda sums: regression.pearson(sums, len(gold)), "studentized")


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
    """Both models' metric, its difference, and a test of it.

    The same texts are drawn for both models, so what they share cancels out.

    Raises DataError when the models did not answer the same number of texts, or by another metric.
    """
    if (first.metric, len(first.rows)) != (second.metric, len(second.rows)):
        raise DataError(
            f"paired interval: found {first.metric} of {len(first.rows):,} texts and {second.metric} of "
            f"{len(second.rows):,}, expected the same. Measure both models on the same texts"
        )
    width = first.rows.shape[1]

    def difference(sums: Array) -> Array:
        return first.statistic(sums[:, :width]) - second.statistic(sums[:, width:])

    both = first._replace(rows=np.concatenate([first.rows, second.rows], axis=1), statistic=difference)
    options: dict[str, Any] = {"resamples": resamples, "level": level, "seed": seed}
    p_value = randomization_p(first, second, resamples, seed)
    return PairedMetric(
        first.metric, with_interval(first, **options), with_interval(second, **options),
        _bootstrapped(both, 2.0, options), p_value,
    )  # fmt: skip


def with_interval(answers: Answers, *, resamples: int = 1000, level: float = 0.95, seed: int = 0) -> Interval:
    """One model's metric with low and high end, as in `metrics`."""
    if answers.metric == "accuracy":
        share = wilson(int(answers.rows.sum()), len(answers.rows), deviations(level))
        return share.value, share.low, share.high
    return _bootstrapped(answers, 1.0, {"resamples": resamples, "level": level, "seed": seed})


def _bootstrapped(answers: Answers, limit: float, options: dict[str, Any]) -> Interval:
    statistic: Statistic = lambda sums: answers.statistic(sums)[:, None]  # noqa: E731
    if answers.bootstrap == "studentized":
        ends = studentized_intervals(answers.rows, statistic, limits=[(-limit, limit)], **options)
    else:
        ends = bootstrap_intervals(answers.rows, statistic, **options)
    low, high = ends[0].tolist()
    return float(answers.statistic(answers.rows.sum(axis=0, dtype=np.float64)[None])[0]), low, high


def randomization_p(first: Answers, second: Answers, resamples: int, seed: int) -> float:
    """How often two models differ at least as much when their two answers to each text are dealt to them by chance.

    Two-sided, of approximate randomization (Yeh 2000, https://aclanthology.org/C00-2137).

    The deal that was found counts as one of them, so that p is never 0 (Phipson and Smyth 2010, equation 2,
    https://doi.org/10.2202/1544-6115.1585).
    """
    rows, others = first.rows.astype(np.float64), second.rows.astype(np.float64)
    generator = np.random.default_rng(seed)
    at_once = max(1, MOST_VALUES_AT_ONCE // len(rows))
    sums, other_sums, gains = rows.sum(axis=0), others.sum(axis=0), rows - others
    found = abs(first.statistic(sums[None]) - second.statistic(other_sums[None]))[0]
    as_large = 0
    for start in range(0, resamples, at_once):
        size = (min(at_once, resamples - start), len(rows))
        moved = generator.integers(0, 2, size, dtype=np.int8).astype(np.float64) @ gains
        dealt = first.statistic(sums - moved) - second.statistic(other_sums + moved)
        as_large += int((abs(dealt) >= found - 1e-12).sum())
    return (as_large + 1) / (resamples + 1)
