"""Encoder, pooling, head: a text's logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from groundswell.data.batching import Batch
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.representation.pooling import Pooling, PoolingName


class LinearHead(nn.Module):
    """Logits of a pooled vector: dropout, then one linear map."""

    def __init__(self, width: int, num_outputs: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(width, num_outputs)
        nn.init.normal_(self.project.weight, std=0.02)  # near zero: the first loss is that of a uniform guess
        nn.init.zeros_(self.project.bias)

    def forward(self, pooled: Tensor) -> Tensor:
        """(B, D) -> (B, C) float32."""
        with torch.autocast(pooled.device.type, enabled=False):
            logits: Tensor = self.project(self.dropout(pooled.float()))
        return logits


class TextClassifier(EncodedModel):
    """Logits of each text; a text in several windows gets the mean of its windows' logits.

    A text gives the same logits alone and in a padded batch. The number of outputs is the number of classes
    (single and multi label) or of values (regression).
    """

    def __init__(self, encoder: Encoder, pooling: PoolingName, num_outputs: int, *, head_dropout: float = 0.0) -> None:
        super().__init__(encoder)
        self.pooling = Pooling(pooling, encoder.width)
        self.head = LinearHead(encoder.width, num_outputs, head_dropout)
        # Set by cached tuning: the states a batch carries already come out of the encoder.
        self.states_are_final = False

    def forward(self, batch: Batch) -> Tensor:
        """A batch of N texts in W windows -> (N, C) float32."""
        return _mean_of_windows(self.head(self.pool(batch)), batch)

    def vectors(self, batch: Batch) -> Tensor:
        """A batch of N texts in W windows -> (N, D): what the head reads, the mean over each text's windows."""
        return _mean_of_windows(self.pool(batch), batch)

    def read(self, states: Tensor, mask: Tensor) -> Tensor:
        """The logits (W, C) float32 of windows from the encoder's states (W, T, D) and their mask (W, T)."""
        logits: Tensor = self.head(self.pooling(states, mask))
        return logits

    def pool(self, batch: Batch) -> Tensor:
        """The pooled vector of every window, (W, D) float32."""
        if batch.features is not None:
            return batch.features
        if self.states_are_final:
            assert batch.states is not None
            states = batch.states
        else:
            states = self.encoder(batch.token_ids, batch.mask, batch.states)
        pooled: Tensor = self.pooling(states, batch.mask)
        return pooled


def _mean_of_windows(rows: Tensor, batch: Batch) -> Tensor:
    """(W, X) of windows -> (N, X) of texts."""
    if len(rows) == len(batch.weights):
        return rows
    sums = rows.new_zeros(len(batch.weights), rows.shape[1]).index_add_(0, batch.document, rows)
    return sums / batch.document.bincount(minlength=len(batch.weights)).unsqueeze(1)
