"""What all trained networks are: an encoder, and something that reads its states."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Self

from safetensors.torch import load_file, save_file
from torch import nn

from groundswell.errors import RunFolderError
from groundswell.model.encoder import Encoder

HEAD, ENCODER = "head.safetensors", "encoder."


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

    def over(self, encoder: Encoder) -> Self:
        """The same heads over another encoder; the weights of the heads are shared."""
        copied = copy.copy(self)
        copied._modules = {**self._modules, "encoder": encoder}
        return copied

    def save_head(self, folder: Path) -> None:
        """Write every weight outside the encoder into head.safetensors of an existing folder."""
        weights = {
            name: tensor.contiguous() for name, tensor in self.state_dict().items() if not name.startswith(ENCODER)
        }
        save_file(weights, folder / HEAD)

    def load_head(self, folder: Path) -> None:
        """Read them back; RunFolderError when they do not fit."""
        missing, unexpected = self.load_state_dict(load_file(folder / HEAD), strict=False)
        lost = [name for name in missing if not name.startswith(ENCODER)]
        if lost or unexpected:
            raise RunFolderError(
                f"{folder / HEAD}: does not fit the model ({', '.join([*lost, *unexpected])}). Train again"
            )
