"""Which tokens a span may begin and end with: those at the border of a word, or of a whole clause."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.text.segmentation import WORD
from groundswell.text.sentences import split_clauses
from groundswell.text.tokenization import Places


class Boundaries(NamedTuple):
    """begins, ends   (T,) bool: the token is the first, the last of what a span is made of."""

    begins: NDArray[np.bool_]
    ends: NDArray[np.bool_]


@dataclass(frozen=True)
class WordBorders:
    """Borders of the words of a text; calling it gives the boundaries of the tokens of a window.

    Words are those of `Segmentation("words")`: a Chinese character is one, so that a span may begin at any of them. A
    token inside a word is no boundary, and a special one, which stands nowhere, neither. Of several tokens for one
    character (bytes of a byte-level tokenizer) the first begins and the last ends.

    >>> WordBorders("unbelievable food")(np.array([[-1, -1], [0, 2], [2, 12], [13, 17]]))
    Boundaries(begins=array([False,  True, False,  True]), ends=array([False, False,  True,  True]))
    """

    text: str

    def __call__(self, places: Places) -> Boundaries:
        """places (T, 2)"""
        starts, stops = places[:, 0], places[:, 1]
        real = stops > starts
        begins = real & ~self._inside[np.maximum(starts, 0)]
        ends = real & ~self._inside[np.maximum(stops, 0)]
        same = np.zeros(len(places), dtype=bool)
        same[1:] = real[1:] & (starts[1:] == starts[:-1]) & (stops[1:] == stops[:-1])
        begins &= ~same
        ends[:-1] &= ~same[1:]
        return Boundaries(begins, ends)

    @cached_property
    def _inside(self) -> NDArray[np.bool_]:
        """For each place between two characters whether it lies inside a word."""
        inside = np.zeros(len(self.text) + 1, dtype=bool)
        for match in WORD.finditer(self.text):
            inside[match.start() + 1 : match.end()] = True
        return inside


@dataclass(frozen=True)
class ClauseBorders:
    """The same for clauses: only the first and the last token of a whole one are boundaries; see `split_clauses`."""

    text: str

    def __call__(self, places: Places) -> Boundaries:
        """places (T, 2)"""
        begins, ends = np.zeros(len(places), dtype=bool), np.zeros(len(places), dtype=bool)
        real = places[:, 0] < places[:, 1]
        for start, end in self._clauses:
            inside = np.flatnonzero(real & (places[:, 0] >= start) & (places[:, 1] <= end))
            whole = len(inside) and places[inside[0]][0] == start and places[inside[-1]][1] == end
            if whole:  # a clause that a window cuts in two is not one there
                begins[inside[0]], ends[inside[-1]] = True, True
        return Boundaries(begins, ends)

    @cached_property
    def _clauses(self) -> list[tuple[int, int]]:
        return split_clauses(self.text)
