"""Evidence of opinions: the words without which a model believes less in what it found."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from groundswell.data.opinion_targets import LocatedText
from groundswell.explanation.gradients import blank_id
from groundswell.explanation.text_words import TextWords, owners_of
from groundswell.model.opinion_scoring import extract_opinions
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.text.blank import is_blank
from groundswell.types import Opinion


class OpinionEvidence(NamedTuple):
    """One opinion of a text, and its words.

    weights   (W,) the opinion's score less its score with the word covered; NaN for a word that is not read
    """

    words: TextWords
    opinion: Opinion
    weights: NDArray[np.float64]


def opinion_evidence(saved: SavedExtractor, located: LocatedText, device: torch.device) -> list[OpinionEvidence]:
    """The opinions of a text, each with the weights of the text's words; a blank text has none.

    A covered word keeps its place, its tokens become the mask (or the unknown token), so that the same opinion can be
    looked for where it stood; one that is not found any more has the score of probability 0. One reading of the text
    for each word, whatever the number of opinions.

    located   with the aspects that are asked for, where the model is given them
    """
    if is_blank(located.text):
        return []
    tokens = located.tokens
    words = owners_of(located.text, (located.cleaned, located.origins), tokens.places, tokens.windows)
    places = np.flatnonzero(words.read)
    covered = [_covered(located, words, int(place), blank_id(saved.tokenizer.tokens)) for place in places]
    model = saved.model.to(device).eval()
    every = extract_opinions(model, [located, *covered], pad_id=saved.tokenizer.pad_id, device=device)
    scores = [{_key(opinion): saved.calibration.score(opinion.score) for opinion in found} for found in every]
    lowest = saved.calibration.score(0.0)
    evidence = []
    for opinion in saved.calibration(every[0]):
        weights = np.full(len(words.words), np.nan)
        weights[places] = [opinion.score - found.get(_key(opinion), lowest) for found in scores[1:]]
        evidence.append(OpinionEvidence(words, opinion, weights))
    return evidence


def _covered(located: LocatedText, words: TextWords, place: int, blank: int) -> LocatedText:
    """The same text with nothing known of one word."""
    windows = tuple(
        np.where(owners == place, blank, ids).astype(np.int32)
        for ids, owners in zip(located.tokens.windows, words.owners, strict=True)
    )
    return replace(located, tokens=replace(located.tokens, windows=windows))


def _key(opinion: Opinion) -> tuple[object, ...]:
    return opinion.aspect, opinion.opinion, opinion.category, opinion.polarity
