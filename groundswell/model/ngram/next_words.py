"""What comes next, and how likely a sentence is: tables of words with their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.words import BEGIN_ID, END, UNKNOWN_ID


@dataclass(frozen=True)
class NextWords:
    """The likeliest next words.

    words     with their probabilities, falling; `</s>` is the end, `<unk>` any unknown word
    unknown   words of the text before that the model does not know
    """

    words: tuple[tuple[str, float], ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One word of a sentence.

    context       the words that its probability was taken after, as many as the model knows
    log10_prob    of the word after all words before it
    """

    word: str
    known: bool
    context: tuple[str, ...]
    log10_prob: float

    @property
    def probability(self) -> float:
        """Of the word after all words before it, 0-1."""
        return float(10**self.log10_prob)


@dataclass(frozen=True)
class Sentence:
    """A sentence as the product of its parts; the last one is its end."""

    parts: tuple[Part, ...]

    @property
    def log10_prob(self) -> float:
        """Sum over the parts."""
        return sum(part.log10_prob for part in self.parts)

    @property
    def probability(self) -> float:
        """Product of the parts, 0-1; 0 when it is too small for a float."""
        return float(10**self.log10_prob)


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
