"""Token buckets: so many at once, and then so many a second."""

from __future__ import annotations

import math


class TokenBucket:
    """A bucket that is full at first; not for several threads.

    Args:
        burst: tokens it holds at most.
        rate: tokens that flow in a second.
        at: the time now, in seconds on a clock that only grows.
    """

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, burst: int, rate: float, at: float) -> None:
        self._burst = burst
        self._rate = rate
        self._tokens = float(burst)
        self._at = at

    def take(self, at: float, *, leave: int = 0) -> bool:
        """Takes a token if there is one, and `leave` more; returns whether."""
        if self.wait(at, leave=leave) > 0:
            return False
        self._tokens -= 1
        return True

    def wait(self, at: float, *, leave: int = 0) -> float:
        """Seconds until `take` would succeed, if nobody else takes; 0 if it would now."""
        self._tokens = min(self._burst, self._tokens + max(0.0, at - self._at) * self._rate)
        self._at = max(at, self._at)
        missing = leave + 1 - self._tokens
        # A billionth of a token, so that sums of fractions reach the whole.
        if missing <= 1e-9:  # noqa: PLR2004
            return 0.0
        return missing / self._rate if self._rate > 0 else math.inf
