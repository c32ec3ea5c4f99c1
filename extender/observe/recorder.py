"""The one place where an attempt is observed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from threading import Lock

from extender.model.attempt import Attempt
from extender.observe.log import Log
from extender.observe.metrics import Metrics

MOST = 256
"""Attempts that may wait to be counted; nobody counts them where nobody calls ``settle``."""


class Recorder:
    """Told of an attempt when its filter part is complete, and again when it is weighed or bound.

    The log has its lines at once. Counting waits for ``settle``, which is called when the reply is
    out, and before the metrics are read: it takes as long as judging a hundred hosts. What fails in
    observing is logged and goes no further: a verdict never depends on it.
    """

    def __init__(self, metrics: Metrics, log: Log) -> None:
        self.metrics = metrics
        self.log = log
        self._waiting: deque[Attempt] = deque()
        self._counting = Lock()

    def __call__(self, attempt: Attempt) -> None:
        """Log the attempt, and have it counted soon: as it is now, for parts may be added."""
        self._safely(self.log.record, attempt)
        self._waiting.append(copy(attempt))
        if len(self._waiting) > MOST:
            self.settle()

    def settle(self) -> None:
        """Count what waits to be counted. Any thread may; one at a time does."""
        with self._counting:
            while self._waiting:
                self._safely(self.metrics.record, self._waiting.popleft())

    def exposition(self) -> tuple[bytes, str]:
        """The metrics, with everything in them that a reply was sent for."""
        self.settle()
        return self.metrics.exposition()

    def _safely(self, observe: Callable[[Attempt], None], attempt: Attempt) -> None:
        try:
            observe(attempt)
        except Exception as error:  # noqa: BLE001 - see the class
            with suppress(Exception):  # the log itself may be what fails: stderr is gone
                self.log.failure("recording an attempt", error)
