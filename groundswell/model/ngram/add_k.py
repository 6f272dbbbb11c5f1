"""Add-k smoothing, kept for comparison: p(w | h) = (c(h w) + k) / (c(h) + k V).

Only the longest context is looked at: n-1 words, or fewer right after the begin mark. As a back-off model this is a
uniform distribution at every lower order, with the factor k V / (c(h) + k V) on it.
"""

from __future__ import annotations

import numpy as np

from groundswell.errors import DataError
from groundswell.model.ngram.counts import OrderCounts
from groundswell.model.ngram.estimate import Estimate, Floats, num_predicted, sum_by_context, without_begin


def add_k(orders: list[OrderCounts], *, k: float) -> Estimate:
    """Probabilities as if every word had been seen `k` times more after every context; DataError unless k > 0."""
    if not 0 < k < float("inf"):
        raise DataError(f"add-k: found k = {k}, expected a number above 0 such as 0.1. Choose another --k")
    num_words = num_predicted(orders)
    probabilities: list[Floats] = []
    back_offs: list[Floats] = []
    for size, grams in enumerate(orders, start=1):
        counts = without_begin(grams.counts.astype(np.float64)) if size == 1 else grams.counts
        num_contexts = len(orders[size - 2]) if size > 1 else 1
        totals = sum_by_context(grams.contexts, counts, num_contexts)
        # an n-gram of a lower order counts only behind the begin mark, where no longer context exists
        is_longest = grams.at_begin | (size == len(orders))
        added = (counts + k) / (totals[grams.contexts] + k * num_words)
        found = np.where(is_longest, added, 1 / num_words)
        if size == 1:
            found = without_begin(found)
        else:
            counted = orders[size - 2].at_begin | (size == len(orders))
            back_offs.append(np.where(counted, k * num_words / (totals + k * num_words), 1.0))
        probabilities.append(found)
    return Estimate(probabilities, back_offs)
