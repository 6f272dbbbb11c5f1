"""How well each piece of a text would do as a span: every begin with every end at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from groundswell.data.opinion_batching import WINDOW, OpinionBatch


class SpanScores(nn.Module):
    """Logits that a piece of a text is a span, for every pair of first and last token and each kind of span.

    Dozat & Manning 2017 (https://arxiv.org/abs/1611.01734, equation 7), as Yu et al. 2020 use it for spans
    (https://aclanthology.org/2020.acl-main.577, equation 1):

        b_i = relu(B h_i),  e_j = relu(E h_j);   s_k(i, j) = b_i^T U_k e_j + w_k . [b_i; e_j] + length_k[j - i]

    Spans may overlap and lie in each other: each gets its own decision.

    sides     of each kind, its columns in a gold tuple
    longest   spans of more tokens are not considered
    whole     no span ends inside another
    """

    def __init__(
        self, width: int, sides: list[slice], longest: int, *, whole: bool = False, hidden: int = 128,
        dropout: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.sides, self.longest, self.whole = sides, longest, whole
        self.begin, self.end = nn.Linear(width, hidden), nn.Linear(width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.bilinear = nn.Parameter(torch.zeros(len(sides), hidden, hidden))
        self.of_begin, self.of_end = nn.Linear(hidden, len(sides)), nn.Linear(hidden, len(sides))
        self.of_length = nn.Embedding(longest, len(sides))
        nn.init.normal_(self.bilinear, std=hidden**-0.5 / 4)
        nn.init.constant_(self.of_begin.bias, -4.0)  # few spans are any: the first guess says so
        nn.init.zeros_(self.of_length.weight)

    def forward(self, states: Tensor, batch: OpinionBatch) -> Tensor:
        """states (W, T, D) float32 -> logits (W, K, T, T): row i the first token, column j the last."""
        begins = self.dropout(torch.relu(self.begin(states)))
        ends = self.dropout(torch.relu(self.end(states)))
        scores: Tensor = torch.einsum("bih,khg->bkig", begins, self.bilinear) @ ends.transpose(1, 2).unsqueeze(1)
        scores = scores + self.of_begin(begins).transpose(1, 2).unsqueeze(3)
        scores = scores + self.of_end(ends).transpose(1, 2).unsqueeze(2)
        places = torch.arange(states.shape[1], device=states.device)
        lengths = (places.unsqueeze(0) - places.unsqueeze(1)).clamp(0, self.longest - 1)
        scores = scores + self.of_length(lengths).permute(2, 0, 1)
        return scores

    def losses(self, states: Tensor, logits: Tensor, batch: OpinionBatch) -> Tensor:
        """(W,) binary cross entropy summed over every possible span of each kind."""
        gold = torch.zeros_like(logits)
        for kind, side in enumerate(self.sides):
            rows = batch.tuples[batch.tuples[:, side][:, 0] >= 0]
            first, last = rows[:, side].unbind(dim=1)
            gold[rows[:, WINDOW], kind, first, last] = 1.0
        losses: Tensor = functional.binary_cross_entropy_with_logits(logits, gold, reduction="none")
        possible = span_mask(batch.begins, batch.ends, self.longest, whole=self.whole)
        return (losses * possible.unsqueeze(1)).sum(dim=(1, 2, 3))


def span_mask(begins: Tensor, ends: Tensor, longest: int, *, whole: bool = False) -> Tensor:
    """Which pairs of first and last token are a span at all; with `whole` no other span may end inside one.

    begins, ends (B, T) bool -> (B, T, T) bool

    >>> span_mask(torch.tensor([[True, True]]), torch.tensor([[True, True]]), 1)
    tensor([[[ True, False],
             [False,  True]]])
    """
    size = begins.shape[1]
    order = torch.ones(size, size, dtype=torch.bool, device=begins.device).triu().tril(longest - 1)
    possible = begins.unsqueeze(2) & ends.unsqueeze(1) & order
    if whole:
        ended = ends.cumsum(dim=1) - ends.long()  # ends before each token
        possible = possible & (ended.unsqueeze(1) == ended.unsqueeze(2))
    return possible
