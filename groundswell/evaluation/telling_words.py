"""Words that give a label away: they stand in many texts of one label and in next to none of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.proportions import wilson

LEAST_TEXTS = 20
LEAST_PURITY = 0.97  # share of the word's texts that carry the label
LEAST_LOW_END = 0.85  # of the interval of that share: 22 texts without an exception
LEAST_COVERAGE = 0.2  # of the label's texts
MOST_PRIOR = 0.9  # a label that nearly every text carries is told by any word


class TellingWord(NamedTuple):
    """A word that gives a label away.

    num_texts   that hold it
    purity      0-1, share of those that carry the label
    coverage    0-1, share of the label's texts that hold it
    """

    word: str
    label: int
    num_texts: int
    purity: float
    coverage: float


def telling_words(
    presence: Any, words: Sequence[str], labels: NDArray[np.int64], num_classes: int
) -> list[TellingWord]:
    """Words in at least 20 texts and a fifth of a label's texts, 97 % of which carry the label, by falling coverage.

    The low end of that share's Wilson interval must reach 85 %, so that a word of 22 texts has no exception. Words of
    feeling stay below: 差 (bad) stands in a ninth of the bad reviews of a delivery service.

    presence   (N, F) sparse of 0 and 1: which word stands in which text; labels (N,)
    """
    by_label = np.asarray(presence.T @ np.eye(num_classes)[labels])  # (F, C) texts
    totals, sizes = by_label.sum(axis=1), np.bincount(labels, minlength=num_classes)
    best = by_label.argmax(axis=1)
    hits = by_label[np.arange(len(best)), best]
    likely = (totals >= LEAST_TEXTS) & (hits >= LEAST_PURITY * totals) & (hits >= LEAST_COVERAGE * sizes[best])
    likely &= sizes[best] <= MOST_PRIOR * len(labels)
    found = [
        TellingWord(
            words[number], int(best[number]), int(totals[number]), float(hits[number] / totals[number]),
            float(hits[number] / sizes[best[number]]),
        )
        for number in np.flatnonzero(likely).tolist()
        if _is_word(words[number]) and wilson(int(hits[number]), int(totals[number])).low >= LEAST_LOW_END
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.coverage)


def _is_word(token: str) -> bool:
    """A word or a single mark, such as a star; not a Chinese character beside a mark."""
    return len(token) == 1 or (token[0].isalnum() and token[-1].isalnum())
