"""What predicted tokens cost a language model: -log P, summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from groundswell.data.language_batch import NOT_PREDICTED

# Logits that are held at once. Of float32 they take 16 MB: glibc gives larger pieces of memory back to the system each
# time and gets them anew, page by page, which made a training step on the processor half as fast (docs/log.md).
LOGITS_AT_ONCE = 2**22
# Places are filled up to a multiple of it, so that the shapes for which kernels are compiled and kept are few.
PLACES = 64


class Surprise(NamedTuple):
    """-log P of predicted tokens, in nats: summed (0-d float32), and of how many (0-d)."""

    total: Tensor
    num_tokens: Tensor


def summed_surprise(logits: Callable[[Tensor], Tensor], states: Tensor, targets: Tensor, num_tokens: int) -> Surprise:
    """What the tokens `targets` (N,) cost after `states` (N, D); logits are never held for all places at once."""
    total, count = states.new_zeros((), dtype=torch.float32), len(targets)
    spare = max(PLACES, -(-count // PLACES) * PLACES) - count  # some at least: a cost of 0 has a gradient too
    states = functional.pad(states, (0, 0, 0, spare))
    targets = functional.pad(targets, (0, spare), value=NOT_PREDICTED)
    for some in places_at_once(count + spare, num_tokens):
        total = total + functional.cross_entropy(
            logits(states[some]).float(), targets[some], reduction="sum", ignore_index=NOT_PREDICTED
        )
    return Surprise(total, torch.tensor(count, device=targets.device))


def places_at_once(num_places: int, num_tokens: int) -> Iterator[slice]:
    """The places in pieces whose logits over so many tokens can be held at once."""
    size = max(PLACES, LOGITS_AT_ONCE // num_tokens // PLACES * PLACES)
    return (slice(begin, begin + size) for begin in range(0, num_places, size))
