"""Convolutions over neighbouring tokens: features of phrases; pooled by the maximum it is Kim's network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from groundswell.model.embedding import TokenEmbedding


class Convolutional(nn.Module):
    """State of a token: for each kernel size h, `filters` features of the h tokens around it.

    Kim 2014 (https://arxiv.org/abs/1408.5882), equation 2: c_i = f(w . x_{i:i+h-1} + b) with f = max(0, .). The maximum
    over time (equation 3's pooling) is `model.pooling: max`. Places outside the text count as zero vectors, so that a
    text shorter than a kernel has features too.
    """

    def __init__(
        self, embedding: TokenEmbedding, embedding_width: int, *, filters: int, kernel_sizes: Sequence[int]
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.width = filters * len(kernel_sizes)
        self.convolutions = nn.ModuleList(nn.Conv1d(embedding_width, filters, size) for size in kernel_sizes)

    def forward(self, token_ids: Tensor, mask: Tensor) -> Tensor:
        """token_ids (B, T), mask (B, T) -> states (B, T, D)."""
        vectors = self.embedding(token_ids, mask).transpose(1, 2)  # (B, E, T)
        features = [torch.relu(convolution(_surrounded(vectors, convolution))) for convolution in self.convolutions]
        return torch.cat(features, dim=1).transpose(1, 2)


def _surrounded(vectors: Tensor, convolution: nn.Module) -> Tensor:
    """(B, E, T) with so many zeros before and behind that a kernel of size h sees T places."""
    size = int(convolution.weight.shape[2])  # type: ignore[index]
    return nn.functional.pad(vectors, ((size - 1) // 2, size // 2))
