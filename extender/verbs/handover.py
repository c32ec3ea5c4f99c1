"""Whether another process may have bound pods that our own watch does not show yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SILENCE = 10.0
"""Seconds. kube-scheduler's own Lease changes hands no sooner (renewDeadline, 10 s by default), so
whoever was asked within that time is still the one who is asked."""

GRACE = 5.0
"""Seconds for which the one who was asked before may still have a Binding under way: its
``kubernetes.bind_timeout``, 4 s by default, and a second for our watch to show what came of it."""


class HandOver:
    """Tells a time after a hand-over: the first calls of all, and the first after a silence.

    Holds for both shapes: side by side with kube-scheduler its Lease decides who is asked, alone
    our own. A quiet cluster cannot be told apart from one handed over, and costs little.

    Args:
        clock: seconds that only grow.
        silence: seconds without a call, after which the next one is a hand-over's first.
        grace: seconds that the time after a hand-over lasts.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        silence: float = SILENCE,
        grace: float = GRACE,
    ) -> None:
        self._clock = clock
        self._silence = silence
        self._grace = grace
        self._lock = threading.Lock()
        self._last: float | None = None
        self._until = 0.0

    def called(self) -> None:
        """Note a call of any verb."""
        now = self._clock()
        with self._lock:
            if self._last is None or now - self._last > self._silence:
                self._until = now + self._grace
            self._last = now

    @property
    def asked(self) -> bool:
        """Whether it is us who are asked at present."""
        return self._last is not None and self._clock() - self._last <= self._silence

    @property
    def recent(self) -> bool:
        """Whether the grace time runs."""
        return self._clock() < self._until
