"""A share of some cases, with the interval in which it would lie for more of the same kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

Z_95 = 1.959963984540054  # 97.5 % of the standard normal distribution lie below it


@dataclass(frozen=True, slots=True)
class Proportion:
    """`count` of a number of cases as a share from 0 to 1, with the ends of its 95 % interval."""

    count: int
    value: float
    low: float
    high: float


def deviations(level: float) -> float:
    """How many standard deviations on either side of its mean hold this share of a normal distribution."""
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(count: int, total: int, z: float = Z_95) -> Proportion:
    """The share of `count` in `total` with its Wilson score interval; the share and ends 0, 0 and 1 of nothing.

    Equation 4 of Brown, Cai and DasGupta 2001, https://doi.org/10.1214/ss/1009213286. It holds for few cases too, and
    never leaves 0 to 1. Cases are taken as independent of one another.

    >>> share = wilson(8, 10)
    >>> round(share.low, 4), round(share.high, 4)
    (0.4902, 0.9433)
    """
    if total == 0:
        return Proportion(0, 0.0, 0.0, 1.0)
    share = count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    # rounding must not move an end past the share that it surrounds
    return Proportion(count, share, max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)))
