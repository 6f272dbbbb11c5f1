"""What chooses an epoch: a few metrics of one dev pass, without intervals."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation import classification, regression
from groundswell.evaluation.checks import (
    checked_flags,
    checked_ids,
    checked_values,
    require_finite,
    require_same_shape,
)

Task = Literal["single_label", "multi_label", "regression"]
Array = NDArray[Any]


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
        sums, num_rows = _value_sums(gold, scores), len(scores)
        values = {
            "pearson": regression.pearson(sums, num_rows),
            "mae": regression.mean_absolute_error(sums, num_rows),
            "rmse": regression.root_mean_square_error(sums, num_rows),
        }
    else:
        sums = _label_sums(task, gold, scores)
        counts = classification.label_counts(sums)
        values = {
            "accuracy": classification.accuracy(sums, len(scores)),
            "macro_f1": classification.macro_f1(counts),
            "micro_f1": classification.micro_f1(counts),
        }
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
