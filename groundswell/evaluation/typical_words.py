"""Words that some texts hold more often than others: log-odds with an informative prior.

Monroe, Colaresi and Quinn 2008, https://doi.org/10.1093/pan/mpn018. A word is counted once for each text it stands in,
so that one long text cannot speak for all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PRIOR_TEXTS = 100.0
LEAST_Z = 3.0  # thousands of words are looked at: at 1.96 some would be typical by chance


def log_odds(inside: Floats, outside: Floats, *, prior_size: float = PRIOR_TEXTS) -> Floats:
    """(V,) z-score of each word: above 0 where it is more frequent inside; equations 16, 18 and 22.

    The difference of the log-odds of the word, each count raised by the word's share of a prior, divided by its
    standard deviation. The prior is the words' distribution over both sides, `prior_size` counts strong.

    inside, outside   (V,) counts of the words
    """
    total = inside + outside
    prior = prior_size * total / max(float(total.sum()), 1.0)
    raised = [inside + prior, outside + prior]
    # a word that is all there is has no odds: the other words' count is kept above 0
    odds = [counts / np.maximum(counts.sum() - counts, 1e-12) for counts in raised]
    known = total > 0
    scores = np.zeros(len(total))
    difference = np.log(odds[0][known]) - np.log(odds[1][known])
    scores[known] = difference / np.sqrt(1 / raised[0][known] + 1 / raised[1][known])
    return scores


def typical_words(inside: Floats, outside: Floats, words: Sequence[str], *, count: int = 8) -> list[str]:
    """The words most typical of the inside, most typical first; those with a z-score of 3 or more alone.

    Words without a letter or digit are left out, and words that stand in fewer than two texts inside.
    """
    scores = log_odds(inside, outside)
    scores[inside < 2] = 0.0
    order = (int(number) for number in np.argsort(-scores, kind="stable") if scores[number] >= LEAST_Z)
    found: list[str] = []
    for number in order:
        if any(character.isalnum() for character in words[number]):
            found.append(words[number])
        if len(found) == count:
            break
    return found
