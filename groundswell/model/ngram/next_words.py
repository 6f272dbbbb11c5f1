"""What comes next, and how likely a sentence is: tables of words with their probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundswell.model.language_answers import NextWords, Part, Sentence
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.words import BEGIN_ID, END, UNKNOWN_ID


def next_words(model: NgramModel, tokens: Sequence[str], count: int) -> NextWords:
    """The `count` likeliest words after the first words of a text; equal ones in the order of the vocabulary."""
    context = [BEGIN_ID, *model.words.ids(tokens).tolist()]
    probs = model.next_probs(context)
    likeliest = np.argsort(-probs, kind="stable")[: min(count, len(probs) - 1)]  # never the begin mark, which has 0
    words = tuple((model.words.words[number], float(probs[number])) for number in likeliest)
    return NextWords(words, unknown_words(model, tokens))


def sentence_parts(model: NgramModel, tokens: Sequence[str]) -> Sentence:
    """The probability of each word of a sentence and of its end: p(w1) p(w2 | w1) p(w3 | w1 w2) ..."""
    scores = model.score([tokens])
    known = [*(model.words.ids(tokens) != UNKNOWN_ID).tolist(), True]
    written = ["<s>", *tokens, END]
    parts = (
        Part(written[place], known[place - 1], tuple(written[place - int(size) + 1 : place]), float(log10_prob))
        for place, (log10_prob, size) in enumerate(zip(*scores, strict=True), start=1)
    )
    return Sentence(tuple(parts))


def unknown_words(model: NgramModel, tokens: Sequence[str]) -> tuple[str, ...]:
    """The different tokens that the model does not know, as they come."""
    return tuple(dict.fromkeys(token for token in tokens if token not in model.words.numbers))
