"""What every neural language model is: tokens in, the probability of the next one out."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.model.surprise import Surprise, summed_surprise


class LanguageModel(nn.Module):
    """P(next token | the tokens before it in the same document) = softmax(logits), one place after the other.

    num_tokens   V
    positions    longest input in tokens, or None when there is no limit
    """

    num_tokens: int
    positions: int | None = None

    @property
    @abstractmethod
    def output(self) -> nn.Linear:
        """The map from states (…, D) to logits (…, V)."""

    @abstractmethod
    def states(self, token_ids: Tensor, documents: Tensor | None = None) -> Tensor:
        """The state of each place after reading its token and those before it; nothing behind it plays a part.

        token_ids (B, T), documents (B, T) as in `LanguageBatch`, or None: each row is one document -> (B, T, D)
        """

    @abstractmethod
    def start(self, num_rows: int, most_tokens: int) -> Any:
        """What `advance` needs to know before it has read anything: for so many rows and tokens a row."""

    @abstractmethod
    def advance(self, token_ids: Tensor, memory: Any) -> tuple[Tensor, Any]:
        """The states (B, T, D) of the next tokens (B, T) and what has been read now; the same as `states` of all.

        The memory that was given may be overwritten: go on from the new one, or from `rows_of`, which copies.
        """

    @abstractmethod
    def rows_of(self, memory: Any, rows: Tensor) -> Any:
        """The memory of some rows (R,) int64, in this order; a row may stand there twice."""

    def forward(self, batch: LanguageBatch) -> Surprise:
        """What the tokens of a batch cost; logits are never held for all places at once."""
        states = self.states(batch.token_ids, batch.documents)
        wanted = batch.targets != NOT_PREDICTED
        return summed_surprise(self.output, states[wanted], batch.targets[wanted], self.num_tokens)

    def logits(self, token_ids: Tensor, documents: Tensor | None = None) -> Tensor:
        """(B, T) -> (B, T, V) float32."""
        found: Tensor = self.output(self.states(token_ids, documents)).float()
        return found


def output_layer(embedding: nn.Embedding, hidden: int, *, tied: bool) -> nn.Linear:
    """Logits of states (…, hidden), near a uniform guess at first; `tied`: its matrix is that of the embedding."""
    layer = nn.Linear(hidden, embedding.num_embeddings)
    if tied:
        layer.weight = embedding.weight
    else:
        nn.init.normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer


def map_back(hidden: int, width: int, *, tied: bool) -> nn.Module:
    """P, what takes states (…, hidden) to the width of the embedding when its matrix predicts too; else nothing."""
    return nn.Linear(hidden, width, bias=False) if tied and hidden != width else nn.Identity()


def same_document(documents: Tensor, back: int) -> Tensor:
    """Whether the token so many places before belongs to the same document, (B, T) bool; False where there is none.

    >>> same_document(torch.tensor([[0, 0, 1, 1]]), 1)
    tensor([[False,  True, False,  True]])
    """
    found = torch.zeros_like(documents, dtype=torch.bool)
    if back < documents.shape[1]:
        found[:, back:] = documents[:, back:] == documents[:, : documents.shape[1] - back]
    return found
