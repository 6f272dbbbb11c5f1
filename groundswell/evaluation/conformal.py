"""Sets of labels that hold the right one as often as promised: split conformal prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.proportions import wilson
from groundswell.model.served_calibration import conformal_rank

Array = NDArray[Any]
Floats = NDArray[np.float64]


class Promise(NamedTuple):
    """What a coverage asks of a label: a probability of at least `lowest`, one for all rows or (N,) one for each.

    threshold   the one that is used for new texts
    """

    coverage: float
    threshold: float
    lowest: float | Floats


def lowest_probabilities(of_gold: Floats, coverages: Sequence[float]) -> list[float | None]:
    """The probability from which on a label belongs to a text's set; None where there are too few rows for a coverage.

    Least ambiguous sets (Sadinle, Lei and Wasserman 2019, https://arxiv.org/abs/1609.00451): with the score
    1 - p(label), the threshold is the k-th smallest score of n held-out rows, k = ceil((n + 1) coverage). A new row of
    the same kind then has its label in its set with a chance of at least `coverage`, whatever the model, and of at most
    1 / (n + 1) more when no scores are equal.

    of_gold   (N,), the probability that the model gives to the right label of each row

    >>> lowest_probabilities(np.array([0.9, 0.8, 0.3, 0.6]), [0.6, 0.8, 0.9])
    [0.6, 0.3, None]
    """
    falling = np.sort(of_gold)[::-1]
    ranks = [conformal_rank(len(falling), coverage) for coverage in coverages]
    return [float(falling[rank - 1]) if rank <= len(falling) else None for rank in ranks]


def prediction_sets(probabilities: Floats, lowest: float | Floats) -> NDArray[np.bool_]:
    """(N, C): which labels are in each row's set; the most probable one always is, so no set is empty."""
    sets = probabilities >= np.reshape(lowest, (-1, 1))
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return np.asarray(sets)


def score_promise(gold: Array, probabilities: Floats, promise: Promise, z: float) -> dict[str, Any]:
    """How often the sets of a promise hold the right label, as plain values.

    gold            (N,) label ids
    probabilities   (N, C)
    z               of the Wilson interval, 1.96 for 95 %
    returns         {"coverage", "threshold", "achieved": {"value", "low", "high"}, "mean_size", "filled",
                    "before_filling": {...}}: `filled` is the share of sets that had been empty without their most
                    probable label, `before_filling` the coverage without it
    """
    rows = np.arange(len(gold))
    sets = prediction_sets(probabilities, promise.lowest)
    strict = probabilities >= np.reshape(promise.lowest, (-1, 1))
    return {
        "coverage": promise.coverage,
        "threshold": promise.threshold,
        "achieved": _share(sets[rows, gold], z),
        "mean_size": float(sets.sum(axis=1).mean()),
        "filled": float((~strict.any(axis=1)).mean()),
        "before_filling": _share(strict[rows, gold], z),
    }


def _share(held: Array, z: float) -> dict[str, float]:
    found = wilson(int(held.sum()), len(held), z)
    return {"value": found.value, "low": found.low, "high": found.high}
