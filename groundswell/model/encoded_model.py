"""What all trained networks are: an encoder, and something that reads its states."""

from __future__ import annotations

from typing import Self

from torch import nn

from groundswell.model.encoder import Encoder


class EncodedModel(nn.Module):
    """A network over an encoder; frozen parts can be kept without dropout while the rest trains."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self._kept_in_eval: list[nn.Module] = []

    def keep_in_eval(self, modules: list[nn.Module]) -> None:
        """Frozen modules that run without dropout also while the rest trains."""
        self._kept_in_eval = modules
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Switch training behaviour on or off, except for frozen modules."""
        super().train(mode)
        for module in self._kept_in_eval:
            module.eval()
        return self
