"""What the network says about windows becomes opinions of the text, with their probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from groundswell.data.opinion_targets import Elements, LocatedText, to_original
from groundswell.model.opinion_extractor import FLOOR, Extraction
from groundswell.types import Opinion, Span


class TokenOpinion(NamedTuple):
    """An opinion as places of tokens in a window; -1 for what is implicit or not told, NaN for no intensity."""

    window: int
    aspect: tuple[int, int]
    opinion: tuple[int, int]
    category: int
    polarity: int
    probability: float
    intensity: float = math.nan


def decode(found: Extraction, elements: Elements, *, floor: float = FLOOR) -> list[TokenOpinion]:
    """Every tuple whose probability is at least `floor`.

    P = P(aspect is a span) P(opinion words are one) P(they go together with this polarity) P(category | pair);
    an implicit span counts as certain. Of the categories the most probable one is taken, of the polarities that one and
    any other whose own probability is above one half. Where aspects are given by nature of the task, each gets the most
    probable of the polarities, whose probabilities then sum to 1.
    """
    aspect, opinion = found.aspects.logits.sigmoid(), found.opinions.logits.sigmoid()
    real = found.aspects.real.unsqueeze(2) & found.opinions.real.unsqueeze(1)
    chances = found.pairs.polarity.sigmoid() * (aspect.unsqueeze(2) * opinion.unsqueeze(1) * real).unsqueeze(3)
    if elements.given:
        shares = chances / chances.sum(dim=(2, 3), keepdim=True).clamp(min=1e-12)
        chances = torch.where(shares >= shares.amax(dim=(2, 3), keepdim=True), shares, 0.0) * real.unsqueeze(3)
    if found.pairs.category is not None:
        sure, category = found.pairs.category.softmax(dim=3).max(dim=3)
        chances = chances * sure.unsqueeze(3)
    else:
        category = torch.full_like(chances[..., 0], -1, dtype=torch.int64)
    # A second polarity of one pair is kept only where the network believes in it by itself.
    likely = found.pairs.polarity >= found.pairs.polarity.amax(dim=3, keepdim=True).clamp(max=0.0)
    chances = torch.where(likely, chances, 0.0)
    places = (chances >= floor).nonzero()
    window, first, second, polarity = places.unbind(dim=1)
    columns = (
        window, found.aspects.places[window, first], found.opinions.places[window, second],
        category[window, first, second], polarity if elements.polarities else torch.full_like(polarity, -1),
        chances[window, first, second, polarity], _intensities(found, window, first, second),
    )  # fmt: skip
    rows = zip(*(_listed(column) for column in columns), strict=True)
    return [TokenOpinion(row[0], tuple(row[1]), tuple(row[2]), *row[3:]) for row in rows]


def opinions_of(located: LocatedText, found: Sequence[TokenOpinion], elements: Elements) -> tuple[Opinion, ...]:
    """The opinions of one text in the order they stand in; found in two windows, an opinion keeps its best score.

    found   windows are numbered within this text
    """
    best: dict[tuple[object, ...], Opinion] = {}
    for candidate in found:
        aspect = _span(candidate.aspect, candidate.window, located)
        words = _span(candidate.opinion, candidate.window, located)
        opinion = Opinion(
            aspect=aspect,
            category=elements.categories[candidate.category] if elements.categories else None,
            opinion=words,
            polarity=elements.polarities[candidate.polarity] if elements.polarities else "neutral",  # type: ignore[arg-type]
            score=candidate.probability,
            intensity=None if math.isnan(candidate.intensity) else candidate.intensity,
        )
        key = (aspect, words, opinion.category, opinion.polarity)
        if key not in best or best[key].score < opinion.score:
            best[key] = opinion
    return tuple(sorted(best.values(), key=_place))


def _intensities(found: Extraction, window: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Of each pair, 0-1; NaN where the network does not tell."""
    if found.pairs.intensity is None:
        return torch.full(window.shape, math.nan)
    return found.pairs.intensity[window, first, second].sigmoid()


def _span(tokens: tuple[int, int], window: int, located: LocatedText) -> Span | None:
    return None if tokens[0] < 0 else to_original(*tokens, window, located)


def _place(opinion: Opinion) -> tuple[int, int]:
    starts = [span.start for span in (opinion.aspect, opinion.opinion) if span is not None]
    ends = [span.end for span in (opinion.aspect, opinion.opinion) if span is not None]
    return (min(starts, default=0), max(ends, default=0))


def _listed(column: Tensor) -> list[object]:
    return column.cpu().tolist()
