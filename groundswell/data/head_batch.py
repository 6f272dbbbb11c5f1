"""A batch of one head of a multi-task training."""

from __future__ import annotations

from typing import NamedTuple

import torch

from groundswell.data.batching import Batch
from groundswell.data.opinion_batching import OpinionBatch


class HeadBatch(NamedTuple):
    """Texts that all belong to one head, which is named."""

    head: str
    texts: Batch | OpinionBatch

    def to(self, device: torch.device) -> HeadBatch:
        """The same batch on a device."""
        return HeadBatch(self.head, self.texts.to(device))
