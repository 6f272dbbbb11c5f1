"""What people wrote: the text around an opinion, and which few of many are shown."""

from __future__ import annotations

import unicodedata
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from groundswell.data.analysed_records import AnalysedDocument
from groundswell.types import Opinion, Polarity

AROUND = 48  # characters of context on each side
MOST_CHARACTERS_BETWEEN = 160  # an aspect farther away from its opinion is left out of the quote
_WORD_REACH = 12  # how far a cut moves to reach a blank
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}
_SKIN_TONES = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of a text with the words that count.

    id          of the row, or `line N`
    text        the piece as written; `cut` tells whether the text goes on before and after it
    marks       ("aspect" or "opinion", start, end) in `text`, code points, end-exclusive, in order
    """

    id: str
    line: int
    text: str
    cut: tuple[bool, bool]
    marks: tuple[tuple[Literal["aspect", "opinion"], int, int], ...]
    polarity: Polarity
    score: float


def quote(document: AnalysedDocument, opinion: Opinion) -> Quote:
    """The text around an opinion; its beginning for one that stands nowhere."""
    spans = [("opinion", opinion.opinion), ("aspect", opinion.aspect)]
    found = [(kind, span.start, span.end) for kind, span in spans if span is not None]
    first = found[0] if found else ("opinion", 0, 0)
    near = [mark for mark in found if max(mark[2], first[2]) - min(mark[1], first[1]) <= MOST_CHARACTERS_BETWEEN]
    near = near or found[:1]
    start = _cut(document.text, min((mark[1] for mark in near), default=0) - AROUND, -1)
    end = _cut(document.text, max((mark[2] for mark in near), default=AROUND) + AROUND, 1)
    piece = document.text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    marks = sorted(((kind, low - start, high - start) for kind, low, high in near), key=lambda mark: mark[1:])
    return Quote(
        id=document.id or f"line {document.line}",
        line=document.line,
        text=piece,
        cut=(bool(document.text[:start].strip()), bool(document.text[start + len(piece) :].strip())),
        marks=tuple(marks),  # type: ignore[arg-type]
        polarity=opinion.polarity,
        score=opinion.score,
    )


class BestQuotes:
    """The quotes that a group may show, in bounded memory; the best has the highest score, then the earliest line."""

    def __init__(self, num_quotes: int) -> None:
        self._most = num_quotes
        self._best: dict[Polarity, list[tuple[float, int, int, str, Quote]]] = {}
        self._num_seen = 0

    def offer(self, document: AnalysedDocument, opinion: Opinion) -> None:
        """Consider an opinion."""
        self._num_seen += 1
        best = self._best.setdefault(opinion.polarity, [])
        place = (-opinion.score, document.line, self._num_seen)
        # Of one text a single quote is shown, so each polarity keeps enough for its neighbours to have taken some.
        room = 3 * self._most
        if len(best) >= room and place >= best[-1][:3]:
            return
        same = next((entry for entry in best if entry[3] == document.text), None)
        if same is not None:
            if same[:3] <= place:
                return
            best.remove(same)
        insort(best, (*place, document.text, quote(document, opinion)), key=lambda entry: entry[:3])
        del best[room:]

    def chosen(self) -> tuple[Quote, ...]:
        """One of each polarity that occurs, where there is room, then the best of all; every one of another text."""
        ranked = sorted((entry for best in self._best.values() for entry in best), key=lambda entry: entry[:3])
        polarities: list[Polarity] = ["positive", "negative", "neutral"]
        firsts = [[entry for entry in ranked if entry[4].polarity == polarity] for polarity in polarities]
        taken: list[tuple[float, int, int, str, Quote]] = []
        for candidates in sorted(filter(None, firsts), key=len):  # those with least choice choose first
            _take(candidates, taken, 1)
        _take(ranked, taken, self._most - len(taken))
        shown = sorted(taken[: max(self._most, 0)], key=lambda entry: (polarities.index(entry[4].polarity), *entry[:3]))
        return tuple(entry[4] for entry in shown)


def _take(
    candidates: Iterable[tuple[float, int, int, str, Quote]],
    taken: list[tuple[float, int, int, str, Quote]],
    count: int,
) -> None:
    texts = {entry[3] for entry in taken}
    for entry in candidates:
        if count <= 0:
            return
        if entry[3] not in texts:
            taken.append(entry)
            texts.add(entry[3])
            count -= 1


def _cut(text: str, place: int, direction: int) -> int:
    """A place to cut near `place`: at a blank that is near, and never inside an emoji or an accented letter."""
    if place <= 0:
        return 0
    if place >= len(text):
        return len(text)
    for distance in range(_WORD_REACH):
        near = place + direction * distance
        if not 0 < near < len(text):
            return max(0, min(near, len(text)))
        if text[near - 1].isspace() or text[near].isspace():
            return near
        if not (_in_word(text[near - 1]) and _in_word(text[near])) and not _joined(text, near):
            return near
    while 0 < place < len(text) and _joined(text, place):
        place += direction
    return place


def _in_word(character: str) -> bool:
    return (character.isalnum() and character.isascii()) or character in "'’-"


def _joined(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    return after in _JOINERS or before == "\u200d" or bool(unicodedata.combining(after)) or ord(after) in _SKIN_TONES


def marked_pieces(shown: Quote) -> Sequence[tuple[str, frozenset[str]]]:
    """The text of a quote in pieces, each with the kinds of marks that cover it: none, `aspect`, `opinion` or both."""
    ends = sorted({0, len(shown.text), *(end for mark in shown.marks for end in mark[1:])})
    return [
        (
            shown.text[start:end],
            frozenset(kind for kind, low, high in shown.marks if low <= start and end <= high),
        )
        for start, end in pairwise(ends)
    ]
