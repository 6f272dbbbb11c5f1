"""How many requests a key may make: a bucket of tokens for each, filled at a steady rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from groundswell.serving.security.keys import KeyRecord


@dataclass(slots=True)
class _Bucket:
    tokens: float
    seen: float  # seconds of the clock when `tokens` was right


class RateLimiter:
    """Lets a key make the requests of one minute at once and then one at a time, as its bucket fills.

    So in any minute there are at most twice as many. Buckets are kept in memory: a new process begins with full ones.

    clock   seconds, never going back
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def check(self, record: KeyRecord) -> float | None:
        """None when the key may ask now, which is counted; otherwise the seconds until it may, above 0."""
        if record.requests_per_minute is None:
            return None
        limit, per_second = float(record.requests_per_minute), record.requests_per_minute / 60
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(record.id, _Bucket(limit, now))
            bucket.tokens = min(limit, bucket.tokens + (now - bucket.seen) * per_second)
            bucket.seen = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return None
            return (1 - bucket.tokens) / per_second
