"""Baselines as a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from groundswell.errors import RunFolderError
from groundswell.model.linear import FEATURES, LinearClassifier, LinearWeights, load_linear
from groundswell.representation.lexicon import Lexicon
from groundswell.representation.ngram_features import NgramFeatures
from groundswell.text.segmentation import Segmentation

WORDS = Segmentation("words")


def test_logits_by_hand() -> None:
    """`good` once and `not good` once: 1 + 0.5 for the second class, bias 0.25 for the first."""
    features = NgramFeatures(("good", "not good"), (1, 2), "counts")
    weights = LinearWeights(np.array([[0.0, 1.0], [0.0, 0.5]]), np.array([0.25, 0.0]))
    classifier = LinearClassifier(WORDS, features, weights)
    read = classifier.read(["not good", "", "room"])
    assert classifier.logits(read).tolist() == [[0.25, 1.5], [0.25, 0.0], [0.25, 0.0]]
    assert [text.unknown for text in read] == [0.5, 0.0, 1.0]


@pytest.mark.parametrize(
    "features",
    [
        NgramFeatures(("good", "very good"), (1, 2), "tfidf", np.array([1.5, 2.0])),
        NgramFeatures(("good", "很 好"), (1, 2), "binary"),
        Lexicon({"good": ("polarity", 0.5), "not": ("negation", -0.75)}),
    ],
    ids=["tfidf", "binary", "lexicon"],
)
def test_the_same_logits_after_loading(features: NgramFeatures | Lexicon, tmp_path: Path) -> None:
    size = 3 if isinstance(features, Lexicon) else 2
    weights = LinearWeights(np.random.default_rng(0).normal(size=(size, 3)), np.arange(3.0))
    classifier = LinearClassifier(WORDS, features, weights)
    classifier.save(tmp_path)
    loaded = load_linear(tmp_path)
    texts = ["not very good", "很好", "", "good good room"]
    assert torch.equal(loaded.logits(loaded.read(texts)), classifier.logits(classifier.read(texts)))
    assert loaded.num_weights == 3 * size + 3


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / FEATURES).write_text("{}", encoding="utf-8")
    with pytest.raises(RunFolderError, match="the classifier cannot be loaded"):
        load_linear(tmp_path)
