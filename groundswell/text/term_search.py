"""Where given terms stand in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundswell.errors import DataError
from groundswell.text.cleaning import Place
from groundswell.text.segmentation import UNSPACED

_SPACED = re.compile(rf"[^\W{UNSPACED}]")


def check_terms(terms: Sequence[str]) -> None:
    """Nothing; raises DataError for no term, an empty one, or one that is given twice (case does not count)."""
    if not terms:
        raise DataError("aspects: found an empty list, expected at least one name. Leave it out to have aspects found")
    for number, term in enumerate(terms, 1):
        if not term.strip():
            raise DataError(f"aspects: name {number} of {len(terms)} is empty. Remove it")
    seen: dict[str, str] = {}
    for term in terms:
        if term.strip().casefold() in seen:
            raise DataError(
                f"aspects: {term!r} is given twice (as {seen[term.strip().casefold()]!r} before). Remove one"
            )
        seen[term.strip().casefold()] = term


def find_terms(text: str, terms: Sequence[str]) -> dict[str, list[Place]]:
    """The places of each term, in code points; upper and lower case are one, and a word is found as a whole only.

    >>> find_terms("The Bar and the barbecue. 酒吧很好", ["bar", "酒吧", "pool"])
    {'bar': [(4, 7)], '酒吧': [(26, 28)], 'pool': []}
    """
    found = {}
    for term in terms:
        inner = re.escape(term.strip())
        before = r"(?<!\w)" if _SPACED.match(term.strip()[0]) else ""
        behind = r"(?!\w)" if _SPACED.match(term.strip()[-1]) else ""
        found[term] = [match.span() for match in re.finditer(before + inner + behind, text, re.IGNORECASE)]
    return found
