"""A vector for every token: random at first or from word vectors, tuned or left as it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from groundswell.text.vocabulary import PAD_ID

# A vector of width 1 to 300 then has a length near 1, like those that word2vec gives.
RANDOM_LENGTH = 1.0


class TokenEmbedding(nn.Module):
    """Vectors of tokens, after dropout; zeros at padded places.

    vectors   (V, D) given vectors; a row of NaN stands for a token without one and starts at random, with the mean
              length of the given ones
    static    the given and random vectors are never tuned
    """

    def __init__(
        self, num_tokens: int, width: int, *, vectors: Tensor | None = None, static: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        weight = torch.randn(num_tokens, width) * (RANDOM_LENGTH / width**0.5)
        if vectors is not None:
            given = ~vectors.isnan().any(dim=1)
            if given.any():
                weight *= vectors[given].norm(dim=1).mean() / RANDOM_LENGTH
                weight[given] = vectors[given]
        weight[PAD_ID] = 0.0
        if static:
            self.register_buffer("weight", weight)
        else:
            self.weight = nn.Parameter(weight)
        self.dropout = nn.Dropout(dropout)

    def forward(self, token_ids: Tensor, mask: Tensor) -> Tensor:
        """token_ids (B, T), mask (B, T) -> (B, T, D)."""
        vectors = nn.functional.embedding(token_ids, self.weight, padding_idx=PAD_ID)
        dropped: Tensor = self.dropout(vectors)
        return dropped * mask.unsqueeze(-1)
