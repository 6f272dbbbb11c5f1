"""Shares and their Wilson intervals, against the closed form worked by hand."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest, norm

from groundswell.evaluation.proportions import Z_95, wilson


def test_the_interval_by_hand() -> None:
    """1 of 4 with z = 2, so that z² = 4.

    middle  (1/4 + 4/8) / (1 + 4/4)                      = 0.75 / 2           = 0.375
    half    2 / 2 * sqrt(1/4 * 3/4 / 4 + 4 / (4 * 16))   = sqrt(0.109375)     = 0.330719
    """
    share = wilson(1, 4, z=2.0)
    assert (share.count, share.value) == (1, 0.25)
    assert share.low == pytest.approx(0.375 - 0.330719, abs=1e-6)
    assert share.high == pytest.approx(0.375 + 0.330719, abs=1e-6)


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (331, 1000), (1, 100_000)])
def test_the_interval_is_that_of_scipy(count: int, total: int) -> None:
    share = wilson(count, total)
    expected = binomtest(count, total).proportion_ci(confidence_level=0.95, method="wilson")
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_nothing_says_nothing() -> None:
    share = wilson(0, 0)
    assert (share.value, share.low, share.high) == (0.0, 0.0, 1.0)
    assert norm.ppf(0.975) == pytest.approx(Z_95, abs=1e-15)
