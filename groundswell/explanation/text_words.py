"""A text as the words a person sees, and which of them each token of a model belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.explanation.words import word_places
from groundswell.text.cleaning import Place
from groundswell.text.tokenization import Places

Flags = NDArray[np.bool_]
Owners = NDArray[np.int64]
NOBODY = -1


@dataclass(frozen=True)
class TextWords:
    """The words of one text.

    text     as received
    words    places in it, code points; in order
    owners   for each window (T,) the number of the word each token belongs to, -1 for one that belongs to none, such as
             the special tokens around a text
    tokens   for each window the tokens themselves, as the model takes them
    """

    text: str
    words: tuple[Place, ...]
    owners: tuple[Owners, ...]
    tokens: tuple[Any, ...]

    @cached_property
    def read(self) -> Flags:
        """(W,) whether the model reads the word; one behind the end of a truncated text it does not."""
        read = np.zeros(len(self.words), dtype=bool)
        for owners in self.owners:
            read[owners[owners != NOBODY]] = True
        return read

    def summed(self, values: Sequence[NDArray[np.floating[Any]]]) -> tuple[NDArray[np.float64], float]:
        """What the tokens of each word come to, (W,), and what those of no word do.

        values   for each window (T,)
        """
        sums = np.zeros(len(self.words) + 1)  # the last place is that of -1
        for owners, window in zip(self.owners, values, strict=True):
            np.add.at(sums, owners, window)
        return sums[:-1], float(sums[-1])


def owners_of(
    text: str, cleaned: tuple[str, Sequence[Place]], places: Sequence[Places], tokens: Sequence[Any]
) -> TextWords:
    """The words of a text whose tokens stand at given places.

    cleaned   the text as the model reads it, and where in `text` each of its characters stands
    places    for each window (T, 2) places in the cleaned text; -1 or empty for tokens that stand nowhere
    tokens    for each window
    """
    shown, origins = cleaned
    standing = {(int(start), int(end)) for window in places for start, end in window if start < end}
    words = word_places(shown, standing)
    begins = np.array([start for start, _ in words], dtype=np.int64)
    ends = np.array([end for _, end in words], dtype=np.int64)
    return TextWords(
        text,
        tuple((origins[start][0], origins[end - 1][1]) for start, end in words),
        tuple(_owners(np.asarray(window, dtype=np.int64).reshape(-1, 2), begins, ends) for window in places),
        tuple(tokens),
    )


def _owners(places: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> Owners:
    """The number of the word each token touches; the words were joined so that it is one at most."""
    if not len(begins):
        return np.full(len(places), NOBODY)
    number = np.searchsorted(ends, places[:, 0], side="right")  # the first word that ends behind the token's start
    inside = np.minimum(number, len(ends) - 1)
    touches = (places[:, 0] < places[:, 1]) & (number < len(ends)) & (begins[inside] < places[:, 1])
    return np.where(touches, inside, NOBODY)
