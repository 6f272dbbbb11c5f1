"""What an opinion extractor says about texts, as fields of their analyses."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from groundswell.data.opinion_targets import LocatedText
from groundswell.errors import DataError
from groundswell.model.label_answers import Answer
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.representation.negation import NegationFinder
from groundswell.text.blank import is_blank
from groundswell.text.cleaning import Place, clean, clean_with_places
from groundswell.text.sentences import split_sentences
from groundswell.text.term_search import check_terms, find_terms
from groundswell.types import Opinion, Sentence, Span

Asked = Sequence[Mapping[str, Sequence[Place]]]


class OpinionAnswers:
    """Opinions of each text, and the labels of its sentences and of the whole that follow from them.

    on_blank, on_windows   what an analysis says of a blank text, and of the windows of a long one
    """

    on_blank = "it holds no opinions"
    on_windows = "whose opinions were joined"
    takes_aspects = True

    def __init__(self, saved: SavedExtractor, device: torch.device, *, bfloat16: bool) -> None:
        self.elements = saved.model.elements
        self.calibration, self._cleaning = saved.calibration, saved.text.cleaning
        self._reader = saved.reader(device, bfloat16=bfloat16)
        self._holds_negation = NegationFinder()

    def __call__(self, texts: Sequence[str], aspects: Sequence[str] | None = None) -> list[Answer]:
        """One answer per text; `aspects` as in `asked`."""
        asked = self.asked(texts, aspects)
        read = self.read(texts, asked)
        found = self._reader.opinions(read)
        return [
            Answer(self.fields(text, opinions), located.tokens, not_found(asked, number))
            for number, (text, located, opinions) in enumerate(zip(texts, read, found, strict=True))
        ]

    def asked(self, texts: Sequence[str], aspects: Sequence[str] | None) -> Asked | None:
        """Where the aspects that are asked for stand in each text; None when they are to be found.

        aspects  names that are asked for; nothing is said of other aspects

        Raises DataError for a list with an empty name or one that stands there twice, and without a list for a model
        that is given its aspects.
        """
        if aspects is None:
            if self.elements.given:
                raise DataError("this model is given its aspects: name them, with --aspect or aspects=[…]")
            return None
        if not self.elements.aspects:
            raise DataError("this model looks for no aspects. Leave the list out")
        check_terms(aspects)
        check_terms([clean(name, self._cleaning).strip() or name for name in aspects])
        return [self._places(text, aspects) for text in texts]

    def _places(self, text: str, aspects: Sequence[str]) -> dict[str, list[Place]]:
        """Where names stand in a text as the model reads it: cleaning makes some characters alike."""
        shown, origins = clean_with_places(text, self._cleaning)
        terms = {clean(name, self._cleaning).strip() or name: name for name in aspects}
        return {
            terms[term]: [(origins[start][0], origins[end - 1][1]) for start, end in places]
            for term, places in find_terms(shown, list(terms)).items()
        }

    def read(self, texts: Sequence[str], asked: Asked | None) -> list[LocatedText]:
        """The tokens of each text with their places."""
        given = None if asked is None else [_spans(text, found) for text, found in zip(texts, asked, strict=True)]
        return self._reader.read(texts, given)

    def fields(self, text: str, opinions: Sequence[Opinion]) -> dict[str, Any]:
        """The fields of a text in which a model found these opinions; a blank text holds none."""
        shown = tuple(
            replace(opinion, negated=opinion.opinion is not None and self._holds_negation(opinion.opinion.text))
            for opinion in (() if is_blank(text) else opinions)
        )
        fields: dict[str, Any] = {"opinions": shown}
        strengths = [opinion.intensity for opinion in shown if opinion.intensity is not None]
        if self.elements.intensity:
            fields["intensity"] = statistics.mean(strengths) if strengths else 0.0
        if self.elements.polarities:
            sentences = label_sentences(text, shown)
            fields |= {"sentences": sentences, "label": label_of([sentence.label for sentence in sentences])}
        return fields

    def opinions(
        self,
        texts: Sequence[str],
        given: Sequence[tuple[Span, ...]] | None = None,
        on_batch: Callable[[int], None] = lambda texts: None,
    ) -> list[tuple[Opinion, ...]]:
        """The opinions of each text alone; a blank text has none. `given`: of each text the aspects asked for."""
        found = self._reader.opinions(self._reader.read(texts, given), on_batch)
        return [() if is_blank(text) else opinions for text, opinions in zip(texts, found, strict=True)]


def not_found(asked: Asked | None, number: int) -> tuple[str, ...]:
    """The warning of a text that some of the aspects asked for do not stand in."""
    missing = [name for name, places in asked[number].items() if not places] if asked is not None else []
    return (f"aspect_not_found: {', '.join(missing)}",) if missing else ()


def label_sentences(text: str, opinions: Sequence[Opinion]) -> tuple[Sentence, ...]:
    """Each sentence with the label of its own opinions: both polarities are `mixed`, none is `neutral`.

    An opinion belongs to the sentence that its opinion words begin in, else its aspect; an opinion with neither belongs
    to the first.
    """
    places = split_sentences(text)
    ends = [end for _, end in places]
    polarities: list[set[str]] = [set() for _ in places]
    for opinion in opinions:
        span = opinion.opinion or opinion.aspect
        start = 0 if span is None else span.start
        home = bisect_right(ends, start)
        if home < len(places):
            polarities[home].add(opinion.polarity)
    return tuple(
        Sentence(start, end, label_of(sorted(found)), {})
        for (start, end), found in zip(places, polarities, strict=True)
    )


def label_of(parts: Sequence[str]) -> str:
    """The label of a whole whose parts have these labels.

    Some positive and the rest neutral is positive, some negative and the rest neutral is negative, both, or one that is
    mixed itself, is mixed; nothing but neutral is neutral.

    >>> label_of(["neutral", "positive"]), label_of(["positive", "negative"]), label_of([])
    ('positive', 'mixed', 'neutral')
    """
    found = set(parts)
    if "mixed" in found or {"positive", "negative"} <= found:
        return "mixed"
    return next((name for name in ("positive", "negative") if name in found), "neutral")


def _spans(text: str, found: Mapping[str, Sequence[Place]]) -> tuple[Span, ...]:
    places = sorted({place for places in found.values() for place in places})
    return tuple(Span(text[start:end], start, end) for start, end in places)
