"""Text from an n-gram model: word after word, drawn by probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from groundswell.model.language_answers import Generated
from groundswell.model.ngram.next_words import unknown_words
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.words import BEGIN_ID, END_ID, UNKNOWN_ID
from groundswell.model.sampling import Sampling, check_sampling, draw, kept_probs


def generate(
    model: NgramModel,
    start: Sequence[str],
    num_tokens: int,
    sampling: Sampling,
    on_text: Callable[[str], None] = lambda text: None,
) -> Generated:
    """Up to `num_tokens` words that go on with a text; the same seed gives the same words.

    on_text   called with each word as soon as it is there, a blank before it

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
            on_text(f" {model.words.words[number]}" if len(context) > 2 else model.words.words[number])
    tokens = tuple(model.words.words[number] for number in context[begin:])
    return Generated(" ".join([*start, *tokens]), tokens, ended, unknown_words(model, start))
