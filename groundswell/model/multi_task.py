"""Several heads over one encoder, trained together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from groundswell.data.head_batch import HeadBatch
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.model.opinion_extractor import OpinionExtractor

HeadModel = TextClassifier | OpinionExtractor


class HeadOutput(NamedTuple):
    """What one head gives for its batch, and s = log of the variance of its task (0-d), where that is learned."""

    output: Any
    log_variance: Tensor | None


class MultiTaskModel(EncodedModel):
    """Models that share one encoder; every batch belongs to one of them.

    learns_variances   one number per task is learned, see `training.multi_task_loss`
    """

    def __init__(self, encoder: Encoder, heads: Mapping[str, HeadModel], *, learns_variances: bool = False) -> None:
        super().__init__(encoder)
        self.heads = nn.ModuleDict(dict(heads))
        self.log_variances = nn.Parameter(torch.zeros(len(heads))) if learns_variances else None

    def head(self, name: str) -> HeadModel:
        """The model of one head, over the shared encoder."""
        found: Any = self.heads[name]
        assert isinstance(found, HeadModel)
        return found

    def forward(self, batch: HeadBatch) -> HeadOutput:
        """What the head that the batch belongs to makes of its texts."""
        number = list(self.heads).index(batch.head)
        variance = None if self.log_variances is None else self.log_variances[number]
        return HeadOutput(self.heads[batch.head](batch.texts), variance)
