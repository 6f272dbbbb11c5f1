"""Where a string stands in a text, for formats that give no offsets, or wrong ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from groundswell.types import Span

_FIRST_OF_ASIA = "\u2e80"  # from here on scripts put no blanks between words


def occurrences(term: str, text: str) -> list[int]:
    """Every code point at which the string begins, overlapping ones included; none for an empty string.

    >>> occurrences("aa", "aaa")
    [0, 1]
    """
    starts = []
    start = text.find(term) if term else -1
    while start >= 0:
        starts.append(start)
        start = text.find(term, start + 1)
    return starts


def word_occurrences(term: str, text: str) -> list[int]:
    """`occurrences` at the borders of words where there are such, else all of them.

    >>> word_occurrences("it", "with it"), word_occurrences("it", "with")
    ([5], [1])
    """
    starts = occurrences(term, text)
    whole = [start for start in starts if not _cuts_word(text, start) and not _cuts_word(text, start + len(term))]
    return whole or starts


def nearest(term: str, text: str, start: int) -> list[Span]:
    """The occurrences nearest to a place, the leftmost first: two when both sides are equally near."""
    starts = occurrences(term, text)
    least = min((abs(found - start) for found in starts), default=0)
    return [Span(term, found, found + len(term)) for found in starts if abs(found - start) == least]


def candidates(term: str, text: str) -> list[Span]:
    """The spans that a string alone may mean: its `word_occurrences`."""
    return [Span(term, start, start + len(term)) for start in word_occurrences(term, text)]


def place_strings(aspects: Sequence[Span], opinions: Sequence[Span]) -> tuple[Span | None, Span | None]:
    """The two candidates with the fewest code points between them; apart before overlapping, then the leftmost.

    Without a candidate on one side (implicit, None) the first of the other side.
    """
    if not aspects or not opinions:
        return next(iter(aspects), None), next(iter(opinions), None)
    return min(
        ((aspect, opinion) for aspect in aspects for opinion in opinions),
        key=lambda pair: (_gap(*pair), _overlap(*pair), pair[0].start, pair[1].start),
    )


def _gap(first: Span, second: Span) -> int:
    return max(0, second.start - first.end, first.start - second.end)


def _overlap(first: Span, second: Span) -> bool:
    return first.start < second.end and second.start < first.end


def _cuts_word(text: str, border: int) -> bool:
    """Whether a border between two code points lies inside a word, or between a letter and its accent."""
    if not 0 < border < len(text):
        return False
    before, after = text[border - 1], text[border]
    if unicodedata.combining(after):
        return True
    joined = before.isalnum() or unicodedata.combining(before)
    return bool(joined and after.isalnum() and before < _FIRST_OF_ASIA and after < _FIRST_OF_ASIA)
