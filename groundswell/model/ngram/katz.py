"""Katz back-off with Good-Turing discounts (Katz 1987, https://doi.org/10.1109/TASSP.1987.1165125).

    p(w | h) = kept(c) c / c(h) for a word that stands c times after h, else factor(h) p(w | h without its first word)

Frequent n-grams keep their relative frequency, rare ones give some of it up, and what a context has left goes to the
words not seen after it, in the proportions of the shorter context.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.model.ngram.counts import OrderCounts
from groundswell.model.ngram.estimate import Estimate, Floats, num_predicted, sum_by_context, without_begin
from groundswell.model.ngram.words import BEGIN_ID, UNKNOWN_ID

HIGHEST_DISCOUNTED = 5  # Katz's k
ABSOLUTE = 0.5  # taken from every count where Good-Turing has nothing to go by


class Ratios(NamedTuple):
    """What n-grams keep of their counts.

    ratios    (k + 1,) share kept by a count of 1 to k, at its index; index 0 is 1. Higher counts are kept whole
    problem   why fewer counts than five, or other ratios, are used; empty when all is well
    """

    ratios: Floats
    problem: str = ""


def katz(orders: list[OrderCounts]) -> Estimate:
    """Probabilities by Katz back-off; what single words leave goes to `<unk>`."""
    probabilities: list[Floats] = []
    back_offs: list[Floats] = []
    warnings: list[str] = []
    for size, grams in enumerate(orders, start=1):
        counts = grams.counts
        if size == 1:
            counts = counts.copy()
            counts[BEGIN_ID] = 0
        kept = good_turing(counts)
        if kept.problem:
            warnings.append(f"{size}-grams: {kept.problem}. Train on more text, or choose kneser_ney")
        num_contexts = len(orders[size - 2]) if size > 1 else 1
        found, left = _seen(grams, counts, kept.ratios, num_contexts)
        if size == 1:
            found[UNKNOWN_ID] += left[0]
            found = without_begin(found)
        else:
            lower = probabilities[-1][grams.suffixes]
            found, factors = _backed_off(grams, found, left, lower, num_predicted(orders))
            back_offs.append(factors)
        probabilities.append(found)
    return Estimate(probabilities, back_offs, tuple(warnings))


def good_turing(counts: NDArray[np.int64]) -> Ratios:
    """The share that counts of 1 to 5 keep: (r*/r - q) / (1 - q), q = (k + 1) n_(k+1) / n_1.

    r* = (r + 1) n_(r+1) / n_r. Where a ratio does not come out between 0 and 1, fewer counts are discounted; where
    none does, half a count is taken from each of 1 to 5.
    """
    with_count = np.bincount(np.minimum(counts, HIGHEST_DISCOUNTED + 2), minlength=HIGHEST_DISCOUNTED + 3)
    for highest in range(HIGHEST_DISCOUNTED, 0, -1):
        n = with_count[: highest + 2].astype(np.float64)
        if (n[1:] == 0).any():
            continue
        count = np.arange(1, highest + 1)
        cut = (highest + 1) * n[highest + 1] / n[1]
        ratios = ((count + 1) * n[2:] / (count * n[1:-1]) - cut) / (1 - cut) if cut < 1 else np.zeros(highest)
        if ((ratios > 0) & (ratios < 1)).all():
            problem = f"Good-Turing holds for counts up to {highest} only, so higher ones are not discounted"
            return Ratios(np.concatenate([[1.0], ratios]), "" if highest == HIGHEST_DISCOUNTED else problem)
    count = np.arange(1, HIGHEST_DISCOUNTED + 1)
    problem = f"Good-Turing does not hold, so {ABSOLUTE} is taken from each count of 1 to {HIGHEST_DISCOUNTED}"
    return Ratios(np.concatenate([[1.0], (count - ABSOLUTE) / count]), problem)


def _seen(grams: OrderCounts, counts: NDArray[np.int64], ratios: Floats, num_contexts: int) -> tuple[Floats, Floats]:
    """Discounted frequencies, and what each context has left.

    A context whose counts are all too high to be discounted would leave nothing, and make words impossible that only
    were not seen after it: it counts as seen once more, and that once is left.
    """
    discounted = counts * np.append(ratios, 1.0)[np.minimum(counts, len(ratios))]
    totals = sum_by_context(grams.contexts, counts, num_contexts)
    gives = sum_by_context(grams.contexts, (counts > 0) & (counts < len(ratios)), num_contexts) > 0
    totals += ~gives
    found = discounted / totals[grams.contexts]
    return found, 1 - sum_by_context(grams.contexts, found, num_contexts)


def _backed_off(
    grams: OrderCounts, found: Floats, left: Floats, lower: Floats, num_words: int
) -> tuple[Floats, Floats]:
    """The probabilities and the back-off factor of each context: what is left over what unseen words have below.

    A context that every word was seen after has no use for what is left, so its words share it.
    """
    num_contexts = len(left)
    num_followers = sum_by_context(grams.contexts, np.ones(len(grams)), num_contexts)
    is_full = num_followers >= num_words
    unseen_below = 1 - sum_by_context(grams.contexts, lower, num_contexts)
    factors = np.ones(num_contexts)  # 1 where nothing follows
    uses_factor = (num_followers > 0) & ~is_full
    np.divide(left, unseen_below, out=factors, where=uses_factor)
    found = np.where(is_full[grams.contexts], found / (1 - left)[grams.contexts], found)
    return found, factors
