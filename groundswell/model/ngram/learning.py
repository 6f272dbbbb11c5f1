"""From tokenized texts to an n-gram model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from groundswell.model.ngram.add_k import add_k
from groundswell.model.ngram.counts import OrderCounts, check_order, count_ngrams
from groundswell.model.ngram.estimate import Estimate, Floats, Smoothing
from groundswell.model.ngram.katz import katz
from groundswell.model.ngram.kneser_ney import kneser_ney
from groundswell.model.ngram.ngram_model import Logs, NgramModel
from groundswell.model.ngram.words import NgramWords, number_texts

SmoothingName = Literal["kneser_ney", "katz", "add_k"]


@dataclass(frozen=True)
class NgramSettings:
    """How an n-gram model is learned.

    order       words of the longest n-grams, 1-6
    smoothing   kneser_ney: modified and interpolated; katz: back-off with Good-Turing discounts; add_k
    k           how often every word is taken to be seen more after every context (add_k)
    min_count   rarer words are unknown
    """

    order: int = 5
    smoothing: SmoothingName = "kneser_ney"
    k: float = 0.1
    min_count: int = 1


@dataclass(frozen=True)
class LearnedNgrams:
    """A model and what it was learned from.

    num_texts, num_blank   texts with a token, and texts without one, which are left out
    num_tokens             in all texts, marks not counted
    num_unknown            of these, tokens that count as unknown: rare words, and those that spell a mark
    warnings               what did not go by the book
    """

    model: NgramModel
    num_texts: int
    num_blank: int
    num_tokens: int
    num_unknown: int
    warnings: tuple[str, ...]


def learn_ngrams(
    texts: Iterable[Sequence[str]], settings: NgramSettings, *, on_stage: Callable[[str], None] = lambda stage: None
) -> LearnedNgrams:
    """An n-gram model of tokenized texts; each text is one sequence with a begin and an end.

    on_stage   called with what begins now, in words

    Raises DataError when no text has a token or a setting is out of range.
    """
    check_order(settings.order)
    on_stage("reading")
    numbered = number_texts(texts, min_count=settings.min_count)
    num_tokens = len(numbered.tokens) - 2 * numbered.num_texts
    on_stage(f"counting {num_tokens:,} tokens")
    orders = count_ngrams(numbered.tokens, len(numbered.words), settings.order)
    on_stage(f"smoothing {sum(map(len, orders)):,} n-grams")
    estimate = _smoothing(settings)(orders)
    warnings = list(estimate.warnings)
    if numbered.num_marks:
        warnings.append(
            f"{numbered.num_marks:,} tokens spell <unk>, <s> or </s>, which only a model writes; they count as unknown"
        )
    return LearnedNgrams(
        model_of(numbered.words, orders, estimate), numbered.num_texts, numbered.num_blank, num_tokens,
        numbered.num_rare + numbered.num_marks, tuple(warnings),
    )  # fmt: skip


def model_of(words: NgramWords, orders: list[OrderCounts], estimate: Estimate) -> NgramModel:
    """The model of some n-grams and their probabilities."""
    keys = (grams.contexts.astype(np.int64) * len(words) + grams.words for grams in orders[1:])
    return NgramModel(words, tuple(keys), _logs(estimate.probabilities), _logs(estimate.back_offs))


def _smoothing(settings: NgramSettings) -> Smoothing:
    methods: dict[SmoothingName, Smoothing] = {
        "kneser_ney": kneser_ney,
        "katz": katz,
        "add_k": functools.partial(add_k, k=settings.k),
    }
    return methods[settings.smoothing]


def _logs(values: list[Floats]) -> tuple[Logs, ...]:
    with np.errstate(divide="ignore"):  # the begin mark has probability 0
        return tuple(np.log10(each).astype(np.float32) for each in values)
