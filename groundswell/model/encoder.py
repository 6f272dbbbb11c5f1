"""What every encoder is: token ids in, one state per token out."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from torch import Tensor, nn


class Encoder(nn.Module):
    """States of every token.

    network     the network inside
    width       D, size of a state
    positions   longest input the encoder accepts, or None when it sets no limit
    num_layers  layers that can be tuned or cached one by one; 0 when it has none of the kind
    at_once     texts are read one by one, this many at once on a thread each; 0: they are read in batches
    """

    network: nn.Module
    width: int
    positions: int | None = None
    num_layers: int = 0
    at_once: int = 0

    @property
    def layers(self) -> nn.ModuleList:
        """The layers that can be tuned or cached one by one, bottom first."""
        return nn.ModuleList()

    @abstractmethod
    def forward(self, token_ids: Tensor, mask: Tensor, entry: Tensor | None = None) -> Tensor:
        """token_ids (B, T), mask (B, T) bool, True at real tokens -> states (B, T, D).

        entry   cached states (B, T, D) that take the place of the lowest layers, where the encoder can do that
        """

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write weights and settings into an existing folder."""
