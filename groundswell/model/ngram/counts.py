"""How often each n-gram stands in a row of token numbers, for every order at once and without a loop over tokens.

Positions are sorted by the n-gram that begins there. An n-gram is two numbers, that of its first n-1 words among the
n-grams of the order below and that of its last word, so each order takes one sort however long its n-grams are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.model.ngram.words import BEGIN_ID, END_ID, TokenIds

HIGHEST_ORDER = 6
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class OrderCounts:
    """The different n-grams of one order, sorted by context and then by last word. All arrays are (G,).

    contexts   number of the first n-1 words among the n-grams of the order below; 0 for single words
    words      number of the last word
    suffixes   number of the last n-1 words among the n-grams of the order below; 0 for single words
    counts     how often the n-gram stands in the texts; for single words 0 is possible
    at_begin   whether the first word is the begin mark
    """

    contexts: Numbers
    words: Numbers
    suffixes: Numbers
    counts: NDArray[np.int64]
    at_begin: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.words)


def check_order(order: int) -> None:
    """Raise DataError unless 1 <= order <= 6."""
    if not 1 <= order <= HIGHEST_ORDER:
        raise DataError(f"n-gram model: found order {order}, expected 1 to {HIGHEST_ORDER}. Choose another --order")


def count_ngrams(tokens: TokenIds, num_words: int, order: int) -> list[OrderCounts]:
    """The n-grams of orders 1 to `order`; none goes beyond the text that it begins in.

    tokens      texts as numbers, each between begin and end mark
    num_words   V, the marks included; an n-gram of order 1 has the number of its word
    """
    check_order(order)
    everyone = np.arange(num_words, dtype=np.int32)
    nothing = np.zeros(num_words, dtype=np.int32)
    singles = np.bincount(tokens, minlength=num_words)
    found = [OrderCounts(nothing, everyone, nothing, singles, everyone == BEGIN_ID)]
    gram_at = tokens  # (M,) number of the n-gram of the order below that begins at each position
    places = np.arange(len(tokens))
    for size in range(2, order + 1):
        places = places[tokens[places + size - 2] != END_ID]
        # context and last word in one number, for one sort: twice 31 bits
        keys = gram_at[places].astype(np.int64) << 32 | tokens[places + size - 1]
        order_of_keys = np.argsort(keys)
        keys, places = keys[order_of_keys], places[order_of_keys]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        first, begun = places[starts], keys[starts]
        grams = OrderCounts(
            (begun >> 32).astype(np.int32), (begun & 0xFFFFFFFF).astype(np.int32), gram_at[first + 1],
            np.diff(starts, append=len(places)), tokens[first] == BEGIN_ID,
        )  # fmt: skip
        found.append(grams)
        gram_at = np.full(len(tokens), -1, dtype=np.int32)
        gram_at[places] = np.repeat(np.arange(len(grams), dtype=np.int32), grams.counts)
    return found
