"""Which aspect goes with which opinion words, with what polarity and in which category."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

# Distances are told apart exactly up to 4 tokens and by powers of two beyond; 0 is for a pair with an implicit side.
EXACT, COARSE = 4, 6
NUM_DISTANCES = 2 * (EXACT + COARSE) + 2


class Candidates(NamedTuple):
    """Spans of W windows that may be aspects, or opinion words; the first of each window stands for `not in the text`.

    places   (W, K, 2) int64, first and last token; -1 for the implicit one and where a window has fewer
    logits   (W, K) float32, that it is a span of this kind; infinite for the implicit one, which is always there
    real     (W, K) bool
    """

    places: Tensor
    logits: Tensor
    real: Tensor


class PairLogits(NamedTuple):
    """Logits of every aspect candidate with every opinion candidate.

    polarity   (W, A, O, P)
    category   (W, A, O, C), or None where there are no categories
    intensity  (W, A, O), of the strength of feeling, or None where it is not learned
    """

    polarity: Tensor
    category: Tensor | None
    intensity: Tensor | None = None


class PairScores(nn.Module):
    """Logits of pairs of spans.

    A span is the states of its first and last token, an implicit one the mean of the window's states. As in Span-ASTE
    (Xu et al. 2021, https://aclanthology.org/2021.acl-long.367, section 2.4) a feed-forward network reads both spans
    and how far they stand apart; its first layer is computed for each span once and added up for the pairs.
    """

    def __init__(
        self,
        width: int,
        *,
        polarities: int,
        categories: int,
        intensity: bool = False,
        hidden: int = 150,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.of_aspect, self.of_opinion = nn.Linear(2 * width, hidden), nn.Linear(2 * width, hidden)
        self.no_aspect, self.no_opinion = nn.Linear(width, hidden), nn.Linear(width, hidden)
        self.of_distance = nn.Embedding(NUM_DISTANCES, hidden)
        self.dropout = nn.Dropout(dropout)
        self.mix = nn.Linear(hidden, hidden)
        self.polarity = nn.Linear(hidden, polarities)
        self.category = nn.Linear(hidden, categories) if categories else None
        self.intensity = nn.Linear(hidden, 1) if intensity else None
        nn.init.zeros_(self.of_distance.weight)
        nn.init.constant_(self.polarity.bias, -2.0)  # few pairs belong together

    def forward(self, states: Tensor, mask: Tensor, aspects: Candidates, opinions: Candidates) -> PairLogits:
        """states (W, T, D) float32, mask (W, T), candidates of A aspects and O opinions."""
        weights = mask.float() / mask.sum(dim=1, keepdim=True)
        whole = torch.bmm(weights.unsqueeze(1), states).squeeze(1)  # (W, D)
        left = _spans(states, aspects, self.of_aspect, self.no_aspect(whole))
        right = _spans(states, opinions, self.of_opinion, self.no_opinion(whole))
        far = self.of_distance(distances(aspects.places, opinions.places))
        hidden = self.dropout(torch.relu(left.unsqueeze(2) + right.unsqueeze(1) + far))
        hidden = self.dropout(torch.relu(self.mix(hidden)))
        return PairLogits(
            self.polarity(hidden),
            None if self.category is None else self.category(hidden),
            None if self.intensity is None else self.intensity(hidden).squeeze(3),
        )


def distances(aspects: Tensor, opinions: Tensor) -> Tensor:
    """Number of the distance of each pair, 0 to NUM_DISTANCES - 1; negative side: the opinion stands first.

    aspects (W, A, 2), opinions (W, O, 2) -> (W, A, O) int64

    >>> distances(torch.tensor([[[-1, -1], [5, 6]]]), torch.tensor([[[9, 9], [1, 2], [6, 7]]]))
    tensor([[[ 0,  0,  0],
             [14,  8, 11]]])
    """
    first, second = aspects.unsqueeze(2), opinions.unsqueeze(1)
    behind = (second[..., 0] - first[..., 1]).clamp(min=0)  # 0 when the opinion does not stand behind the aspect
    before = (first[..., 0] - second[..., 1]).clamp(min=0)
    steps = _coarse(behind) - _coarse(before)
    numbers = steps + EXACT + COARSE + 1
    implicit = (first[..., 0] < 0) | (second[..., 0] < 0)
    return numbers.masked_fill(implicit, 0)


def _coarse(distance: Tensor) -> Tensor:
    beyond = (distance.clamp(min=EXACT).float() / EXACT).log2().ceil().long() + EXACT
    return torch.where(distance <= EXACT, distance, beyond).clamp(max=EXACT + COARSE)


def _spans(states: Tensor, found: Candidates, project: nn.Linear, implicit: Tensor) -> Tensor:
    """(W, K, H): the projected ends of each span; the first of each window is the implicit one."""
    rows = torch.arange(len(states), device=states.device).unsqueeze(1)
    places = found.places[:, 1:].clamp(min=0)
    ends = torch.cat([states[rows, places[..., 0]], states[rows, places[..., 1]]], dim=2)
    return torch.cat([implicit.unsqueeze(1), project(ends)], dim=1)
