"""What every smoothing method gives: probabilities of the n-grams, and what their contexts leave for other words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.model.ngram.counts import OrderCounts
from groundswell.model.ngram.words import BEGIN_ID

Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """Probabilities, not logarithms, one array for each order.

    probabilities   (G,) of the last word after the others
    back_offs       (G,) factor on the shorter context's probability for words not seen after this n-gram; 1 for an
                    n-gram that nothing follows; none for the highest order
    warnings        what did not go by the book, in words
    """

    probabilities: list[Floats]
    back_offs: list[Floats]
    warnings: tuple[str, ...] = ()


Smoothing = Callable[[list[OrderCounts]], Estimate]


def num_predicted(orders: list[OrderCounts]) -> int:
    """How many words probability is spread over: all but the begin mark."""
    return len(orders[0]) - 1


def without_begin(values: Floats) -> Floats:
    """The values of single words with 0 for the begin mark, which no text continues with."""
    values[BEGIN_ID] = 0
    return values


def sum_by_context(contexts: NDArray[np.int32], values: NDArray[np.generic], num_contexts: int) -> Floats:
    """(C,) sums of the values of the n-grams that share a context."""
    return np.bincount(contexts, weights=values, minlength=num_contexts).astype(np.float64)
