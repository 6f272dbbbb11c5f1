"""Occlusion: what a score loses when a word is taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.word_scorer import Part, WordScorer, whole

Weights = NDArray[np.float64]
# Parts of texts that wait to be scored at once; more take memory, fewer fill batches worse.
MOST_PARTS = 4096


def occlusion(
    scorer: WordScorer,
    texts: Sequence[TextWords],
    outputs: Sequence[ExplainedOutput],
    on_word: Callable[[int], None] = lambda words: None,
) -> list[Weights]:
    """For each text (W,): its score less the score without the word; NaN for a word that the model does not read.

    Leave one out, Li et al. 2016 (https://arxiv.org/abs/1612.08220, equation 1, here of scores in place of log
    probabilities). One reading of the text for each word. Weights need not add up to anything: of two words that say
    the same, neither is missed.

    outputs   what is explained of each text
    on_word   called with the number of words done
    """
    found: list[Weights] = []
    for chunk in _chunks(texts):
        parts = [part for words in chunk for part in (whole(words), *_without_each(words))]
        logits = scorer.logits(parts, on_word)
        start = 0
        for words, output in zip(chunk, outputs[len(found) : len(found) + len(chunk)], strict=True):
            places = np.flatnonzero(words.read)
            scores = output.scores(logits[start : start + len(places) + 1]).to(torch.float64).numpy()
            weights = np.full(len(words.words), np.nan)
            weights[places] = scores[0] - scores[1:]
            found.append(weights)
            start += len(places) + 1
    return found


def _without_each(words: TextWords) -> Iterator[Part]:
    for place in np.flatnonzero(words.read):
        kept = np.ones(len(words.words), dtype=bool)
        kept[place] = False
        yield Part(words, kept)


def _chunks(texts: Sequence[TextWords]) -> Iterator[list[TextWords]]:
    chunk: list[TextWords] = []
    waiting = 0
    for words in texts:
        if chunk and waiting + len(words.words) > MOST_PARTS:
            yield chunk
            chunk, waiting = [], 0
        chunk.append(words)
        waiting += len(words.words) + 1
    if chunk:
        yield chunk
