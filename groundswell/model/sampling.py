"""Which token comes next, drawn from its probabilities; the same for every language model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Probs = NDArray[np.float64]


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn.

    temperature          probabilities are taken to the power 1 / temperature; below 1 likely tokens get likelier, 0
                         always takes the likeliest
    top_k                only so many of the likeliest tokens; 0: all
    top_p                only the likeliest tokens that together reach this probability; 1: all
    repetition_penalty   above 1 tokens that the text holds already get less likely: their log probability is
                         multiplied by it (Keskar et al. 2019, https://arxiv.org/abs/1909.05858, section 4.1, there on
                         logits, whose sign is a matter of chance); 1: none
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int = 0


def check_sampling(sampling: Sampling) -> None:
    """Raise DataError for a setting out of its range."""
    if not 0 <= sampling.temperature < float("inf"):
        raise DataError(f"generation: found temperature {sampling.temperature}, expected 0 or more. Choose another one")
    if sampling.top_k < 0:
        raise DataError(f"generation: found top_k {sampling.top_k}, expected 0 (all words) or more. Choose another one")
    if not 0 < sampling.top_p <= 1:
        raise DataError(f"generation: found top_p {sampling.top_p}, expected above 0 and at most 1. Choose another one")
    if not 1 <= sampling.repetition_penalty < float("inf"):
        raise DataError(
            f"generation: found repetition_penalty {sampling.repetition_penalty}, expected 1 (none) or more. Choose "
            "another one"
        )


def kept_probs(
    probs: Probs, sampling: Sampling, *, forbidden: Sequence[int] = (), written: Sequence[int] = ()
) -> tuple[NDArray[np.int64], Probs]:
    """The tokens that may be drawn, likeliest first, and their probabilities, which sum to 1.

    The penalty of what is `written` comes first, then temperature, top_k, and top_p of what top_k left.
    """
    probs = probs.copy()
    probs[list(forbidden)] = 0
    if sampling.repetition_penalty != 1 and len(written):
        repeated = np.unique(np.asarray(written))
        probs[repeated] **= sampling.repetition_penalty
        probs /= probs.sum()
    if sampling.temperature == 0:
        return np.array([probs.argmax()]), np.ones(1)
    likeliest = np.argsort(-probs, kind="stable")
    likeliest = likeliest[probs[likeliest] > 0]
    if sampling.top_k:
        likeliest = likeliest[: sampling.top_k]
    logs = np.log(probs[likeliest]) / sampling.temperature
    kept = np.exp(logs - logs[0])
    kept /= kept.sum()
    reached = np.cumsum(kept)
    num_kept = int(np.searchsorted(reached, sampling.top_p * (1 - 1e-12))) + 1 if sampling.top_p < 1 else len(kept)
    kept = kept[:num_kept]
    return likeliest[:num_kept], kept / kept.sum()


def draw(numbers: NDArray[np.int64], kept: Probs, random: np.random.Generator) -> int:
    """One of the numbers, by its probability."""
    # by one number and not by `choice`, whose stream may change with numpy
    place = int(np.searchsorted(np.cumsum(kept), random.random(), side="right"))
    return int(numbers[min(place, len(numbers) - 1)])
