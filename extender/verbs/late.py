"""News that came a moment too late for a pod that was refused, and so wakes it again.

The event that makes room for a pod also makes kube-scheduler try it again, at once. If it asks us
before our own watch has shown the event, we refuse; and in a quiet cluster nothing else happens
that would make it try again (for 5 minutes).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from extender.model.attempt import Attempt

WINDOW = 1.0
"""Seconds by which our watch may lag behind kube-scheduler's, amply."""


class LateNews:
    """Asks for waking where news of a node or pod follows close upon a refusal.

    Args:
        wake: asks for it, saying why.
        clock: seconds that only grow.
    """

    def __init__(
        self, wake: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._wake = wake
        self._clock = clock
        self._refused = float("-inf")

    def tried(self, attempt: Attempt) -> None:
        """Note an attempt, which matters if nothing was left for the pod."""
        part = attempt.filtered
        if attempt.bound is None and attempt.weighed is None and part and part.no_valid_host:
            self._refused = self._clock()

    def came(self, what: str) -> None:
        """Something may fit now that did not before."""
        if self._clock() - self._refused <= WINDOW:
            self._wake(f"{what} came late")
