"""How well an n-gram model foresees texts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from groundswell.errors import DataError
from groundswell.model.ngram.ngram_model import BLOCK_TOKENS, NgramModel, TokenScores
from groundswell.model.ngram.words import BEGIN_ID, END_ID, UNKNOWN_ID, TokenIds
from groundswell.model.perplexity import Perplexity


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
