"""One number that makes probabilities honest without changing what is most probable: temperature scaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]

LEAST_CASES = 10
MOST_LOG = 6.0


def fit_temperature(logits: Array, targets: Array) -> float:
    """The T > 0 for which logits / T make held-out targets most probable.

    Guo et al. 2017 (https://arxiv.org/abs/1706.04599, section 4.2, equation 9): the smallest mean log loss, found in
    one dimension. Above 1 the model was too sure of itself, below 1 not sure enough. Where every row is right the best
    T is 0, so ask `can_fit_temperature` first; T stays between exp(-6) and exp(6).

    logits    (N, C), of texts that the model did not learn from
    targets   (N,) label ids: T of the softmax; (N, C) of true and false: T of the sigmoid of each label
    """
    from scipy.optimize import minimize_scalar

    logits = np.asarray(logits, dtype=np.float64)

    def loss(log_temperature: float) -> float:
        return log_loss(logits / np.exp(log_temperature), targets)

    return float(np.exp(minimize_scalar(loss, bounds=(-MOST_LOG, MOST_LOG), method="bounded").x))


def log_loss(logits: Floats, targets: Array) -> float:
    """Mean of -ln p(target), in nats; over rows for a softmax, over rows and labels for sigmoids."""
    from scipy.special import log_softmax

    if targets.ndim == 1:
        return -float(log_softmax(logits, axis=1)[np.arange(len(targets)), targets].mean())
    return float(np.logaddexp(0.0, np.where(targets, -logits, logits)).mean())


def can_fit_temperature(logits: Array, targets: Array) -> bool:
    """Whether there are at least ten right and ten wrong decisions to learn from."""
    right = logits.argmax(axis=1) == targets if targets.ndim == 1 else (logits > 0) == targets.astype(bool)
    return min(int(right.sum()), int((~right).sum())) >= LEAST_CASES


def folds(num_rows: int, num_folds: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """(rows to fit on, rows that are held out), `num_folds` times; every row is held out once."""
    order = np.random.default_rng(seed).permutation(num_rows)
    for held_out in np.array_split(order, num_folds):
        yield np.setdiff1d(order, held_out), held_out
