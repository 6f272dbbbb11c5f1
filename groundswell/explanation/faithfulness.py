"""Whether the words that an explanation names are the ones a model goes by: taken out, and left alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.word_scorer import Part, WordScorer, whole

# Of the words of a text, as in the paper.
SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
RANDOM_ORDERS = 5

Floats = NDArray[np.float64]
Order = NDArray[np.int64]


class Faithfulness(NamedTuple):
    """Of N texts, each the mean over the shares.

    comprehensiveness   (N,) what the output loses when the first words of an order are taken out; higher is better
    sufficiency         (N,) what it loses when only they are left; lower is better
    """

    comprehensiveness: Floats
    sufficiency: Floats

    @property
    def together(self) -> Floats:
        """(N,) comprehensiveness less sufficiency: one number to rank by."""
        return self.comprehensiveness - self.sufficiency


def measure_orders(
    scorer: WordScorer,
    texts: Sequence[TextWords],
    outputs: Sequence[ExplainedOutput],
    orders: Sequence[Sequence[Order]],
    on_part: Callable[[int], None] = lambda parts: None,
) -> Faithfulness:
    """How faithful orders of words are, each text's several orders averaged.

    DeYoung et al. 2020, ERASER (https://arxiv.org/abs/1911.03429, equations 1 and 2, averaged as in section 4.2 over 1,
    5, 10, 20 and 50 % of the words, at least one). The output is the probability of the label, or the value. Words are
    taken out, not covered.

    outputs   what is asked of each text
    orders    of each text, numbers of words, the most important first
    on_part   called with the number of readings done
    """
    parts: list[Part] = []
    wanted: list[list[tuple[int, int]]] = []  # of each text and order and share, the two parts
    wholes = []
    for words, several in zip(texts, orders, strict=True):
        numbers: dict[bytes, int] = {}
        wholes.append(_number(whole(words), parts, numbers))
        wanted.append([
            (_number(_part(words, chosen, keep=False), parts, numbers),
             _number(_part(words, chosen, keep=True), parts, numbers))
            for order in several for chosen in _first(order)
        ])  # fmt: skip
    logits = scorer.logits(parts, on_part)
    lost = np.zeros((len(texts), 2))
    for number, (output, pairs) in enumerate(zip(outputs, wanted, strict=True)):
        used = np.array([[wholes[number]] * 2, *pairs])
        values = output.values(logits[used.ravel()]).numpy().reshape(used.shape)
        lost[number] = (values[0] - values[1:]).mean(axis=0)
    return Faithfulness(lost[:, 0], lost[:, 1])


def order_of(weights: Floats) -> Order:
    """Numbers of words, the one that speaks most for the output first; words that are not read (NaN) are left out.

    >>> order_of(np.array([0.1, np.nan, 0.7, -3.0])).tolist()
    [2, 0, 3]
    """
    read = np.flatnonzero(~np.isnan(weights))
    return read[np.argsort(-weights[read], kind="stable")]


def random_orders(words: TextWords, generator: np.random.Generator, count: int = RANDOM_ORDERS) -> list[Order]:
    """Orders by chance, of the same words."""
    read = np.flatnonzero(words.read)
    return [generator.permutation(read) for _ in range(count)]


def _first(order: Order) -> list[Order]:
    """The first words of an order, for each share."""
    return [order[: max(1, math.ceil(share * len(order)))] for share in SHARES]


def _part(words: TextWords, chosen: Order, *, keep: bool) -> Part:
    kept = np.full(len(words.words), not keep)
    kept[chosen] = keep
    return Part(words, kept)


def _number(part: Part, parts: list[Part], numbers: dict[bytes, int]) -> int:
    """The number of a part, which is read once however often it is asked for."""
    key = part.kept.tobytes()
    if key not in numbers:
        numbers[key] = len(parts)
        parts.append(part)
    return numbers[key]
