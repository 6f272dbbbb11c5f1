"""What predicted tokens cost a language model: -log P, summed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

# Logits of so many places at once: (4096, 30,000) float32 are 0.5 GB.
PLACES_AT_ONCE = 4096


class Surprise(NamedTuple):
    """-log P of predicted tokens, in nats: summed (0-d float32), and of how many (0-d)."""

    total: Tensor
    num_tokens: Tensor


def summed_surprise(logits: Callable[[Tensor], Tensor], states: Tensor, targets: Tensor) -> Surprise:
    """What the tokens `targets` (N,) cost after `states` (N, D); logits are never held for all places at once."""
    total = states.new_zeros((), dtype=torch.float32)
    for begin in range(0, len(targets), PLACES_AT_ONCE):
        some = logits(states[begin : begin + PLACES_AT_ONCE]).float()
        total = total + functional.cross_entropy(some, targets[begin : begin + PLACES_AT_ONCE], reduction="sum")
    return Surprise(total, torch.tensor(len(targets), device=targets.device))
