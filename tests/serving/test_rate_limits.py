"""Requests per minute, on a clock that the tests turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groundswell.serving.security.keys import KeyRecord
from groundswell.serving.security.rate_limits import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


KEY = KeyRecord("0" * 12, "a", ("analyze",), 6, "2026-01-01T00:00:00Z")


def test_a_minutes_worth_at_once_then_one_at_a_time() -> None:
    """Six a minute: one every ten seconds once the bucket is empty."""
    clock = Clock()
    limiter = RateLimiter(clock)
    assert [limiter.check(KEY) for _ in range(6)] == [None] * 6
    assert limiter.check(KEY) == pytest.approx(10.0)
    clock.seconds += 4
    assert limiter.check(KEY) == pytest.approx(6.0)
    clock.seconds += 6
    assert limiter.check(KEY) is None
    assert limiter.check(KEY) == pytest.approx(10.0)


def test_who_waits_as_told_is_let_in() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(200):
        wait = limiter.check(KEY)
        if wait is not None:
            assert wait > 0
            clock.seconds += wait + 1e-6
            assert limiter.check(KEY) is None


def test_being_refused_costs_nothing_and_a_bucket_holds_one_minute() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    refused = [limiter.check(KEY) for _ in range(100)][6:]
    assert refused == pytest.approx([10.0] * 94)
    clock.seconds += 3600
    assert [limiter.check(KEY) for _ in range(7)].count(None) == 6


def test_over_an_hour_the_rate_holds_however_often_it_is_tried() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    let_in = 0
    for _ in range(36_000):
        let_in += limiter.check(KEY) is None
        clock.seconds += 0.1
    assert 6 + 359 <= let_in <= 6 + 360


def test_keys_do_not_share_and_some_have_no_limit() -> None:
    limiter = RateLimiter(Clock())
    other = replace(KEY, id="1" * 12)
    assert [limiter.check(KEY) for _ in range(7)][-1] is not None
    assert limiter.check(other) is None
    free = replace(KEY, id="2" * 12, requests_per_minute=None)
    assert {limiter.check(free) for _ in range(1000)} == {None}
