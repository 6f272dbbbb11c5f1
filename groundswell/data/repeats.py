"""Texts that repeat an earlier one of the same file, exactly or nearly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from groundswell.data.corpus.copies import NearCopies
from groundswell.data.leakage import LEAST_SIMILARITY, form_digest, normal_form


@dataclass(frozen=True, slots=True)
class Repeat:
    """Text `index` repeats the earlier text `of`; both 0-based.

    similarity   0-1 as in `leakage.Overlap`; 1.0 for exact
    """

    kind: Literal["exact", "near"]
    index: int
    of: int
    similarity: float


def find_repeats(texts: Sequence[str]) -> list[Repeat]:
    """Every text that repeats an earlier one, in order; exact in normal form, else near. Blank texts are left out.

    A text is compared with those that repeat no other one themselves, so chains of small changes end.

    >>> find_repeats(["Good food.", "Bad.", "good FOOD"])[0].of
    0
    """
    first: dict[bytes, int] = {}
    copies = NearCopies(LEAST_SIMILARITY)
    found: list[Repeat] = []
    forms = [normal_form(text) for text in texts]
    for index, form in enumerate(forms):
        if not form:
            continue
        of = first.setdefault(form_digest(form), index)
        if of != index:
            found.append(Repeat("exact", index, of, 1.0))
        else:
            copies.add(index, form)
    found += [Repeat("near", copy.number, copy.of, copy.similarity) for copy in copies.find(forms.__getitem__)]
    return sorted(found, key=lambda repeat: repeat.index)
