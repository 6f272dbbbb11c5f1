"""What each word adds to a score that is a weighted sum of features: exact, nothing is estimated."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.word_scorer import BaselineWords
from groundswell.representation.lexicon import Lexicon
from groundswell.representation.ngram_features import NgramFeatures

Numbers = NDArray[np.float64]


class LinearWeights(NamedTuple):
    """What the weights of a linear model give for one text.

    weights   (W,), which with `outside` sum to score - start
    outside   what tokens of no word add
    score     of the text
    start     of a text without words: the bias
    """

    weights: Numbers
    outside: float
    score: float
    start: float


def linear_weights(baseline: BaselineWords, words: TextWords, output: ExplainedOutput) -> LinearWeights:
    """The weights of a text's words: weight times value of every feature, given to the tokens it is made of.

    An n-gram's share is divided among its occurrences and their tokens. Of a lexicon, a feeling word gets what it would
    add alone, and each negation or intensifier before it, the nearest first, what it changes.
    """
    classifier = baseline.classifier
    per_class = _of_classes(output, len(classifier.weights.bias))
    start = float(output.scores(torch.from_numpy(classifier.weights.bias)[None])[0])
    per_feature = classifier.weights.weights @ per_class  # (F,)
    tokens = words.tokens[0]
    if isinstance(classifier.features, Lexicon):
        values = _of_lexicon(classifier.features, tokens, per_feature)
    else:
        values = _of_ngrams(classifier.features, baseline.numbers, tokens, per_feature)
    weights, outside = words.summed([values])
    return LinearWeights(weights, outside, start + float(values.sum()), start)


def _of_classes(output: ExplainedOutput, count: int) -> Numbers:
    """(C,): what one more of each logit adds to the score, which is a sum of logits."""
    zero = torch.zeros(1, count, dtype=torch.float64)
    return (output.scores(torch.eye(count, dtype=torch.float64)) - output.scores(zero)).numpy()


def _of_ngrams(features: NgramFeatures, numbers: dict[str, int], tokens: list[str], per_feature: Numbers) -> Numbers:
    """(T,)"""
    row = features([tokens])
    added = dict(zip(row.indices.tolist(), (row.data * per_feature[row.indices]).tolist(), strict=True))
    places: dict[int, list[tuple[int, int]]] = {}
    for size in range(features.sizes[0], features.sizes[1] + 1):
        for start in range(len(tokens) - size + 1):
            number = numbers.get(" ".join(tokens[start : start + size]))
            if number is not None:
                places.setdefault(number, []).append((start, size))
    values = np.zeros(len(tokens))
    for number, found in places.items():
        for start, size in found:
            values[start : start + size] += added[number] / len(found) / size
    return values


def _of_lexicon(lexicon: Lexicon, tokens: list[str], per_feature: Numbers) -> Numbers:
    """(T,)"""
    values = np.zeros(len(tokens))
    positive, negative, net = map(float, per_feature)

    def adds(value: float) -> float:
        """What a feeling word of this value adds to the score."""
        return value * ((positive if value > 0 else negative) + net / math.sqrt(len(tokens)))

    for hit in lexicon(tokens).hits:
        value = hit.own_value
        values[hit.place] += adds(value)
        for place, factor in hit.modifiers:
            values[place] += adds(value * factor) - adds(value)
            value *= factor
    return values
