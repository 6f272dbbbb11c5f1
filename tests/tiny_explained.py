"""Small models with known weights, to be explained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from groundswell.explanation.word_scorer import BaselineWords, NetworkWords
    from groundswell.model.saved_model import SavedBaseline, SavedNetwork

LABELS = ("negative", "positive")
TEXTS = (
    "The food was very good, but the room was not!!!",
    "bad &amp; <b>slow</b> service 👍🏽",
    "酒店很干净，但服务太差。",
    "good",
)


def from_scratch(
    kind: Any, pooling: Any = "mean", *, max_tokens: int = 40, spread: float = 0.5, **text: Any
) -> SavedNetwork:
    """A network from scratch with random weights of a given spread, that tells two labels apart."""
    import torch

    from groundswell.model.classifier import TextClassifier
    from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
    from groundswell.text.own_tokens import learn_tokens

    torch.manual_seed(0)
    tokens = learn_tokens(TEXTS, "words", min_count=1, max_size=200)
    settings = EncoderSettings(
        kind, num_tokens=len(tokens), width=16, positions=40, hidden=12, heads=2, layers=1, filters=8,
        kernel_sizes=(2, 3), ngrams=3, buckets=50,
    )  # fmt: skip
    model = TextClassifier(FromScratchEncoder(settings), pooling, 2)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=spread)
    return saved_network(model, tokens, max_tokens=max_tokens, **text)


def pretrained(folder: Path, model: Any, **text: Any) -> SavedNetwork:
    """A classifier over the encoder of a folder, with that folder's tokenizer."""
    from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer

    return saved_network(model, PretrainedTokens(load_tokenizer(folder)), **text)


def saved_network(
    model: Any, tokens: Any, *, labels: Sequence[str] = LABELS, task: Any = "single_label", **text: Any
) -> SavedNetwork:
    """A model with its tokens and labels; `text` are settings of how it reads."""
    from groundswell.model.outputs import Outputs
    from groundswell.model.saved_model import SavedNetwork
    from groundswell.model.text_settings import TextSettings, make_text_tokenizer

    values = {"cleaning": ("html", "blanks"), "max_tokens": 40, "truncation": "head", "window_overlap": 2, **text}
    settings = TextSettings(**values)
    prior = tuple(1 / len(labels) for _ in labels)
    return SavedNetwork(
        model.eval(), make_text_tokenizer(tokens, settings), Outputs(task, tuple(labels), prior), settings
    )


def linear(
    weights: dict[str, Sequence[float]], bias: Sequence[float], *, weighting: Any = "counts", tokens: Any = "words",
    labels: Sequence[str] = LABELS,
) -> SavedBaseline:  # fmt: skip
    """A weighted sum of n-grams, which are given with their weight for each label."""
    from groundswell.model.linear import LinearClassifier, LinearWeights
    from groundswell.model.outputs import Outputs
    from groundswell.model.saved_model import SavedBaseline
    from groundswell.representation.ngram_features import NgramFeatures
    from groundswell.text.segmentation import Segmentation

    sizes = (1, max(len(gram.split()) for gram in weights))
    idf = np.linspace(1.0, 2.0, len(weights)) if weighting == "tfidf" else None
    features = NgramFeatures(tuple(weights), sizes, weighting, idf)
    classifier = LinearClassifier(
        Segmentation(tokens), features, LinearWeights(np.array(list(weights.values())), np.array(bias, dtype=float))
    )
    outputs = Outputs("single_label", tuple(labels), tuple(1 / len(labels) for _ in labels))
    return SavedBaseline(classifier, outputs, ("html", "blanks"))


def asked(saved: SavedNetwork | SavedBaseline) -> NetworkWords | BaselineWords:
    """The model, ready to be asked about parts of texts."""
    import torch

    from groundswell.explanation.word_scorer import word_scorer

    return word_scorer(saved, torch.device("cpu"))
