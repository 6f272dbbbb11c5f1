"""From token states to one vector per text; padding never enters."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

PoolingName = Literal["mean", "cls", "last", "max", "attention"]


class Pooling(nn.Module):
    """One vector per row, from the states of its real tokens only.

    mean        average of the states
    cls         first state
    last        last real state, found from the mask: also right when the pad token equals the end token
    max         largest value of each dimension
    attention   weighted average with learned weights, softmax(tanh(W h + b) u)
                (Yang et al. 2016, https://aclanthology.org/N16-1174, equations 5-7)

    >>> states = torch.tensor([[[1.0], [3.0], [9.0]]])
    >>> Pooling("mean", 1)(states, torch.tensor([[True, True, False]])).item()
    2.0
    """

    def __init__(self, name: PoolingName, width: int) -> None:
        super().__init__()
        self.name = name
        if name == "attention":
            self.project = nn.Linear(width, width)
            self.query = nn.Linear(width, 1, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """states (B, T, D), mask (B, T) bool with at least one True per row -> (B, D) float32."""
        if self.name == "cls":
            return states[:, 0].float()
        if self.name == "last":
            return states[torch.arange(len(states), device=states.device), _last(mask)].float()
        if self.name == "max":
            return states.float().masked_fill(~mask.unsqueeze(-1), -torch.inf).amax(dim=1)
        weights = self.shares(states, mask)
        # A product of matrices sums in float32 inside and reads the states once.
        return torch.bmm(weights.unsqueeze(1).to(states.dtype), states).squeeze(1).float()

    def shares(self, states: Tensor, mask: Tensor) -> Tensor:
        """How much of each state there is in the vector, (B, T) float32; rows sum to 1.

        max: a state's share of the dimensions, the first of equal ones has them
        """
        if self.name == "attention":
            scores = self.query(torch.tanh(self.project(states))).squeeze(-1).float()  # (B, T)
            weights: Tensor = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
            return weights
        if self.name == "mean":
            return mask.float() / mask.sum(dim=1, keepdim=True)
        rows, tokens = mask.shape
        if self.name == "max":
            largest = states.float().masked_fill(~mask.unsqueeze(-1), -torch.inf).argmax(dim=1)  # (B, D)
            return nn.functional.one_hot(largest, tokens).float().mean(dim=1)
        read = torch.zeros(rows, dtype=torch.int64, device=mask.device) if self.name == "cls" else _last(mask)
        return nn.functional.one_hot(read, tokens).float()


def _last(mask: Tensor) -> Tensor:
    """The last real place of each row, (B,)."""
    positions = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
    return positions.masked_fill(~mask, -1).amax(dim=1)
