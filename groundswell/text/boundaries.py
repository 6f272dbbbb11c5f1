"""Which tokens a span may begin and end with: those at the border of a word."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.text.segmentation import WORD
from groundswell.text.sentences import split_clauses
from groundswell.text.tokenization import Places


class Boundaries(NamedTuple):
    """begins, ends   (T,) bool: the token is the first, the last of a word or of a part that stands alone."""

    begins: NDArray[np.bool_]
    ends: NDArray[np.bool_]


def find_boundaries(text: str, places: Places) -> Boundaries:
    """The boundaries of the tokens of a window; special tokens, which stand nowhere, have none.

    Words are those of `Segmentation("words")`: a Chinese character is one, so that a span may begin at any of them.
    Of several tokens for one character (bytes of a byte-level tokenizer) the first begins and the last ends.

    >>> find_boundaries("unbelievable food", np.array([[-1, -1], [0, 2], [2, 12], [13, 17]]))
    Boundaries(begins=array([False,  True, False,  True]), ends=array([False, False,  True,  True]))
    """
    inside = np.zeros(len(text) + 1, dtype=bool)
    for match in WORD.finditer(text):
        inside[match.start() + 1 : match.end()] = True
    starts, stops = places[:, 0], places[:, 1]
    real = stops > starts
    begins = real & ~inside[np.maximum(starts, 0)]
    ends = real & ~inside[np.maximum(stops, 0)]
    same = np.zeros(len(places), dtype=bool)
    same[1:] = real[1:] & (starts[1:] == starts[:-1]) & (stops[1:] == stops[:-1])
    begins &= ~same
    ends[:-1] &= ~same[1:]
    return Boundaries(begins, ends)


def clause_boundaries(text: str, places: Places) -> Boundaries:
    """The first and the last token of each clause; see `split_clauses`."""
    begins, ends = np.zeros(len(places), dtype=bool), np.zeros(len(places), dtype=bool)
    for start, end in split_clauses(text):
        inside = np.flatnonzero((places[:, 0] < places[:, 1]) & (places[:, 0] >= start) & (places[:, 1] <= end))
        whole = len(inside) and places[inside[0]][0] == start and places[inside[-1]][1] == end
        if whole:  # a clause that a window cuts in two is not one there
            begins[inside[0]], ends[inside[-1]] = True, True
    return Boundaries(begins, ends)
