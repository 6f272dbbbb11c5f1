"""Intervals and p values as tables show them."""

from __future__ import annotations

from collections.abc import Sequence


def interval(found: Sequence[float]) -> str:
    """Value, low and high end with three decimals.

    >>> interval((0.91, 0.9, 0.92))
    '0.910 (0.900–0.920)'
    """
    value, low, high = found
    return f"{value:.3f} ({low:.3f}–{high:.3f})"


def signed_interval(found: Sequence[float]) -> str:
    """A difference with its ends, each with its sign."""
    value, low, high = found
    return f"{value:+.3f} ({low:+.3f} to {high:+.3f})"


def chance(p_value: float) -> str:
    """A p value, of which no more is said than that it is tiny."""
    if p_value < 0.001:
        return "<0.001"
    return "1" if p_value == 1 else f"{p_value:.3f}"
