"""Logits from a graph that holds the head too, one text at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from groundswell.model.classifier import TextClassifier
from groundswell.model.graph_encoder import GraphEncoder
from groundswell.model.scorer import NetworkScorer
from groundswell.model.side_by_side import side_by_side
from groundswell.text.tokenization import TextTokenizer, TokenizedText


class GraphScorer(NetworkScorer):
    """The graph of one text classifier, whose `logits` it reads; calls of torch between two texts cost a fifth of a
    short text's time (docs/log.md)."""

    def __init__(self, model: TextClassifier, graph: GraphEncoder, tokenizer: TextTokenizer) -> None:
        super().__init__(model, tokenizer, torch.device("cpu"), bfloat16=False)
        self._graph = graph

    def logits(self, texts: Sequence[TokenizedText], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """Logits (N, C) float32, the mean over the windows of each text; the longest texts are read first."""
        order = sorted(range(len(texts)), key=lambda number: sum(map(len, texts[number].windows)), reverse=True)
        found = torch.empty(len(texts), self._model.head.project.out_features)
        read = side_by_side(self._logits, [texts[number] for number in order], self._graph.at_once)
        for number, logits in zip(order, read, strict=True):
            found[number] = torch.from_numpy(logits)
            on_batch(1)
        return found

    def _logits(self, text: TokenizedText) -> NDArray[np.float32]:
        windows = [self._graph.logits(window) for window in text.windows]
        logits: NDArray[np.float32] = np.mean(windows, axis=0)
        return logits
