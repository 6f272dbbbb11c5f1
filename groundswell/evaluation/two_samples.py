"""Whether two sets of texts, labels or lengths look as if drawn from one source."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.proportions import Z_95

Floats = NDArray[np.float64]


class Area(NamedTuple):
    """Area under the ROC curve, 0-1, with its 95 % interval."""

    value: float
    low: float
    high: float


class LabelShift(NamedTuple):
    """How far the shares of labels moved.

    psi       population stability index; below 0.1 is commonly called stable, from 0.25 on a shift
    p_value   of the chi-square test that both sides share one distribution
    """

    psi: float
    p_value: float


def area_under_curve(scores: Floats, second: NDArray[np.bool_]) -> Area:
    """How well scores tell the second sample from the first: 0.5 not at all, 1 wholly; interval by DeLong's variance.

    The area is the chance that a row of the second scores above a row of the first, ties counting half. Variance:
    DeLong, DeLong and Clarke-Pearson 1988 (https://doi.org/10.2307/2531595), from ranks (Sun and Xu 2014). As a test
    of two samples by a classifier: Lopez-Paz and Oquab 2017, https://arxiv.org/abs/1610.06545.

    scores   (N,); second (N,) True for rows of the second sample; each side has two rows at least

    >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])).value
    0.75
    """
    from scipy.stats import rankdata

    ranks = rankdata(scores)
    num_second, num_first = int(second.sum()), int((~second).sum())
    above = (ranks[second] - rankdata(scores[second])) / num_first
    below = 1 - (ranks[~second] - rankdata(scores[~second])) / num_second
    value = float(above.mean())
    half = Z_95 * float(np.sqrt(above.var(ddof=1) / num_second + below.var(ddof=1) / num_first))
    return Area(value, max(0.0, value - half), min(1.0, value + half))


def label_shift(first: Floats, second: Floats) -> LabelShift:
    """How far the labels' shares moved from the first to the second; counts (C,), each side with a row at least.

    psi = sum of (q - p) ln(q / p) over the labels, p and q their shares, every count raised by one half so that a
    label that one side lacks stays finite.
    """
    from scipy.stats import chi2_contingency

    shares = [(counts + 0.5) / (counts + 0.5).sum() for counts in (first, second)]
    psi = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    table = np.stack([first, second])[:, (first + second) > 0]
    p_value = 1.0 if table.shape[1] < 2 else float(chi2_contingency(table, correction=False).pvalue)
    return LabelShift(psi, p_value)
