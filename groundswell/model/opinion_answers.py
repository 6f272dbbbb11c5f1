"""What an opinion extractor says about texts, as fields of their analyses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from groundswell.model.label_answers import Answer
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.text.blank import is_blank
from groundswell.text.sentences import split_sentences
from groundswell.types import Opinion, Sentence


class OpinionAnswers:
    """Opinions of each text, and the labels of its sentences and of the whole that follow from them."""

    def __init__(self, saved: SavedExtractor, device: torch.device, *, bfloat16: bool) -> None:
        self.elements = saved.model.elements
        self._reader = saved.reader(device, bfloat16=bfloat16)

    def __call__(self, texts: Sequence[str]) -> list[Answer]:
        """One answer per text."""
        read = self._reader.read(texts)
        answers = []
        for text, located, opinions in zip(texts, read, self._reader.opinions(read), strict=True):
            fields: dict[str, object] = {"opinions": () if is_blank(text) else opinions}
            if self.elements.polarities:
                sentences = label_sentences(text, fields["opinions"])  # type: ignore[arg-type]
                fields |= {"sentences": sentences, "label": label_of([sentence.label for sentence in sentences])}
            answers.append(Answer(fields, located.tokens))
        return answers

    def opinions(
        self, texts: Sequence[str], on_batch: Callable[[int], None] = lambda texts: None
    ) -> list[tuple[Opinion, ...]]:
        """The opinions of each text alone; a blank text has none."""
        found = self._reader.opinions(self._reader.read(texts), on_batch)
        return [() if is_blank(text) else opinions for text, opinions in zip(texts, found, strict=True)]


def label_sentences(text: str, opinions: Sequence[Opinion]) -> tuple[Sentence, ...]:
    """Each sentence with the label of its own opinions: both polarities are `mixed`, none is `neutral`.

    An opinion belongs to the sentence that its opinion words begin in, else its aspect; an opinion with neither belongs
    to the first.
    """
    places = split_sentences(text)
    polarities: list[set[str]] = [set() for _ in places]
    for opinion in opinions:
        span = opinion.opinion or opinion.aspect
        start = 0 if span is None else span.start
        home = next((number for number, (_, end) in enumerate(places) if start < end), None)
        if home is not None:
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
