"""Text from an n-gram model: word after word, drawn by probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundswell.model.ngram.next_words import unknown_words
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.words import BEGIN_ID, END_ID, UNKNOWN_ID
from groundswell.model.sampling import Sampling, check_sampling, draw, kept_probs


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

    `<unk>` is never drawn: it stands for words nobody knows.

    Raises DataError when a setting is out of range.
    """
    check_sampling(sampling)
    random = np.random.default_rng(sampling.seed)
    context = [BEGIN_ID, *model.words.ids(start).tolist()]
    begin = len(context)
    ended = False
    while len(context) < begin + num_tokens and not ended:
        probs = model.next_probs(context[-model.order :])
        kept = kept_probs(probs, sampling, forbidden=(UNKNOWN_ID, BEGIN_ID), written=context)
        number = draw(*kept, random)
        ended = number == END_ID
        if not ended:
            context.append(number)
    tokens = tuple(model.words.words[number] for number in context[begin:])
    return Generated(tokens, ended, unknown_words(model, start))
