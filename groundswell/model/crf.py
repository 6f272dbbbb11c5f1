"""Linear-chain conditional random field: which sequence of tags, when neighbours depend on each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConditionalRandomField(nn.Module):
    """Probability of a whole sequence of tags.

    Lafferty et al. 2001 (https://repository.upenn.edu/cis_papers/159), in the form of Lample et al. 2016
    (https://aclanthology.org/N16-1030, section 2.2):

        score(y) = sum over t of emission[t, y_t] + sum over t of transition[y_t, y_{t+1}] + begin[y_1] + end[y_T]
        log P(y) = score(y) - log sum over all sequences y' of exp score(y')

    allowed        (C, C) bool, which tag may follow which; the others get probability zero
    allowed_first  (C,) bool
    """

    allowed: Tensor
    allowed_first: Tensor

    def __init__(self, allowed: Tensor, allowed_first: Tensor) -> None:
        super().__init__()
        num_tags = len(allowed_first)
        self.register_buffer("allowed", allowed, persistent=False)
        self.register_buffer("allowed_first", allowed_first, persistent=False)
        self.transition = nn.Parameter(torch.zeros(num_tags, num_tags))
        self.begin = nn.Parameter(torch.zeros(num_tags))
        self.end = nn.Parameter(torch.zeros(num_tags))

    def forward(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """log P of the tags: emissions (B, T, C) float32, tags (B, T), mask (B, T), real places first -> (B,)."""
        transition, begin = self.permitted()
        rows = torch.arange(len(tags), device=tags.device)
        score = begin[tags[:, 0]] + emissions[rows, 0, tags[:, 0]]
        total = begin + emissions[:, 0]  # (B, C)
        for place in range(1, tags.shape[1]):
            real = mask[:, place]
            step = transition[tags[:, place - 1], tags[:, place]] + emissions[rows, place, tags[:, place]]
            score = score + torch.where(real, step, 0.0)
            onward = torch.logsumexp(total.unsqueeze(2) + transition, dim=1) + emissions[:, place]
            total = torch.where(real.unsqueeze(1), onward, total)
        last = tags[rows, mask.sum(dim=1) - 1]
        return score + self.end[last] - torch.logsumexp(total + self.end, dim=1)

    @torch.no_grad()
    def decode(self, emissions: Tensor, mask: Tensor) -> list[list[int]]:
        """The most probable tags of each row (Viterbi), as many as it has real places."""
        transition, begin = self.permitted()
        best, origins = begin + emissions[:, 0], []
        for place in range(1, emissions.shape[1]):
            scores, origin = (best.unsqueeze(2) + transition).max(dim=1)
            real = mask[:, place].unsqueeze(1)
            best = torch.where(real, scores + emissions[:, place], best)
            # Behind the end of a row each tag comes from itself.
            origins.append(torch.where(real, origin, torch.arange(best.shape[1], device=best.device)))
        tags = [(best + self.end).argmax(dim=1)]
        for origin in reversed(origins):
            tags.append(origin.gather(1, tags[-1].unsqueeze(1)).squeeze(1))
        rows = torch.stack(tags[::-1], dim=1).tolist()
        return [row[:length] for row, length in zip(rows, mask.sum(dim=1).tolist(), strict=True)]

    def permitted(self) -> tuple[Tensor, Tensor]:
        """Transitions and beginnings; what is not allowed costs so much that it never happens."""
        refused = -1e4
        return (
            self.transition.masked_fill(~self.allowed, refused),
            self.begin.masked_fill(~self.allowed_first, refused),
        )
