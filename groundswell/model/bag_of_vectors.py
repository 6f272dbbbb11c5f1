"""Bag of vectors: what fastText's classifier reads a text as, once pooled by the mean."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from groundswell.model.embedding import TokenEmbedding

# Odd multipliers spread neighbouring ids over the buckets.
MULTIPLIER = 0x9E3779B1


class BagOfVectors(nn.Module):
    """State of a token: its vector plus those of the n-grams that begin at it.

    Joulin et al. 2017 (https://arxiv.org/abs/1607.01759, section 2): a text is the mean of its words' and n-grams'
    vectors; the n-grams share `buckets` vectors by hashing. The mean here runs over the tokens, which is theirs up to
    a constant factor.
    """

    def __init__(self, embedding: TokenEmbedding, width: int, *, ngrams: int = 2, buckets: int = 100_000) -> None:
        super().__init__()
        self.embedding = embedding
        self.width = width
        self.ngrams = ngrams
        self.buckets = buckets
        self.ngram_vectors = nn.Embedding(buckets, width) if ngrams > 1 else None
        if self.ngram_vectors is not None:
            nn.init.zeros_(self.ngram_vectors.weight)  # an n-gram says nothing until it is seen

    def forward(self, token_ids: Tensor, mask: Tensor) -> Tensor:
        """token_ids (B, T), mask (B, T) -> states (B, T, D)."""
        states: Tensor = self.embedding(token_ids, mask)
        if self.ngram_vectors is None:
            return states
        hashed = token_ids
        for size in range(2, min(self.ngrams, token_ids.shape[1]) + 1):
            rest = token_ids[:, size - 1 :]
            hashed = ((hashed[:, : rest.shape[1]] * MULTIPLIER) ^ rest) & 0x7FFFFFFFFFFFFFFF
            # An n-gram is real when its last token is: texts are padded at their ends.
            vectors = self.ngram_vectors(hashed % self.buckets) * mask[:, size - 1 :].unsqueeze(-1)
            states = states + nn.functional.pad(vectors, (0, 0, 0, token_ids.shape[1] - vectors.shape[1]))
        return states


def hash_ngram(ids: list[int], buckets: int) -> int:
    """The bucket of one n-gram, by the same arithmetic; for looking up what was learned."""
    hashed = torch.tensor(ids[0])
    for token_id in ids[1:]:
        hashed = ((hashed * MULTIPLIER) ^ token_id) & 0x7FFFFFFFFFFFFFFF
    return int(hashed % buckets)
