"""From gold opinions in code points to places of tokens, window by window, with everything counted that gets lost."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from groundswell.data.opinion_batching import OpinionWindow
from groundswell.text.boundaries import ClauseBorders, WordBorders
from groundswell.text.cleaning import Place, clean_with_places
from groundswell.text.tokenization import Places, TextTokenizer, TokenizedText
from groundswell.types import Example, Opinion, Span

TokenSpan = tuple[int, int]
IMPLICIT: TokenSpan = (-1, -1)


@dataclass(frozen=True)
class Elements:
    """What of an opinion is learned; what is left out does not tell opinions apart.

    polarities, categories   names by number; empty when this element is left out
    longest                  longest span in tokens
    tagged                   spans are found by tags, so that those of one kind cannot overlap
    clauses                  a span is a whole clause, and nothing else is one
    given                    aspects are not found but given with the text, each to be told its polarity
    intensity                how strong each opinion is, 0-1
    """

    aspects: bool
    opinions: bool
    polarities: tuple[str, ...]
    categories: tuple[str, ...]
    longest: int
    tagged: bool = False
    given: bool = False
    clauses: bool = False
    intensity: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of spans that are looked for."""
        return tuple(name for name, wanted in (("aspect", self.aspects), ("opinion", self.opinions)) if wanted)


@dataclass(frozen=True)
class LocatedText:
    """A text as received and as the model reads it.

    origins   of each character of the cleaned text, where it stands in the text as received
    tokens    with their places in the cleaned text
    given     aspects that are asked for; None: they are to be found
    """

    text: str
    cleaned: str
    origins: Sequence[Place]
    tokens: TokenizedText
    given: tuple[Span, ...] | None = None


def locate(
    texts: Sequence[str], cleaning: Sequence[str], tokenizer: TextTokenizer,
    given: Sequence[tuple[Span, ...] | None] | None = None,
) -> list[LocatedText]:  # fmt: skip
    """Texts cleaned and cut into tokens, with the way back to the text as received.

    given   of each text the aspects that are asked for
    """
    cleaned = [clean_with_places(text, cleaning) for text in texts]
    tokens = tokenizer.located([text for text, _ in cleaned])
    asked = given or [None] * len(texts)
    return [
        LocatedText(text, shown, origins, found, aspects)
        for text, (shown, origins), found, aspects in zip(texts, cleaned, tokens, asked, strict=True)
    ]


def aspects_of(example: Example) -> tuple[Span, ...]:
    """The different explicit aspects of an example's gold opinions, in the order of the text."""
    spans = {opinion.aspect for opinion in example.opinions or () if opinion.aspect is not None}
    return tuple(sorted(spans, key=lambda span: (span.start, span.end)))


def gold_of(example: Example, *, given: bool) -> tuple[Opinion, ...]:
    """The gold opinions that a model can be asked for; with aspects that are given, those of explicit aspects."""
    return tuple(opinion for opinion in example.opinions or () if opinion.aspect is not None or not given)


def windows_of(
    located: LocatedText, gold: Sequence[Opinion], elements: Elements, lost: Counter[str]
) -> tuple[OpinionWindow, ...]:
    """The windows of a text with the gold opinions that lie in each; in `lost` is counted what lies in none.

    An opinion whose border falls into a word is learned with the whole word. Reasons in `lost`: `removed by cleaning`,
    `span longer than N tokens`, `span over several clauses`, `in no window`.
    """
    spans = [
        (_cleaned(opinion.aspect, located) if elements.aspects else None,
         _cleaned(opinion.opinion, located) if elements.opinions else None)
        for opinion in gold
    ]  # fmt: skip
    windows, reached = [], set()
    borders = _borders(located, elements)
    for ids, places in zip(located.tokens.windows, located.tokens.places, strict=True):
        begins, ends = borders(places)
        tuples: dict[tuple[int, ...], float] = {}
        for number, (opinion, (aspect, words)) in enumerate(zip(gold, spans, strict=True)):
            first, second = (_tokens(span, places, begins, ends) for span in (aspect, words))
            if first is None or second is None or any(_too_much(span, ends, elements) for span in (first, second)):
                continue
            reached.add(number)
            strength = math.nan if opinion.intensity is None else opinion.intensity
            tuples.setdefault((*first, *second, *_numbers(opinion, elements)), strength)
        asked = None
        if located.given is not None:
            tokens = (_tokens(_cleaned(span, located), places, begins, ends) for span in located.given)
            asked = tuple(dict.fromkeys(span for span in tokens if span is not None))
        borders_of = torch.from_numpy(begins), torch.from_numpy(ends)
        windows.append(OpinionWindow(ids, *borders_of, tuple(tuples), asked, tuple(tuples.values())))
    for number in set(range(len(gold))) - reached:
        lost[_why(gold[number], spans[number], located, elements)] += 1
    return tuple(windows)


def _borders(located: LocatedText, elements: Elements) -> WordBorders | ClauseBorders:
    return ClauseBorders(located.cleaned) if elements.clauses else WordBorders(located.cleaned)


def to_original(first: int, last: int, window: int, located: LocatedText) -> Span:
    """The span of tokens `first` to `last` of a window, in the text as received."""
    places = located.tokens.places[window]
    start = located.origins[int(places[first][0])][0]
    end = located.origins[int(places[last][1]) - 1][1]
    return Span(located.text[start:end], start, end)


def _cleaned(span: Span | None, located: LocatedText) -> Place | None:
    """Where a span of the original stands in the cleaned text; an empty place when cleaning removed it."""
    if span is None:
        return None
    start = bisect_left(located.origins, span.start + 1, key=lambda place: place[1])
    end = bisect_left(located.origins, span.end, key=lambda place: place[0])
    return (start, max(start, end))


def _tokens(span: Place | None, places: Places, begins: np.ndarray, ends: np.ndarray) -> TokenSpan | None:
    """First and last token over a place, moved out to the next borders; None when not all of it is in the window."""
    if span is None:
        return IMPLICIT
    covered = np.flatnonzero((places[:, 1] > span[0]) & (places[:, 0] < span[1]) & (places[:, 0] < places[:, 1]))
    if not len(covered):
        return None
    first, last = int(covered[0]), int(covered[-1])
    while first > 0 and not begins[first]:
        first -= 1
    while last < len(ends) - 1 and not ends[last]:
        last += 1
    inside = places[first][0] <= span[0] and places[last][1] >= span[1]
    return (first, last) if inside and begins[first] and ends[last] else None


def _numbers(opinion: Opinion, elements: Elements) -> tuple[int, int]:
    category = elements.categories.index(opinion.category) if opinion.category in elements.categories else -1
    return category, elements.polarities.index(opinion.polarity) if elements.polarities else -1


def _why(opinion: Opinion, spans: tuple[Place | None, Place | None], located: LocatedText, elements: Elements) -> str:
    if any(span is not None and span[0] == span[1] for span in spans):
        return "removed by cleaning"
    borders = _borders(located, elements)
    for span in spans:
        for places in located.tokens.places:
            begins, ends = borders(places)
            found = _tokens(span, places, begins, ends)
            if found is not None and (reason := _too_much(found, ends, elements)):
                return reason
    return "in no window"


def _too_much(span: TokenSpan, ends: np.ndarray, elements: Elements) -> str | None:
    """Why a span is never looked for, if so."""
    first, last = span
    if last - first >= elements.longest:
        return f"span longer than {elements.longest} tokens"
    return "span over several clauses" if elements.clauses and ends[first:last].any() else None
