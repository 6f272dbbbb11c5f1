"""Labels that are probably wrong: confident learning.

Northcutt, Jiang and Chuang 2021, https://arxiv.org/abs/1911.00068. A text's given label is doubted when a model that
has not seen the text gives another label at least the probability it usually gives to texts of that other label.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
_LEVEL = 0.95


class LabelError(NamedTuple):
    """A row whose label is probably wrong.

    suggested     the label that the model finds most probable instead
    probability   0-1, of the suggested label
    margin        probability of the suggested label less that of the given one
    """

    row: int
    given: int
    suggested: int
    probability: float
    margin: float


def confident_joint(probabilities: Floats, labels: Ids) -> NDArray[np.int64]:
    """(C, C): how many rows with given label i are confidently of label j; section 3.1, equations 1 and 2.

    A row counts for the most probable of the labels whose probability reaches the mean probability that the label
    has among the rows that carry it; a row in which no label does counts nowhere.

    probabilities   (N, C), of a model that has not seen the row
    labels          (N,) given label ids

    Raises DataError unless every row has finite probabilities, and every label some row.
    """
    confident = _confident_labels(probabilities, labels)
    num_classes = probabilities.shape[1]
    counted = confident >= 0
    cells = labels[counted] * num_classes + confident[counted]
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def joint_shares(joint: NDArray[np.int64], labels: Ids) -> Floats:
    """(C, C), sum 1: the share of all rows that carry label i and are of label j; equation 3.

    Each row of the confident joint is scaled to the number of rows that carry its label.
    """
    given = np.bincount(labels, minlength=len(joint)).astype(np.float64)
    totals = joint.sum(axis=1, keepdims=True)
    scaled = np.where(totals > 0, joint / np.maximum(totals, 1), np.eye(len(joint))) * given[:, None]
    shares: Floats = scaled / scaled.sum()
    return shares


def likely_label_errors(probabilities: Floats, labels: Ids) -> list[LabelError]:
    """Rows whose label is probably wrong, by falling margin.

    Of the rows with label i that the model would rather call j, those of the largest margin, as many as there may be:
    pruning by noise rate (section 3.2), with the upper 95 % limit of a Poisson count (Garwood 1936) in the place of the
    number of rows that are confidently of label j, scaled to all rows of label i. For 0 that limit is 3.

    `probabilities` and `labels` as for `confident_joint`.
    """
    from scipy.stats import chi2

    joint = confident_joint(probabilities, labels)
    given = np.bincount(labels, minlength=len(joint))
    scale = given / np.maximum(joint.sum(axis=1), 1)
    most = np.ceil(chi2.ppf(_LEVEL, 2 * (joint + 1)) / 2 * scale[:, None])
    suggested = probabilities.argmax(axis=1)
    rows = np.arange(len(labels))
    margins = probabilities[rows, suggested] - probabilities[rows, labels]
    found: list[int] = []
    for label, other in zip(*np.nonzero(most), strict=True):
        doubted = np.flatnonzero((labels == label) & (suggested == other))
        if label != other:
            found += doubted[np.argsort(-margins[doubted], kind="stable")][: int(most[label, other])].tolist()
    found.sort(key=lambda row: -margins[row])
    return [
        LabelError(
            row, int(labels[row]), int(suggested[row]), float(probabilities[row, suggested[row]]), float(margins[row])
        )
        for row in found
    ]


def _confident_labels(probabilities: Floats, labels: Ids) -> Ids:
    """(N,) the label that a row is confidently of; -1 where there is none."""
    _check(probabilities, labels)
    num_classes = probabilities.shape[1]
    given = np.bincount(labels, minlength=num_classes)
    sums = np.bincount(labels, weights=probabilities[np.arange(len(labels)), labels], minlength=num_classes)
    thresholds = sums / given - 1e-9  # a mean of equal numbers can come out above each of them
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    return np.where(reached.max(axis=1) >= 0, reached.argmax(axis=1), -1)


def _check(probabilities: Floats, labels: Ids) -> None:
    if len(probabilities) != len(labels):
        raise DataError(
            f"label errors: found {len(probabilities)} rows of probabilities and {len(labels)} labels, expected as "
            "many of both. Pass those of the same rows"
        )
    bad = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if bad.size:
        raise DataError(
            f"label errors: row {bad[0]}: found nan among the probabilities, expected 0 to 1. Mend the model"
        )
    missing = np.flatnonzero(np.bincount(labels, minlength=probabilities.shape[1]) == 0)
    if missing.size:
        raise DataError(
            f"label errors: label {missing[0]}: found no row that carries it, expected one. Leave its column out"
        )
