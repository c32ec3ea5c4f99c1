"""The one place where an attempt is observed."""

from __future__ import annotations

from contextlib import suppress

from extender.model.attempt import Attempt
from extender.observe.log import Log
from extender.observe.metrics import Metrics


class Recorder:
    """Told of an attempt when its filter part is complete, and again when it is weighed.

    What fails in observing is logged and goes no further: a verdict never depends on it.
    """

    def __init__(self, metrics: Metrics, log: Log) -> None:
        self.metrics = metrics
        self.log = log

    def __call__(self, attempt: Attempt) -> None:
        """Count the attempt and log it."""
        for observe in (self.metrics.record, self.log.record):
            try:
                observe(attempt)
            except Exception as error:  # noqa: BLE001 - see the class
                with suppress(Exception):  # the log itself may be what fails: stderr is gone
                    self.log.failure("recording an attempt", error)
