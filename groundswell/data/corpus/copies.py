"""Documents that repeat an earlier one, exactly or nearly; the first stays.

Exact: equal in normal form, without case, punctuation and blanks. Near: at least so similar in their character 4-grams
(Broder 1997, https://doi.org/10.1109/SEQUEN.1997.666900), found by `near_duplicates`: MinHash in b = 25 bands of r = 5
rows. Two texts of similarity s agree in a band with probability s^r and are compared when they agree in at least two,

    P(s) = 1 - (1 - s^r)^b - b s^r (1 - s^r)^(b - 1)        0.9994 at s = 0.8, 0.59 at 0.6, 0.00003 at 0.2

(one band alone has its threshold at (1/b)^(1/r) = 0.53, and two reviews about anything are alike to 0.15). What is
compared is compared exactly, so no document is dropped that is less similar than asked.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.data.leakage import form_digest
from groundswell.data.near_duplicates import LEAST_LENGTH, KeyTable, near_similarity
from groundswell.errors import DataError

EXACT = "exact copy"
NEAR = "near copy"
_LEAST_ASKED = 0.75  # below, two bands miss more than one pair of a hundred
_LEAST_BANDS = 2
_MOST_CANDIDATES = 64  # of one document; so that a thousand variants of a template stay affordable


@dataclass(frozen=True, slots=True)
class NearCopy:
    """Document `number` is nearly document `of`; `similarity` 0-1 as in `near_duplicates.near_similarity`."""

    number: int
    of: int
    similarity: float


class ExactCopies:
    """Which normal forms were seen before; some 100 bytes for each different one."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def is_new(self, form: str) -> bool:
        """Whether this is the first time that the form is asked about."""
        digest = form_digest(form)
        if digest in self._seen:
            return False
        self._seen.add(digest)
        return True


class NearCopies:
    """Documents that are added one by one, and then those of them that nearly repeat an earlier one.

    least_similarity   0.75-1
    """

    def __init__(self, least_similarity: float) -> None:
        if not _LEAST_ASKED <= least_similarity <= 1:
            raise DataError(
                f"near copies: found a least similarity of {least_similarity}, expected {_LEAST_ASKED} to 1: looser "
                "copies are not found reliably. Change it."
            )
        self._least = least_similarity
        self._table = KeyTable()
        self._numbers = array("q")

    def add(self, number: int, form: str) -> None:
        """Take in a document by its normal form; numbers rise. Forms too short for near copies are left out."""
        if len(form) >= LEAST_LENGTH - 1:  # the partner may have one more
            self._table.add(form)
            self._numbers.append(number)

    def find(self, form_of: Callable[[int], str]) -> Iterator[NearCopy]:
        """Every document that nearly repeats an earlier one which is no copy itself, in order of their numbers.

        form_of   the normal form of a number; asked for again, so that texts need not stay in memory

        Of the members of a crowd, as the variants of a template are, only 64 are compared with each.
        """
        members = self._memberships()
        kept: dict[int, list[int]] = {}
        for start, end in pairwise([*np.flatnonzero(np.diff(members.places, prepend=-1)), len(members.places)]):
            place, groups = int(members.places[start]), members.groups[start:end].tolist()
            shared: Counter[int] = Counter()
            for group in groups:
                for earlier in kept.get(group, ()):
                    shared[earlier] += _LEAST_BANDS if group >= members.first_short else 1
            copy = self._first_near(place, shared, form_of)
            if copy is not None:
                yield copy
                continue
            for group in groups:
                known = kept.setdefault(group, [])
                if len(known) < _MOST_CANDIDATES:
                    known.append(place)

    def _first_near(self, place: int, shared: Counter[int], form_of: Callable[[int], str]) -> NearCopy | None:
        likely = sorted((-count, other) for other, count in shared.items() if count >= _LEAST_BANDS)
        if not likely:
            return None
        number = self._numbers[place]
        form = form_of(number)
        for _, other in likely[:_MOST_CANDIDATES]:
            value = near_similarity(form_of(self._numbers[other]), form, self._least)
            if value is not None:
                return NearCopy(number, self._numbers[other], value)
        return None

    def _memberships(self) -> _Members:
        places, groups = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        num_groups = 0
        for owners, starts in self._table.band_groups():
            places.append(owners)
            groups.append(num_groups + _group_numbers(starts))
            num_groups += len(starts) - 1
        first_short = num_groups
        for owners, starts in self._table.short_groups():
            places.append(owners)
            groups.append(num_groups + _group_numbers(starts))
        all_places = np.concatenate(places)
        order = np.argsort(all_places, kind="stable")
        return _Members(all_places[order], np.concatenate(groups)[order], first_short)


class _Members(NamedTuple):
    """Texts that share a key with another one.

    places        (M,) places of the texts, rising; a text stands there once for each key it shares
    groups        (M,) number of the group of texts with this key
    first_short   groups from this number on are keys of the short texts' net, of which one is enough
    """

    places: NDArray[np.int64]
    groups: NDArray[np.int64]
    first_short: int


def _group_numbers(starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(G + 1,) places where groups begin, and the end -> the number of the group at each place."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))
