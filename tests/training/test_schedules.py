from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.training.schedules import make_schedule


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", [0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]),
        ("constant", [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("cosine", [0.5, 1.0, *(0.5 * (1 + math.cos(math.pi * done / 8)) for done in range(8))]),
    ],
)
def test_shares_by_hand(name: Any, expected: list[float]) -> None:
    """10 steps, 2 of them warm-up; the step behind the last one would be 0 (linear, cosine)."""
    schedule = make_schedule(name, total_steps=10, warmup_share=0.2)
    assert [schedule(step) for step in range(10)] == pytest.approx(expected)
    assert schedule(10) == pytest.approx(1.0 if name == "constant" else 0.0)


@given(
    st.sampled_from(["linear", "cosine", "constant"]), st.integers(1, 500), st.floats(0, 0.99, exclude_max=True)
)  # fmt: skip
def test_rises_to_one_and_never_rises_again(name: Any, total_steps: int, warmup_share: float) -> None:
    schedule = make_schedule(name, total_steps=total_steps, warmup_share=warmup_share)
    shares = [schedule(step) for step in range(total_steps)]
    warmup = round(warmup_share * total_steps)
    assert all(0 < share <= 1 for share in shares)
    assert shares[:warmup] == sorted(shares[:warmup])
    assert shares[warmup:] == sorted(shares[warmup:], reverse=True)
    assert shares[min(warmup, total_steps - 1)] == 1.0


def test_one_step_has_the_full_rate() -> None:
    assert make_schedule("linear", total_steps=1, warmup_share=0.1)(0) == 1.0
