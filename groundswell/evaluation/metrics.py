"""The metrics of one split under the names that `metrics.json` uses, each with its interval.

Score functions take a finished model's values; nothing here chooses an epoch or a threshold. Every gold row counts:
the supports of the labels, and `num_rows`, are those of the data that went in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation import classification, regression
from groundswell.evaluation.checks import (
    checked_flags,
    checked_ids,
    checked_names,
    checked_probabilities,
    checked_values,
    require_same_shape,
)
from groundswell.evaluation.intervals import bootstrap_intervals, studentized_intervals
from groundswell.evaluation.proportions import deviations, wilson
from groundswell.evaluation.ranking import auroc_entry, spearman, spearman_interval
from groundswell.evaluation.resampling import distinct_rows

Array = NDArray[Any]
Scores = dict[str, Any]

_LIMITS = {"pearson": (-1.0, 1.0), "ccc": (-1.0, 1.0), "mae": (0.0, np.inf), "rmse": (0.0, np.inf)}


def score_single_label(  # noqa: PLR0913 - what is measured, and how sure it is to be
    gold: Array, predicted: Array, names: Sequence[str], *, probabilities: Array | None = None, resamples: int = 1000,
    level: float = 0.95, seed: int = 0,
) -> Scores:  # fmt: skip
    """What one label a text is worth, with intervals, per-label scores and the confusion matrix, as plain values.

    gold, predicted   (N,), label ids, 0 to C - 1
    names             C label names; all of them count in macro means, also those that never occur
    probabilities     (N, C), what the labels were chosen by; "auroc" needs them
    returns           {"num_rows", "accuracy": {"value", "low", "high"}, and alike "macro_f1", "weighted_f1",
                      "macro_precision", "macro_recall", "mcc", "auroc",
                      "per_class": {name: {"precision", "recall", "f1", "support", "f1_low", "f1_high"}},
                      "confusion": C lists of C counts, gold in rows}, and "warnings" where a number needs one
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
    options: dict[str, Any] = {"resamples": resamples, "level": level, "seed": seed}
    values, sums = _label_entries(rows, confusion[gold_ids, predicted_ids], _single_label_values, options)
    ranked, warnings = _auroc(classification.one_hot(gold, num_classes), probabilities, names, options)
    return {
        "num_rows": len(gold),
        **values,
        **ranked,
        "per_class": _per_class(sums, names, level),
        "confusion": confusion.tolist(),
        **_warnings(_perfect_warning(values["accuracy"], len(gold)), _mcc_warning(confusion, names), *warnings),
    }


def score_multi_label(  # noqa: PLR0913 - what is measured, and how sure it is to be
    gold: Array, predicted: Array, names: Sequence[str], *, probabilities: Array | None = None, resamples: int = 1000,
    level: float = 0.95, seed: int = 0,
) -> Scores:  # fmt: skip
    """What any number of labels a text are worth, with intervals, and per-label scores, as plain values.

    gold, predicted   (N, C), bool
    names             C label names; all of them count in macro means, also those that never occur
    probabilities     (N, C), of each label for itself; "auroc" needs them
    returns           {"num_rows", "accuracy": {"value", "low", "high"}, and alike "macro_f1", "micro_f1",
                      "weighted_f1", "macro_precision", "macro_recall", "auroc",
                      "per_class": {name: {"precision", "recall", "f1", "support", "f1_low", "f1_high"}}}, and
                      "warnings" where a number needs one; "accuracy" is the share of rows with every label right
    """
    names = checked_names(names)
    gold, predicted = checked_flags("gold", gold, len(names)), checked_flags("predicted", predicted, len(names))
    require_same_shape(gold, predicted)
    options: dict[str, Any] = {"resamples": resamples, "level": level, "seed": seed}
    rows, counts = distinct_rows(classification.label_rows(gold, predicted))
    values, sums = _label_entries(rows, counts, _multi_label_values, options)
    ranked, warnings = _auroc(gold, probabilities, names, options)
    return {
        "num_rows": len(gold),
        **values,
        **ranked,
        "per_class": _per_class(sums, names, level),
        **_warnings(_perfect_warning(values["accuracy"], len(gold)), *warnings),
    }


def score_regression(
    gold: Array, predicted: Array, *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> Scores:
    """Correlations and errors of predicted numbers with intervals, as plain values.

    gold, predicted   (N,), finite numbers
    returns           {"num_rows", "pearson": {"value", "low", "high"}, and alike "spearman", "ccc", "mae", "rmse"},
                      and "warnings" where a number needs one; the correlation with a constant is 0 and warned of
    """
    gold, predicted = checked_values("gold", gold), checked_values("predicted", predicted)
    require_same_shape(gold, predicted)
    options: dict[str, Any] = {"resamples": resamples, "level": level, "seed": seed}
    rows = regression.value_rows(gold, predicted)

    def statistic(sums: Array) -> Array:
        return np.stack(list(_number_values(sums, len(gold)).values()), axis=-1)

    ends = studentized_intervals(rows, statistic, limits=list(_LIMITS.values()), **options)
    found = _with_intervals(_number_values(rows.sum(axis=0), len(gold)), ends)
    ranked = _entry(spearman(gold, predicted), *spearman_interval(gold, predicted, **options))
    return {
        "num_rows": len(gold),
        "pearson": found["pearson"],
        "spearman": ranked,
        "ccc": found["ccc"],
        "mae": found["mae"],
        "rmse": found["rmse"],
        **_warnings(*_constant_warnings(gold, predicted)),
    }


def f1_interval(hits: int, errors: int, level: float) -> tuple[float, float]:
    """Of one label's F1: of the rows that have it on either side a share of s are hits, and F1 = 2 s / (1 + s).

    The interval is that of s by Wilson (Lam, Gopal and Qian 2024, https://arxiv.org/abs/2309.14621). A label that
    neither side has can have any F1.
    """
    share = wilson(hits, hits + errors, deviations(level))
    return 2 * share.low / (1 + share.low), 2 * share.high / (1 + share.high)


def _label_entries(
    rows: Array, counts: Array, values_of: Callable[[Array, int], dict[str, Array]], options: dict[str, Any]
) -> tuple[dict[str, dict[str, float]], Array]:
    """Accuracy and what `values_of` gives, with intervals, and the sums of all rows."""
    num_rows = int(counts.sum())
    sums = counts @ rows.astype(np.float64)

    def statistic(drawn: Array) -> Array:
        return np.stack(list(values_of(drawn, num_rows).values()), axis=-1)

    right = wilson(int(sums[-1]), num_rows, deviations(options["level"]))
    ends = bootstrap_intervals(rows, statistic, counts=counts, **options)
    entries = _with_intervals(values_of(sums, num_rows), ends)
    return {"accuracy": _entry(right.value, right.low, right.high), **entries}, sums


def _single_label_values(sums: Array, num_rows: int) -> dict[str, Array]:
    counts = classification.label_counts(sums)
    return {
        "macro_f1": classification.macro_f1(counts),
        "weighted_f1": classification.weighted_f1(counts),
        "macro_precision": classification.macro_precision(counts),
        "macro_recall": classification.macro_recall(counts),
        "mcc": classification.matthews(sums, num_rows),
    }


def _multi_label_values(sums: Array, num_rows: int) -> dict[str, Array]:
    counts = classification.label_counts(sums)
    return {
        "macro_f1": classification.macro_f1(counts),
        "micro_f1": classification.micro_f1(counts),
        "weighted_f1": classification.weighted_f1(counts),
        "macro_precision": classification.macro_precision(counts),
        "macro_recall": classification.macro_recall(counts),
    }


def _number_values(sums: Array, num_rows: int) -> dict[str, Array]:
    return {
        "pearson": regression.pearson(sums, num_rows),
        "ccc": regression.concordance(sums, num_rows),
        "mae": regression.mean_absolute_error(sums, num_rows),
        "rmse": regression.root_mean_square_error(sums, num_rows),
    }


def _auroc(
    flags: Array, probabilities: Array | None, names: Sequence[str], options: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The entry of the AUROC and warnings; nothing without probabilities or with a single label name."""
    if probabilities is None or len(names) == 1:
        return {}, []
    return auroc_entry(flags, checked_probabilities(probabilities, flags.shape), names, options)


def _entry(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": float(value), "low": float(low), "high": float(high)}


def _with_intervals(values: Mapping[str, Array], intervals: Array) -> dict[str, dict[str, float]]:
    return {name: _entry(float(value), *ends) for (name, value), ends in zip(values.items(), intervals, strict=True)}


def _per_class(sums: Array, names: Sequence[str], level: float) -> dict[str, dict[str, float | int]]:
    """Scores of each label, F1 with the ends of its interval."""
    counts = classification.label_counts(sums)
    scores = classification.label_scores(counts)
    columns = zip(names, scores.precision, scores.recall, scores.f1, counts.gold, *counts[:2], strict=True)
    found: dict[str, dict[str, float | int]] = {}
    for name, precision, recall, f1, support, hits, predicted in columns:
        low, high = f1_interval(int(hits), int(predicted + support - 2 * hits), level)
        found[name] = {
            "precision": float(precision), "recall": float(recall), "f1": float(f1), "support": int(support),
            "f1_low": low, "f1_high": high,
        }  # fmt: skip
    return found


def _warnings(*found: str | None) -> dict[str, list[str]]:
    """The `warnings` entry of a score; none where there is nothing to warn of."""
    warnings = [warning for warning in found if warning]
    return {"warnings": warnings} if warnings else {}


def _perfect_warning(accuracy: Mapping[str, float], num_rows: int) -> str | None:
    """Resamples of rows that are all right are all right too."""
    if accuracy["value"] < 1:
        return None
    return (
        f"all {num_rows:,} rows are right, so resamples show no spread and macro means have no interval; that of the "
        f"accuracy ({accuracy['low']:.3f} to 1) says what so many rows allow"
    )


def _mcc_warning(confusion: Array, names: Sequence[str]) -> str | None:
    for side, counts in (("gold", confusion.sum(axis=1)), ("predicted", confusion.sum(axis=0))):
        if (counts > 0).sum() == 1 and len(names) > 1:
            return f"mcc: every {side} label is {names[int(counts.argmax())]!r}, so it is not defined; reported as 0"
    return None


def _constant_warnings(gold: Array, predicted: Array) -> list[str]:
    return [
        f"pearson, spearman: every {side} value is {values[0]:g}, so the correlation is not defined; reported as 0"
        for side, values in (("gold", gold), ("predicted", predicted))
        if np.ptp(values) == 0
    ]
