"""How well each piece of a text would do as a span: every begin with every end at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpanScores(nn.Module):
    """Logits of `kinds` kinds of spans for every pair of first and last token.

    Dozat & Manning 2017 (https://arxiv.org/abs/1611.01734, equation 7), as Yu et al. 2020 use it for spans
    (https://aclanthology.org/2020.acl-main.577, equation 1):

        b_i = relu(B h_i),  e_j = relu(E h_j);   s_k(i, j) = b_i^T U_k e_j + w_k . [b_i; e_j] + length_k[j - i]

    Spans may overlap and lie in each other: each gets its own decision.

    longest   spans of more tokens are not considered
    """

    def __init__(self, width: int, *, kinds: int, longest: int, hidden: int = 128, dropout: float = 0.2) -> None:
        super().__init__()
        self.longest = longest
        self.begin, self.end = nn.Linear(width, hidden), nn.Linear(width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.bilinear = nn.Parameter(torch.zeros(kinds, hidden, hidden))
        self.of_begin, self.of_end = nn.Linear(hidden, kinds), nn.Linear(hidden, kinds)
        self.of_length = nn.Embedding(longest, kinds)
        nn.init.normal_(self.bilinear, std=hidden**-0.5 / 4)
        nn.init.constant_(self.of_begin.bias, -4.0)  # few spans are any: the first guess says so
        nn.init.zeros_(self.of_length.weight)

    def forward(self, states: Tensor) -> Tensor:
        """states (B, T, D) float32 -> logits (B, K, T, T): row i the first token, column j the last."""
        begins = self.dropout(torch.relu(self.begin(states)))
        ends = self.dropout(torch.relu(self.end(states)))
        scores: Tensor = torch.einsum("bih,khg->bkig", begins, self.bilinear) @ ends.transpose(1, 2).unsqueeze(1)
        scores = scores + self.of_begin(begins).transpose(1, 2).unsqueeze(3)
        scores = scores + self.of_end(ends).transpose(1, 2).unsqueeze(2)
        places = torch.arange(states.shape[1], device=states.device)
        lengths = (places.unsqueeze(0) - places.unsqueeze(1)).clamp(0, self.longest - 1)
        scores = scores + self.of_length(lengths).permute(2, 0, 1)
        return scores


def span_mask(begins: Tensor, ends: Tensor, longest: int) -> Tensor:
    """Which pairs of first and last token are a span at all.

    begins, ends (B, T) bool -> (B, T, T) bool

    >>> span_mask(torch.tensor([[True, True]]), torch.tensor([[True, True]]), 1)
    tensor([[[ True, False],
             [False,  True]]])
    """
    size = begins.shape[1]
    order = torch.ones(size, size, dtype=torch.bool, device=begins.device).triu().tril(longest - 1)
    return begins.unsqueeze(2) & ends.unsqueeze(1) & order
