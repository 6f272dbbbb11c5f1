"""Text from an n-gram model: word after word, drawn by probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.model.ngram.next_words import unknown_words
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.words import BEGIN_ID, END_ID, UNKNOWN_ID


@dataclass(frozen=True)
class Sampling:
    """How the next word is drawn. It is never `<unk>`: that stands for words nobody knows.

    temperature   probabilities are taken to the power 1 / temperature; below 1 likely words get likelier, 0 always
                  takes the likeliest
    top_k         only so many of the likeliest words; 0: all
    top_p         only the likeliest words that together reach this probability; 1: all
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Generated:
    """A text that was drawn.

    tokens    the new words; the given ones stand before them
    ended     whether the model ended the text itself
    unknown   given words that the model does not know; what follows them starts from shorter contexts
    """

    tokens: tuple[str, ...]
    ended: bool
    unknown: tuple[str, ...]


def generate(model: NgramModel, start: Sequence[str], num_tokens: int, sampling: Sampling) -> Generated:
    """Up to `num_tokens` words that go on with a text; the same seed gives the same words.

    Raises DataError when a setting is out of range.
    """
    check_sampling(sampling)
    random = np.random.default_rng(sampling.seed)
    context = [BEGIN_ID, *model.words.ids(start).tolist()]
    begin = len(context)
    ended = False
    while len(context) < begin + num_tokens and not ended:
        probs = model.next_probs(context[-model.order :])
        number = _draw(probs, sampling, random)
        ended = number == END_ID
        if not ended:
            context.append(number)
    tokens = tuple(model.words.words[number] for number in context[begin:])
    return Generated(tokens, ended, unknown_words(model, start))


def check_sampling(sampling: Sampling) -> None:
    """Raise DataError for a setting out of its range."""
    if not 0 <= sampling.temperature < float("inf"):
        raise DataError(f"generation: found temperature {sampling.temperature}, expected 0 or more. Choose another one")
    if sampling.top_k < 0:
        raise DataError(f"generation: found top_k {sampling.top_k}, expected 0 (all words) or more. Choose another one")
    if not 0 < sampling.top_p <= 1:
        raise DataError(f"generation: found top_p {sampling.top_p}, expected above 0 and at most 1. Choose another one")


def kept_probs(probs: NDArray[np.float64], sampling: Sampling) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The words that may be drawn, likeliest first, and their probabilities, which sum to 1.

    Temperature comes first, then top_k, then top_p of what top_k left.
    """
    probs = probs.copy()
    probs[[UNKNOWN_ID, BEGIN_ID]] = 0
    likeliest = np.argsort(-probs, kind="stable")
    likeliest = likeliest[probs[likeliest] > 0]
    if sampling.temperature == 0:
        return likeliest[:1], np.ones(1)
    if sampling.top_k:
        likeliest = likeliest[: sampling.top_k]
    logs = np.log(probs[likeliest]) / sampling.temperature
    kept = np.exp(logs - logs[0])
    kept /= kept.sum()
    reached = np.cumsum(kept)
    num_kept = int(np.searchsorted(reached, sampling.top_p * (1 - 1e-12))) + 1 if sampling.top_p < 1 else len(kept)
    kept = kept[:num_kept]
    return likeliest[:num_kept], kept / kept.sum()


def _draw(probs: NDArray[np.float64], sampling: Sampling, random: np.random.Generator) -> int:
    numbers, kept = kept_probs(probs, sampling)
    # by one number and not by `choice`, whose stream may change with numpy
    place = int(np.searchsorted(np.cumsum(kept), random.random(), side="right"))
    return int(numbers[min(place, len(numbers) - 1)])
