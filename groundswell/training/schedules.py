"""Learning-rate schedules: the share of the full rate at an optimizer step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

Schedule = Callable[[int], float]


def make_schedule(name: Literal["linear", "cosine", "constant"], *, total_steps: int, warmup_share: float) -> Schedule:
    """From the number of an optimizer step (0 to total_steps - 1) to the share of the full rate, 0-1.

    The rate rises linearly over the first `warmup_share` of the steps, reaches 1 and then falls to 0 behind the last
    step (linear, cosine) or stays (constant).

    >>> [round(make_schedule("linear", total_steps=5, warmup_share=0.2)(step), 2) for step in range(5)]
    [1.0, 1.0, 0.75, 0.5, 0.25]
    """
    warmup_steps = round(warmup_share * total_steps)

    def share(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        if name == "constant":
            return 1.0
        left = (total_steps - step) / max(1, total_steps - warmup_steps)
        return left if name == "linear" else 0.5 * (1 - math.cos(math.pi * left))

    return share
