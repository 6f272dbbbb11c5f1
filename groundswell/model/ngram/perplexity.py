"""How well an n-gram model foresees texts: perplexity with everything that has to stand beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from groundswell.errors import DataError
from groundswell.model.ngram.ngram_model import BLOCK_TOKENS, NgramModel, TokenScores
from groundswell.model.ngram.words import BEGIN_ID, END_ID, UNKNOWN_ID, TokenIds


@dataclass(frozen=True)
class Perplexity:
    """exp of the mean negative logarithm of the probability of a token, over all texts at once.

    num_texts, num_blank        texts with a token, and texts without one, which are left out
    num_tokens                  without end marks
    num_unknown                 of these, tokens that the model does not know; it gives them the probability of `<unk>`
    with_ends                   over num_tokens + num_texts predictions, the end of each text among them
    without_ends                over num_tokens predictions
    with_ends_known             as with_ends, but unknown tokens left out; other tools call it without OOVs
    bits_per_byte               of all predictions, ends too, over num_bytes; with unknown tokens it flatters the
                                model, which need not spell them
    num_bytes                   of the cleaned texts in UTF-8, one added to each for its end
    log10_prob                  of all texts together, ends too
    sizes                       share of predictions by words of the longest n-gram found, for orders 1 to n

    Perplexities of different vocabularies or cuts into tokens do not compare; bits per byte do.
    """

    num_texts: int
    num_blank: int
    num_tokens: int
    num_unknown: int
    with_ends: float
    without_ends: float
    with_ends_known: float
    bits_per_byte: float
    num_bytes: int
    log10_prob: float
    sizes: tuple[float, ...]


def measure_perplexity(model: NgramModel, texts: Iterable[tuple[Sequence[str], int]]) -> Perplexity:
    """The perplexity of tokenized texts, each given with its length in bytes.

    Raises DataError when no text has a token.
    """
    sums = _Sums(model.order)
    waiting: list[Sequence[str]] = []
    num_waiting = num_blank = num_bytes = 0
    for tokens, length in texts:
        if not tokens:
            num_blank += 1
            continue
        waiting.append(tokens)
        num_waiting += len(tokens)
        num_bytes += length + 1
        if num_waiting >= BLOCK_TOKENS:
            sums.add(model, waiting)
            waiting, num_waiting = [], 0
    sums.add(model, waiting)
    if not sums.num_texts:
        raise DataError(
            f"perplexity: found {num_blank:,} texts and no word in any, expected at least one text with a word. "
            "Give a file with texts, one on each line"
        )
    return sums.perplexity(num_blank, num_bytes)


class _Sums:
    """What is added up over blocks of texts."""

    def __init__(self, order: int) -> None:
        self.num_texts = self.num_tokens = self.num_unknown = 0
        self.log10 = self.log10_ends = self.log10_unknown = 0.0
        self.by_size = np.zeros(order + 1, dtype=np.int64)

    def add(self, model: NgramModel, texts: Sequence[Sequence[str]]) -> None:
        """Count some texts in."""
        tokens = model.words.flat_ids(texts)
        self._add(model.score_ids(tokens), tokens[tokens != BEGIN_ID])

    def _add(self, scores: TokenScores, predicted: TokenIds) -> None:
        is_end, is_unknown = predicted == END_ID, predicted == UNKNOWN_ID
        self.num_texts += int(is_end.sum())
        self.num_tokens += int((~is_end).sum())
        self.num_unknown += int(is_unknown.sum())
        self.log10 += float(scores.log10_probs.sum())
        self.log10_ends += float(scores.log10_probs[is_end].sum())
        self.log10_unknown += float(scores.log10_probs[is_unknown].sum())
        self.by_size += np.bincount(scores.sizes, minlength=len(self.by_size))

    def perplexity(self, num_blank: int, num_bytes: int) -> Perplexity:
        """What they come to."""
        num_predicted = self.num_tokens + self.num_texts
        return Perplexity(
            self.num_texts, num_blank, self.num_tokens, self.num_unknown,
            with_ends=_perplexity(self.log10, num_predicted),
            without_ends=_perplexity(self.log10 - self.log10_ends, self.num_tokens),
            with_ends_known=_perplexity(self.log10 - self.log10_unknown, num_predicted - self.num_unknown),
            bits_per_byte=-self.log10 / math.log10(2) / num_bytes,
            num_bytes=num_bytes,
            log10_prob=self.log10,
            sizes=tuple((self.by_size[1:] / num_predicted).tolist()),
        )  # fmt: skip


def _perplexity(log10_prob: float, num_predicted: int) -> float:
    """10 to the mean negative logarithm; infinite beyond what a float holds."""
    mean = -log10_prob / num_predicted
    return 10**mean if mean < 300 else math.inf
