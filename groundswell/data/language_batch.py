"""A batch of a language model: tokens, what follows each of them, and which document it belongs to."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

NOT_PREDICTED = -100  # what cross entropy passes over


class LanguageBatch(NamedTuple):
    """B blocks of T tokens.

    token_ids   (B, T) int64
    targets     (B, T) int64, the token to be predicted at each place; NOT_PREDICTED where none is
    documents   (B, T) int64, number of the document within its block, never falling; what differs does not see each
                other. Padding behind the last document is a document of its own
    """

    token_ids: Tensor
    targets: Tensor
    documents: Tensor

    def to(self, device: torch.device) -> LanguageBatch:
        """The same batch on a device."""
        return LanguageBatch(*(part.to(device) for part in self))
