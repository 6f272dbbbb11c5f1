"""The metrics of one split under the names that `metrics.json` uses, each with its interval.

Score functions take a finished model's values; nothing here chooses an epoch or a threshold. Every gold row counts:
the supports of the labels, and `num_rows`, are those of the data that went in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation import classification, regression
from groundswell.evaluation.checks import (
    checked_flags,
    checked_ids,
    checked_names,
    checked_values,
    require_finite,
    require_same_shape,
)
from groundswell.evaluation.intervals import bootstrap_intervals

Task = Literal["single_label", "multi_label", "regression"]
Array = NDArray[Any]
Scores = dict[str, Any]


def score_single_label(
    gold: Array, predicted: Array, names: Sequence[str], *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> Scores:
    """Accuracy and macro-F1 with intervals, per-label scores and the confusion matrix, as plain values.

    gold, predicted   (N,), label ids, 0 to C - 1
    names             C label names; all of them count in macro-F1, also those that never occur
    returns           {"num_rows", "accuracy": {"value", "low", "high"}, "macro_f1": {...},
                      "per_class": {name: {"precision", "recall", "f1", "support"}}, "confusion": C lists of C counts,
                      gold in rows}, and "warnings" where a number needs one
    """
    names = checked_names(names)
    num_classes = len(names)
    gold, predicted = checked_ids("gold", gold, num_classes), checked_ids("predicted", predicted, num_classes)
    require_same_shape(gold, predicted)
    confusion = classification.confusion_matrix(gold, predicted, num_classes)
    gold_ids, predicted_ids = np.nonzero(confusion)  # rows of one cell are alike: draw cells, not rows
    rows = classification.label_rows(
        classification.one_hot(gold_ids, num_classes), classification.one_hot(predicted_ids, num_classes)
    )
    cells = confusion[gold_ids, predicted_ids]
    sums = cells @ rows.astype(np.float64)
    intervals = bootstrap_intervals(
        rows, _label_statistic(len(gold)), counts=cells, resamples=resamples, level=level, seed=seed
    )
    values = _with_intervals(_label_values(sums, len(gold)), intervals)
    return {
        "num_rows": len(gold),
        "accuracy": values["accuracy"],
        "macro_f1": values["macro_f1"],
        "per_class": _per_class(sums, names),
        "confusion": confusion.tolist(),
        **_warnings(_perfect_warning(values["accuracy"], len(gold), level)),
    }


def score_multi_label(
    gold: Array, predicted: Array, names: Sequence[str], *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> Scores:
    """Subset accuracy, macro-F1 and micro-F1 with intervals, and per-label scores, as plain values.

    gold, predicted   (N, C), bool
    names             C label names; all of them count in macro-F1, also those that never occur
    returns           {"num_rows", "accuracy": {"value", "low", "high"}, "macro_f1": {...}, "micro_f1": {...},
                      "per_class": {name: {"precision", "recall", "f1", "support"}}}, and "warnings" where a number
                      needs one; "accuracy" is the share of rows with every label right
    """
    names = checked_names(names)
    gold, predicted = checked_flags("gold", gold, len(names)), checked_flags("predicted", predicted, len(names))
    require_same_shape(gold, predicted)
    rows = classification.label_rows(gold, predicted)
    sums = rows.sum(axis=0, dtype=np.float64)
    intervals = bootstrap_intervals(rows, _label_statistic(len(gold)), resamples=resamples, level=level, seed=seed)
    values = _with_intervals(_label_values(sums, len(gold)), intervals)
    return {
        "num_rows": len(gold),
        **values,
        "per_class": _per_class(sums, names),
        **_warnings(_perfect_warning(values["accuracy"], len(gold), level)),
    }


def score_regression(
    gold: Array, predicted: Array, *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> Scores:
    """Pearson correlation, mean absolute and root mean square error with intervals, as plain values.

    gold, predicted   (N,), finite numbers
    returns           {"num_rows", "pearson": {"value", "low", "high"}, "mae": {...}, "rmse": {...}}, and "warnings"
                      where a number needs one; the correlation with a constant is 0 and warned of
    """
    gold, predicted = checked_values("gold", gold), checked_values("predicted", predicted)
    require_same_shape(gold, predicted)
    rows = regression.value_rows(gold, predicted)

    def statistic(sums: Array) -> Array:
        return np.stack(list(_number_values(sums, len(gold)).values()), axis=-1)

    intervals = bootstrap_intervals(rows, statistic, resamples=resamples, level=level, seed=seed)
    values = _with_intervals(_number_values(rows.sum(axis=0), len(gold)), intervals)
    return {"num_rows": len(gold), **values, **_warnings(*_constant_warnings(gold, predicted))}


def dev_metrics(task: Task, gold: Array, scores: Array) -> dict[str, float]:
    """The metrics of one dev pass, without intervals; quick enough for every epoch.

    single_label   gold (N,) label ids, scores (N, C) logits, the highest wins -> accuracy, macro_f1, micro_f1
    multi_label    gold (N, C) bool, scores (N, C) logits, above 0 counts as predicted -> the same names
    regression     gold (N,), scores (N,) -> pearson, mae, rmse

    >>> dev_metrics("single_label", np.array([0, 1]), np.array([[2.0, 1.0], [0.5, 0.1]]))["accuracy"]
    0.5
    """
    scores = np.asarray(scores)
    require_finite("scores", scores)
    if task == "regression":
        values = _number_values(_value_sums(gold, scores), len(scores))
    else:
        values = _label_values(_label_sums(task, gold, scores), len(scores))
    return {name: float(value) for name, value in values.items()}


def _value_sums(gold: Array, scores: Array) -> Array:
    gold_values, predicted_values = checked_values("gold", gold), checked_values("scores", scores)
    require_same_shape(gold_values, predicted_values)
    return np.asarray(regression.value_rows(gold_values, predicted_values).sum(axis=0))


def _label_sums(task: Task, gold: Array, scores: Array) -> Array:
    if scores.ndim != 2:
        raise DataError(f"scores: found an array of shape {scores.shape}, expected (rows, labels). Pass the logits")
    num_classes = scores.shape[1]
    if task == "single_label":
        gold_flags = classification.one_hot(checked_ids("gold", gold, num_classes), num_classes)
        predicted_flags = classification.one_hot(scores.argmax(axis=1), num_classes)
    else:
        gold_flags, predicted_flags = checked_flags("gold", gold, num_classes), scores > 0
    require_same_shape(gold_flags, predicted_flags)
    return np.asarray(classification.label_rows(gold_flags, predicted_flags).sum(axis=0, dtype=np.float64))


def _label_values(sums: Array, num_rows: int) -> dict[str, Array]:
    counts = classification.label_counts(sums)
    return {
        "accuracy": classification.accuracy(sums, num_rows),
        "macro_f1": classification.macro_f1(counts),
        "micro_f1": classification.micro_f1(counts),
    }


def _number_values(sums: Array, num_rows: int) -> dict[str, Array]:
    return {
        "pearson": regression.pearson(sums, num_rows),
        "mae": regression.mean_absolute_error(sums, num_rows),
        "rmse": regression.root_mean_square_error(sums, num_rows),
    }


def _label_statistic(num_rows: int) -> Callable[[Array], Array]:
    return lambda sums: np.stack(list(_label_values(sums, num_rows).values()), axis=-1)


def _with_intervals(values: Mapping[str, Array], intervals: Array) -> dict[str, dict[str, float]]:
    return {
        name: {"value": float(value), "low": float(low), "high": float(high)}
        for (name, value), (low, high) in zip(values.items(), intervals, strict=True)
    }


def _per_class(sums: Array, names: Sequence[str]) -> dict[str, dict[str, float | int]]:
    counts = classification.label_counts(sums)
    scores = classification.label_scores(counts)
    columns = zip(names, scores.precision, scores.recall, scores.f1, counts.gold, strict=True)
    return {
        name: {"precision": float(precision), "recall": float(recall), "f1": float(f1), "support": int(support)}
        for name, precision, recall, f1, support in columns
    }


def _warnings(*found: str | None) -> dict[str, list[str]]:
    """The `warnings` entry of a score; none where there is nothing to warn of."""
    warnings = [warning for warning in found if warning]
    return {"warnings": warnings} if warnings else {}


def _perfect_warning(accuracy: Mapping[str, float], num_rows: int, level: float) -> str | None:
    """Resamples of rows that are all right are all right too: say what the rows still allow (Clopper-Pearson)."""
    if accuracy["value"] < 1:
        return None
    lowest = ((1 - level) / 2) ** (1 / num_rows)
    return (
        f"accuracy: all {num_rows:,} rows are right, so the resamples show no spread; "
        f"that many rows leave room for a true accuracy down to {lowest:.3f} (exact {level:.0%} interval)"
    )


def _constant_warnings(gold: Array, predicted: Array) -> list[str]:
    return [
        f"pearson: every {side} value is {values[0]:g}, so the correlation is not defined; reported as 0"
        for side, values in (("gold", gold), ("predicted", predicted))
        if np.ptp(values) == 0
    ]
