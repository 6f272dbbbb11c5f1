"""What predicted tokens cost a language model: -log P, summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

# Logits that are held at once. Of float32 they take 16 MB: glibc gives larger pieces of memory back to the system each
# time and gets them anew, page by page, which made a training step on the processor half as fast (docs/log.md).
LOGITS_AT_ONCE = 2**22


class Surprise(NamedTuple):
    """-log P of predicted tokens, in nats: summed (0-d float32), and of how many (0-d)."""

    total: Tensor
    num_tokens: Tensor


def summed_surprise(logits: Callable[[Tensor], Tensor], states: Tensor, targets: Tensor, num_tokens: int) -> Surprise:
    """What the tokens `targets` (N,) cost after `states` (N, D); logits are never held for all places at once."""
    total = states.new_zeros((), dtype=torch.float32)
    for some in places_at_once(max(len(targets), 1), num_tokens):  # once at least: a cost of 0 has a gradient too
        total = total + functional.cross_entropy(logits(states[some]).float(), targets[some], reduction="sum")
    return Surprise(total, torch.tensor(len(targets), device=targets.device))


def places_at_once(num_places: int, num_tokens: int) -> Iterator[slice]:
    """The places in pieces whose logits over so many tokens can be held at once."""
    size = max(64, LOGITS_AT_ONCE // num_tokens)
    return (slice(begin, begin + size) for begin in range(0, num_places, size))
