"""The arithmetic of accuracy, precision, recall and F1, for single and for multi label.

Every metric here depends on the rows only through sums of what each row adds (`label_rows`), and so the same
functions serve a split as it is, (S,), and a thousand resamples of it at once, (R, S).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.integer]
Bools = NDArray[np.bool_]


class LabelCounts(NamedTuple):
    """How often each label was predicted rightly, predicted at all, and there; each (..., C)."""

    hits: Floats
    predicted: Floats
    gold: Floats


class LabelScores(NamedTuple):
    """Precision, recall and F1 of each label, 0-1; each (..., C)."""

    precision: Floats
    recall: Floats
    f1: Floats


def confusion_matrix(gold: Ids, predicted: Ids, num_classes: int) -> NDArray[np.int64]:
    """How many rows of each gold label got each predicted label: (C, C), gold in rows, predicted in columns.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    cells = gold.astype(np.int64) * num_classes + predicted
    return np.bincount(cells, minlength=num_classes * num_classes).reshape(num_classes, num_classes)


def one_hot(label_ids: Ids, num_classes: int) -> Bools:
    """Label ids (N,) as (N, C) bool, one True a row."""
    return np.asarray(label_ids[:, None] == np.arange(num_classes), dtype=np.bool_)


def label_rows(gold: Bools, predicted: Bools) -> Bools:
    """What each row adds to the sums: (N, 3C + 1), hits, predicted and gold of each label, and row wholly right."""
    right = (gold == predicted).all(axis=1, keepdims=True)
    return np.concatenate([gold & predicted, predicted, gold, right], axis=1)


def label_counts(sums: Floats) -> LabelCounts:
    """The counts inside the sums of `label_rows`, (..., 3C + 1)."""
    num_classes = sums.shape[-1] // 3
    hits, predicted, gold = np.split(sums[..., :-1], [num_classes, 2 * num_classes], axis=-1)
    return LabelCounts(hits, predicted, gold)


def accuracy(sums: Floats, num_rows: int) -> Floats:
    """Share of rows that are wholly right, (...); for multi label, where every label of the row is right."""
    return np.asarray(sums[..., -1] / num_rows)


def label_scores(counts: LabelCounts) -> LabelScores:
    """Precision = hits / predicted, recall = hits / gold, F1 = 2PR / (P + R), of each label; 0/0 = 0."""
    return LabelScores(
        precision=_share(counts.hits, counts.predicted),
        recall=_share(counts.hits, counts.gold),
        f1=_share(2 * counts.hits, counts.predicted + counts.gold),  # the same as 2PR / (P + R), without its 0/0
    )


def macro_f1(counts: LabelCounts) -> Floats:
    """Mean of the labels' F1 over the declared label list, (...): a label that never occurs counts with 0."""
    return np.asarray(label_scores(counts).f1.mean(axis=-1))


def weighted_f1(counts: LabelCounts) -> Floats:
    """Mean of the labels' F1, each weighing as much as it has gold rows, (...)."""
    return _share((label_scores(counts).f1 * counts.gold).sum(axis=-1), counts.gold.sum(axis=-1))


def macro_precision(counts: LabelCounts) -> Floats:
    """Mean of the labels' precision over the declared label list, (...); a label never predicted counts with 0."""
    return np.asarray(label_scores(counts).precision.mean(axis=-1))


def macro_recall(counts: LabelCounts) -> Floats:
    """Mean of the labels' recall over the declared label list, (...); of single labels, the balanced accuracy."""
    return np.asarray(label_scores(counts).recall.mean(axis=-1))


def matthews(sums: Floats, num_rows: int) -> Floats:
    """Correlation of single labels, gold and predicted, -1 to 1, of the sums of `label_rows`, (...).

    R_K of Gorodkin 2004 (https://doi.org/10.1016/j.compbiolchem.2004.09.006), for two labels Matthews'
    coefficient; 0 where one side has a single label.
    """
    counts = label_counts(sums)
    shared = num_rows * sums[..., -1] - (counts.predicted * counts.gold).sum(axis=-1)
    spread = [num_rows**2 - (side**2).sum(axis=-1) for side in (counts.predicted, counts.gold)]
    varies = (spread[0] > 0) & (spread[1] > 0)
    scale = np.sqrt(np.where(varies, spread[0], 1.0)) * np.sqrt(np.where(varies, spread[1], 1.0))
    return np.asarray(np.where(varies, shared / scale, 0.0))


def micro_f1(counts: LabelCounts) -> Floats:
    """F1 of all labels' counts taken together, (...); for single label it is the accuracy."""
    return _share(2 * counts.hits.sum(axis=-1), (counts.predicted + counts.gold).sum(axis=-1))


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)
