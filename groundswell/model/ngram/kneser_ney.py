"""Modified Kneser-Ney smoothing, interpolated: Chen and Goodman 1998 (Harvard, TR-10-98), section 3.

    p(w | h) = (a(h w) - D(a(h w))) / a(h) + left(h) p(w | h without its first word)

a is the adjusted count, D what is taken from it, and left(h) the sum of what was taken after h, over a(h).

Conventions are those of KenLM's estimator (Heafield et al. 2013): begin marks stand at the front once and are never
predicted, n-grams that begin with one keep their plain counts, `<unk>` gets its share of the uniform distribution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.model.ngram.counts import OrderCounts
from groundswell.model.ngram.estimate import Estimate, Floats, num_predicted, sum_by_context, without_begin
from groundswell.model.ngram.words import BEGIN_ID

FALLBACK = (0.5, 1.0, 1.5)


class Discounts(NamedTuple):
    """What is taken from n-grams that count once, twice, and three times or more.

    problem   why the closed form could not be used; empty when it was
    """

    once: float
    twice: float
    more: float
    problem: str = ""


def kneser_ney(orders: list[OrderCounts]) -> Estimate:
    """Probabilities by modified Kneser-Ney, every order interpolated with the one below and words with the uniform."""
    adjusted = adjusted_counts(orders)
    lower: Floats = np.full(1, 1 / num_predicted(orders))  # of the empty n-gram: the uniform distribution
    probabilities: list[Floats] = []
    back_offs: list[Floats] = []
    warnings: list[str] = []
    for size, (grams, counts) in enumerate(zip(orders, adjusted, strict=True), start=1):
        discounts = estimate_discounts(counts)
        if discounts.problem:
            warnings.append(
                f"{size}-grams: {discounts.problem}, so the discounts are {', '.join(map(str, FALLBACK))} instead of "
                "estimated ones. Train on more text, or choose a lower order"
            )
        discounted, left = _discounted(grams, counts, discounts, len(lower))
        found = discounted + left[grams.contexts] * lower[grams.suffixes]
        if size == 1:
            found = without_begin(found)
        else:
            back_offs.append(left)
        probabilities.append(found)
        lower = found
    return Estimate(probabilities, back_offs, tuple(warnings))


def adjusted_counts(orders: list[OrderCounts]) -> list[NDArray[np.int64]]:
    """How often each n-gram counts: plainly at the highest order, below by the different words before it.

    An n-gram that begins with the begin mark has no word before it and keeps its plain count; the begin mark alone
    counts nothing, for it is never predicted.
    """
    adjusted = []
    for grams, longer in zip(orders, [*orders[1:], None], strict=True):
        counts = grams.counts
        if longer is not None:
            words_before = np.bincount(longer.suffixes, minlength=len(grams))
            counts = np.where(grams.at_begin, grams.counts, words_before)
        adjusted.append(counts)
    adjusted[0] = adjusted[0].copy()
    adjusted[0][BEGIN_ID] = 0
    return adjusted


def estimate_discounts(counts: NDArray[np.int64]) -> Discounts:
    """The discounts of one order in closed form, equation 26; the fallback where that does not exist.

    It needs n-grams that count 1, 2 and 3 times, and every discount above 0: where nothing is taken, words not seen
    after a context would be impossible.
    """
    n1, n2, n3, n4 = (int(number) for number in np.bincount(np.minimum(counts, 5), minlength=5)[1:5])
    missing = [str(count) for count, number in enumerate((n1, n2, n3), start=1) if not number]
    if missing:
        return Discounts(*FALLBACK, problem=f"none counts {' or '.join(missing)}")
    share = n1 / (n1 + 2 * n2)
    found = (1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3)
    for count, discount in enumerate(found, start=1):
        if discount <= 0:
            return Discounts(*FALLBACK, problem=f"the discount of a count of {count} would be {discount:.2f}")
    return Discounts(*found)


def _discounted(
    grams: OrderCounts, counts: NDArray[np.int64], discounts: Discounts, num_contexts: int
) -> tuple[Floats, Floats]:
    """The first term of each probability, and the weight of the second for each context; 1 where nothing follows."""
    taken = np.array([0.0, discounts.once, discounts.twice, discounts.more])[np.minimum(counts, 3)]
    totals = sum_by_context(grams.contexts, counts, num_contexts)
    left = sum_by_context(grams.contexts, taken, num_contexts)
    followed = totals > 0
    left = np.divide(left, totals, out=np.ones_like(totals), where=followed)
    return (counts - taken) / totals[grams.contexts], left
