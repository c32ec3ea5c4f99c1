"""How many binds ask the API server at the same time: as many as it answers in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LEAST = 8
"""Never fewer than so many."""

CUT = 0.7
"""What is left of the number after calls without an answer."""

PATIENCE = 1.0
"""Seconds between two cuts: the calls that were under way at the first tell nothing new."""


class Gate:
    """Lets so many in; fewer after time-outs, then more again, one by one.

    An overloaded API server that is asked by all binds at once answers none of them in time, and
    each is asked again: it would never recover. Additive increase, multiplicative decrease, as TCP
    does it.

    Args:
        most: how many at the same time at best.
        clock: seconds that only grow.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(most)
        self._clock = clock
        self._changed = threading.Condition()
        self._limit = float(most)
        self._inside = 0
        self._cut = -PATIENCE

    @property
    def limit(self) -> int:
        """How many are let in now."""
        return int(self._limit)

    def enter(self, timeout: float) -> bool:
        """Wait for one's turn; whether it came in time. Who comes in must `leave`."""
        with self._changed:
            if not self._changed.wait_for(self._has_room, timeout):
                return False
            self._inside += 1
            return True

    def leave(self, *, answered: bool) -> None:
        """Make room; ``answered`` says whether the API server gave an answer in time."""
        with self._changed:
            self._inside -= 1
            if answered:
                self._limit = min(self._most, self._limit + 1 / self._limit)
            else:
                now = self._clock()
                if now - self._cut >= PATIENCE:
                    self._cut = now
                    self._limit = max(min(float(LEAST), self._most), self._limit * CUT)
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return self._inside < self.limit
