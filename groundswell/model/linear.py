"""A text's logits as a weighted sum of its features: the baselines, saved as safetensors and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import Tensor

from groundswell.errors import RunFolderError
from groundswell.representation.lexicon import Lexicon
from groundswell.representation.ngram_features import NgramFeatures
from groundswell.run_folder import write_json
from groundswell.text.segmentation import Segmentation

WEIGHTS, FEATURES = "linear.safetensors", "features.json"


class LinearWeights(NamedTuple):
    """Logits of a row x are x @ weights + bias.

    weights   (F, C)
    bias      (C,)
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


@dataclass(frozen=True)
class SegmentedText:
    """The tokens of a text; a baseline reads every text whole.

    unknown   share of the tokens that no feature stands for, 0-1
    """

    tokens: list[str]
    unknown: float
    truncated: bool = False
    num_windows: int = 1


@dataclass(frozen=True)
class LinearClassifier:
    """Logits of texts: cut into tokens, turned into features, weighed.

    features   n-grams, or a lexicon's three sums
    """

    segmentation: Segmentation
    features: NgramFeatures | Lexicon
    weights: LinearWeights

    def read(self, texts: Sequence[str]) -> list[SegmentedText]:
        """The tokens of cleaned texts."""
        return [SegmentedText(tokens, self._unknown(tokens)) for tokens in self.segmentation(texts)]

    def logits(self, texts: Sequence[SegmentedText], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """Logits (N, C) float32."""
        rows = feature_rows(self.features, [text.tokens for text in texts])
        found = torch.from_numpy(np.asarray(rows @ self.weights.weights) + self.weights.bias).float()
        on_batch(len(texts))
        return found

    @property
    def num_weights(self) -> int:
        """Numbers that were fitted."""
        return int(self.weights.weights.size + self.weights.bias.size)

    def save(self, folder: Path) -> None:
        """Write linear.safetensors and features.json into an existing folder."""
        tensors = {"weights": np.ascontiguousarray(self.weights.weights), "bias": self.weights.bias}
        description: dict[str, Any] = {
            "segmentation": self.segmentation.kind,
            "user_words": list(self.segmentation.user_words),
            "pieces": self.segmentation.pieces,
        }
        if isinstance(self.features, Lexicon):
            description["lexicon"] = self.features.entries
        else:
            description |= {"sizes": list(self.features.sizes), "weighting": self.features.weighting}
            description["grams"] = list(self.features.grams)
            if self.features.idf is not None:
                tensors["idf"] = self.features.idf
        save_file(tensors, folder / WEIGHTS)
        write_json(folder / FEATURES, description)

    def _unknown(self, tokens: list[str]) -> float:
        return 0.0 if isinstance(self.features, Lexicon) else 1.0 - self.features.known_share(tokens)


def feature_rows(features: NgramFeatures | Lexicon, texts: Sequence[Sequence[str]]) -> Any:
    """The matrix (N, F) of some tokenized texts, sparse for n-grams."""
    return features.features(texts) if isinstance(features, Lexicon) else features(texts)


def load_linear(folder: Path) -> LinearClassifier:
    """The classifier of a model folder; RunFolderError when it cannot be read."""
    try:
        found = json.loads((folder / FEATURES).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
        segmentation = Segmentation(found["segmentation"], tuple(found["user_words"]), found["pieces"])
        features: NgramFeatures | Lexicon
        if "lexicon" in found:
            features = Lexicon({word: (kind, value) for word, (kind, value) in found["lexicon"].items()})
        else:
            low, high = found["sizes"]
            features = NgramFeatures(tuple(found["grams"]), (low, high), found["weighting"], tensors.get("idf"))
        return LinearClassifier(segmentation, features, LinearWeights(tensors["weights"], tensors["bias"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(f"{folder}: the classifier cannot be loaded ({error}). Train again") from error
