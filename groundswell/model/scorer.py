"""Whatever gives texts their logits: a network over token ids, or a weighted sum of features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from groundswell.data.batching import Batch, Documents
from groundswell.model.classifier import TextClassifier
from groundswell.model.scoring import score_documents
from groundswell.text.tokenization import TextTokenizer, TokenizedText

BATCH_TOKENS = 8192


class ReadText(Protocol):
    """What a model sees of a text.

    truncated     some part is not seen
    num_windows   in how many parts it is read
    unknown       share of its tokens that the model does not know, 0-1
    """

    @property
    def truncated(self) -> bool: ...
    @property
    def num_windows(self) -> int: ...
    @property
    def unknown(self) -> float: ...


class Scorer(Protocol):
    """Reads cleaned texts, then scores what it read."""

    def read(self, texts: Sequence[str]) -> Sequence[ReadText]:
        """What the model sees of each text."""
        ...

    def logits(self, texts: Sequence[Any], on_batch: Callable[[int], None] = ...) -> Tensor:
        """Logits (N, C) float32 on the processor of texts that were read."""
        ...


class NetworkScorer:
    """A network on a device, batched by length."""

    def __init__(
        self, model: TextClassifier, tokenizer: TextTokenizer, device: torch.device, *, bfloat16: bool
    ) -> None:
        self._model = model.to(device).eval()
        self._tokenizer = tokenizer
        self._device = device
        self._bfloat16 = bfloat16

    def read(self, texts: Sequence[str]) -> Sequence[TokenizedText]:
        """The token ids of each text."""
        return self._tokenizer(texts)

    def logits(self, texts: Sequence[TokenizedText], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """Logits (N, C) float32."""
        return self._scored(self._model, texts, on_batch)

    def vectors(self, texts: Sequence[TokenizedText], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """What the head reads of each text, (N, D) float32."""
        if not texts:
            return torch.empty(0, self._model.encoder.width)
        return self._scored(self._model.vectors, texts, on_batch)

    def _scored(
        self, score: Callable[[Batch], Tensor], texts: Sequence[TokenizedText], on_batch: Callable[[int], None]
    ) -> Tensor:
        documents = Documents([text.windows for text in texts], None, self._tokenizer.pad_id)
        return score_documents(
            score,
            documents,
            device=self._device,
            bfloat16=self._bfloat16,
            batch_tokens=BATCH_TOKENS,
            at_once=self._model.encoder.at_once,
            on_batch=on_batch,
        )
