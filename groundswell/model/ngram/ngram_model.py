"""An n-gram model as arrays, and the probability of every token of many texts at once.

    log10 p(w | h) = log10 p of the n-gram `h w` where it is known,
                     else back-off of h + log10 p(w | h without its first word)

The n-grams of an order are sorted by context and then by last word, so that those of a context stand together and one
number, context times V plus word, finds an n-gram by binary search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.model.ngram.words import BEGIN_ID, NgramWords, TokenIds

LOG_ZERO = -99.0  # how ARPA files write the logarithm of 0
BLOCK_TOKENS = 2**18  # what is in memory at a time while texts are scored
Logs = NDArray[np.float32]


class TokenScores(NamedTuple):
    """What the model says about the tokens of texts, begin marks left out, end marks included.

    log10_probs   (T,) float64
    sizes         (T,) words of the longest n-gram that was found; 1 when only the word itself was
    """

    log10_probs: NDArray[np.float64]
    sizes: NDArray[np.int8]


@dataclass(frozen=True)
class NgramModel:
    """Probabilities of n-grams with back-off; base-10 logarithms as in ARPA files.

    keys        for orders 2 to n: (G,) int64, number of the context among the n-grams of the order below times V
                plus number of the last word, ascending; a word's number is also that of its n-gram of order 1
    log_probs   for orders 1 to n: (G,) of the last word after the others; -inf for the begin mark
    back_offs   for orders 1 to n-1: (G,) added when a word is not known after this n-gram
    """

    words: NgramWords
    keys: tuple[NDArray[np.int64], ...] = field(repr=False)
    log_probs: tuple[Logs, ...] = field(repr=False)
    back_offs: tuple[Logs, ...] = field(repr=False)

    @property
    def order(self) -> int:
        """Words of the longest n-grams."""
        return len(self.log_probs)

    @property
    def num_ngrams(self) -> tuple[int, ...]:
        """How many n-grams are known, for each order."""
        return tuple(len(logs) for logs in self.log_probs)

    def score(self, texts: Iterable[Sequence[str]]) -> TokenScores:
        """The tokens of tokenized texts in order, each text with its end mark."""
        return self.score_ids(self.words.flat_ids(texts))

    def score_ids(self, tokens: TokenIds) -> TokenScores:
        """The tokens of texts in one row, each text between begin and end mark; begin marks get no score."""
        blocks = list(self._score_blocks(tokens))
        return TokenScores(
            np.concatenate([np.zeros(0), *(block.log10_probs for block in blocks)]),
            np.concatenate([np.zeros(0, dtype=np.int8), *(block.sizes for block in blocks)]),
        )

    def find(self, size: int, contexts: NDArray[np.int32], words: NDArray[np.int32]) -> NDArray[np.int32]:
        """(T,) numbers of n-grams of one order, -1 for those that are not known."""
        return find_keys(self.keys[size - 2], contexts.astype(np.int64) * len(self.words) + words)

    def context_number(self, context: Sequence[int]) -> int | None:
        """The number of an n-gram among those of its order, None when it is not known."""
        number = context[0]
        for size, word in enumerate(context[1:], start=2):
            number = int(find_keys(self.keys[size - 2], np.array([number * len(self.words) + word]))[0])
            if number < 0:
                return None
        return number

    def next_probs(self, context: Sequence[int]) -> NDArray[np.float64]:
        """(V,) probability of every word after some others; the words further back than n-1 do not matter."""
        logs = self.log_probs[0].astype(np.float64)
        for size in range(2, min(self.order, len(context) + 1) + 1):
            number = self.context_number(context[len(context) - size + 1 :])
            if number is None:
                continue  # a longer context may still be known in a pruned model
            logs += self.back_offs[size - 2][number]
            first, last = np.searchsorted(self.keys[size - 2], np.array([number, number + 1]) * len(self.words))
            followers = self.keys[size - 2][first:last] % len(self.words)
            logs[followers] = self.log_probs[size - 1][first:last]
        probs: NDArray[np.float64] = 10**logs
        return probs

    def _score_blocks(self, tokens: TokenIds) -> Iterator[TokenScores]:
        for start in range(0, len(tokens), BLOCK_TOKENS):
            before = max(0, start - self.order + 1)  # the words that the first ones of the block depend on
            block = self._score_block(tokens[before : start + BLOCK_TOKENS])
            wanted = tokens[start : start + BLOCK_TOKENS] != BEGIN_ID
            yield TokenScores(block.log10_probs[start - before :][wanted], block.sizes[start - before :][wanted])

    def _score_block(self, tokens: TokenIds) -> TokenScores:
        """Scores of every token, by the n-grams that end there; shorter ones first, longer ones replace them."""
        logs = self.log_probs[0][tokens].astype(np.float64)
        sizes = np.ones(len(tokens), dtype=np.int8)
        contexts = tokens  # number of the n-gram of the order below that begins at each token; -1: none
        for size in range(2, min(self.order, len(tokens)) + 1):
            contexts = contexts[: len(tokens) - size + 1]
            # no n-gram goes on into the next text
            begins = np.flatnonzero((contexts >= 0) & (tokens[size - 1 :] != BEGIN_ID))
            ends = begins + size - 1
            grams = self.find(size, contexts[begins], tokens[ends])
            logs[ends] += self.back_offs[size - 2][contexts[begins]]
            known = grams >= 0
            logs[ends[known]] = self.log_probs[size - 1][grams[known]]
            sizes[ends[known]] = size
            contexts = np.full(len(contexts), -1, dtype=np.int32)
            contexts[begins] = grams
        return TokenScores(logs, sizes)


def find_keys(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """(T,) the place of each wanted number among the ascending keys, -1 for one that is not there."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int32)
    # sorted, a search begins where the last one ended, and memory is read in order
    order = np.argsort(wanted)
    wanted = wanted[order]
    places = np.searchsorted(keys, wanted)
    places[keys[np.minimum(places, len(keys) - 1)] != wanted] = -1
    found = np.empty(len(wanted), dtype=np.int32)
    found[order] = places
    return found
