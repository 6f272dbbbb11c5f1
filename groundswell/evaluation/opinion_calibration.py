"""How far a network's probabilities of opinions can be trusted, learned on dev; and from which score on they pay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.opinion_metrics import Element, tuples_of
from groundswell.types import Opinion

Texts = Sequence[Sequence[Opinion]]


def fit_scale(gold: Texts, predicted: Texts, elements: Sequence[Element]) -> tuple[float, float]:
    """(slope, offset) for which sigmoid(slope * logit(p) + offset) is as probable as can be, whether a tuple is right.

    Platt 1999, by logistic regression on the one number logit(p). With fewer than ten right or ten wrong tuples
    nothing can be learned and the probabilities stay as they are: (1, 0).
    """
    probabilities, right = _flat(gold, predicted, elements)
    if min(right.sum(), len(right) - right.sum()) < 10:
        return 1.0, 0.0
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6).fit(_logit(probabilities)[:, None], right)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    return (slope, offset) if slope > 0 else (1.0, 0.0)


def best_threshold(gold: Texts, predicted: Texts, elements: Sequence[Element]) -> tuple[float, float]:
    """(threshold, F1): the lowest score that a tuple must have for the highest micro F1, and that F1.

    Tuples are taken in the order of falling scores: after the first k of them, r right, F1 = 2 r / (k + gold).
    """
    scores, right = _flat(gold, predicted, elements)
    num_gold = sum(map(len, tuples_of(gold, elements)))
    if not len(scores) or not num_gold:
        return 0.5, 0.0
    order = np.argsort(-scores, kind="stable")
    scores, right = scores[order], right[order]
    f1 = 2 * np.cumsum(right) / (np.arange(1, len(right) + 1) + num_gold)
    last_of_score = np.append(scores[1:] != scores[:-1], True)  # equal scores are kept or left out together
    best = int(np.argmax(np.where(last_of_score, f1, -1.0)))
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    return float(scores[best] + below) / 2, float(f1[best])


def _flat(gold: Texts, predicted: Texts, elements: Sequence[Element]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Score of every different predicted tuple, and whether it is gold; a tuple found twice has its best score."""
    scores: list[float] = []
    right: list[bool] = []
    for wanted, opinions in zip(tuples_of(gold, elements), predicted, strict=True):
        best: dict[tuple[object, ...], float] = {}
        for opinion in opinions:
            (found,) = tuples_of([[opinion]], elements)[0]
            best[found] = max(opinion.score, best.get(found, 0.0))
        scores += best.values()
        right += [found in wanted for found in best]
    return np.array(scores, dtype=np.float64), np.array(right, dtype=bool)


def _logit(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = probabilities.clip(1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)))
