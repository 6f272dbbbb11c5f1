"""Weights times features: exact for n-grams, for rare words weighed more, and for a lexicon with its negation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_explained import asked, linear

from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.weights import linear_weights
from groundswell.explanation.word_scorer import BaselineWords, whole
from groundswell.model.linear import LinearClassifier, LinearWeights
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedBaseline
from groundswell.representation.lexicon import Lexicon
from groundswell.text.segmentation import Segmentation

GRAMS = {"good": (0.0, 2.0), "not": (0.5, 0.0), "not good": (3.0, 0.0), "food": (0.25, 0.5)}


def weigh(saved: SavedBaseline, text: str, label: int = 1) -> Any:
    scorer = asked(saved)
    assert isinstance(scorer, BaselineWords)
    return linear_weights(scorer, scorer.read([text])[0], ExplainedOutput(scorer.outputs, label))


def test_ngrams_by_hand() -> None:
    """Score of positive: good +2 twice, not -0.5, not good -3 on two words, food +0.25; the rest nothing."""
    found = weigh(linear(GRAMS, (0.1, 0.4)), "not good food, good")
    assert found.weights.tolist() == pytest.approx([-0.5 - 1.5, 2 - 1.5, 0.25, 0, 2])
    assert found.start == pytest.approx(0.3)
    assert found.score == pytest.approx(0.3 + 0.75)


def test_a_gram_that_counts_once_is_shared_by_its_occurrences() -> None:
    found = weigh(linear(GRAMS, (0.0, 0.0), weighting="binary"), "good good")
    assert found.weights.tolist() == [1, 1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["good", "not", "food", "it", "!", "不好"]), max_size=9).map(" ".join),
    st.sampled_from(["binary", "counts", "tfidf"]),
    st.integers(0, 2),
)
def test_weights_sum_to_the_score_less_the_bias(text: str, weighting: str, label: int) -> None:
    three = {gram: (*pair, 0.7 * pair[0] - 1) for gram, pair in GRAMS.items()}
    saved = linear(three, (0.1, 0.4, -0.2), weighting=weighting, labels=("a", "b", "c"))
    found = weigh(saved, text, label)
    scorer = asked(saved)
    output = ExplainedOutput(scorer.outputs, label)
    (words,) = scorer.read([text])
    score = output.scores(scorer.logits([whole(words)])).item()
    assert found.weights.sum() + found.outside == pytest.approx(score - found.start, abs=1e-5)
    assert found.score == pytest.approx(score, abs=1e-5)


def lexicon() -> SavedBaseline:
    words: Any = {
        "good": ("polarity", 0.5), "dull": ("polarity", -0.4), "not": ("negation", -0.75), "very": ("intensifier", 1.5)
    }  # fmt: skip
    weights = LinearWeights(np.array([[0.0, 2.0], [0.0, 3.0], [0.0, 4.0]]), np.array([0.0, 0.1]))
    classifier = LinearClassifier(Segmentation("words"), Lexicon(words), weights)
    return SavedBaseline(classifier, Outputs("single_label", ("negative", "positive"), (0.5, 0.5)), ("blanks",))


def test_a_lexicon_by_hand() -> None:
    """`not very good dull`, four tokens, so net counts 4 / sqrt(4) = 2 times each value.

    good alone        0.5 * (2 + 2)          =  2.0
    very makes 0.75   0.75 * 4 - 2.0         =  1.0
    not makes -0.5625 -0.5625 * (3 + 2) - 3  = -5.8125
    dull              -0.4 * (3 + 2)         = -2.0
    """
    found = weigh(lexicon(), "not very good dull")
    assert found.weights.tolist() == pytest.approx([-5.8125, 1.0, 2.0, -2.0])
    scorer = asked(lexicon())
    score = ExplainedOutput(scorer.outputs, 1).scores(scorer.logits([whole(scorer.read(["not very good dull"])[0])]))
    assert found.start + found.weights.sum() == pytest.approx(score.item(), abs=1e-5)


def test_a_text_of_unknown_words_is_the_bias() -> None:
    found = weigh(linear(GRAMS, (0.1, 0.4), weighting="tfidf"), "xyz")
    assert found.weights.tolist() == [0]
    assert found.score == found.start == pytest.approx(0.3)
