"""How reading the configuration again fares, as metrics."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge

from extender.observe.watches import NAMESPACE


class ReloadMetrics:
    """Whether the configuration on disk is the one in effect.

    The series exist from the start, for which the configuration has been read successfully.

    Args:
        registry: where the metrics go.
        clock: seconds since the epoch.
    """

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._success = Gauge(
            "config_reload_success",
            "1 if the configuration was in order when it was last read, 0 if it was not and the "
            "one before stays in effect; the log says why.",
            namespace=NAMESPACE,
            registry=registry,
        )
        self._timestamp = Gauge(
            "config_reload_timestamp_seconds",
            "When the configuration was last read and found in order, in seconds since 1970.",
            namespace=NAMESPACE,
            registry=registry,
        )
        self._waiting = Gauge(
            "config_restart_needed",
            "Options whose new value takes effect with the next start only; the log names them.",
            namespace=NAMESPACE,
            registry=registry,
        )
        self.succeeded()

    def succeeded(self, waiting: int = 0) -> None:
        """Note a configuration that is in order.

        Args:
            waiting: how many of its options wait for a restart.
        """
        self._success.set(1)
        self._timestamp.set(self._clock())
        self._waiting.set(waiting)

    def failed(self) -> None:
        """Note one that is not, and was not taken over."""
        self._success.set(0)
