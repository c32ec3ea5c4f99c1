"""How the watches of a live cluster fare: what the reflectors tell, as metrics."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

NAMESPACE = "nova_extender"


class WatchMetrics:
    """Counts restarts and relists, and tells how long a resource has been silent.

    Its methods are those of ``kube.sink.Observer``. Series appear with the first word of a
    resource: without a live cluster there are none.

    Args:
        registry: where the metrics go.
        clock: seconds that only grow.
    """

    def __init__(
        self, registry: CollectorRegistry, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._restarts = Counter(
            "watch_restarts",
            "Lists and watches that ended and were started again, by why; 'closed' and 'timeout' "
            "are the ordinary course of things.",
            ("resource", "cause"),
            namespace=NAMESPACE,
            registry=registry,
        )
        self._relists = Counter(
            "relists",
            "Times a resource was listed anew, the first time excepted.",
            ("resource",),
            namespace=NAMESPACE,
            registry=registry,
        )
        self._age = Gauge(
            "snapshot_age_seconds",
            "Time since the API server last said anything of a resource. It sends a bookmark about "
            "once a minute where nothing changes; more than two minutes mean that we are blind.",
            ("resource",),
            namespace=NAMESPACE,
            registry=registry,
        )

    def restarted(self, resource: str, cause: str, /) -> None:
        """Count a list or watch that ended and will be started again."""
        self._restarts.labels(resource, cause).inc()

    def relisted(self, resource: str, /) -> None:
        """Count a list anew."""
        self._relists.labels(resource).inc()

    def synced(self, resource: str, /) -> None:
        """Note a sign of life; the series of the resource exist from now on."""
        self._relists.labels(resource)
        self._age.labels(resource).set_function(lambda: self._clock() - self._heard[resource])
        self.event(resource)

    def opened(self, resource: str, /) -> None:
        """Note a sign of life of a resource that was in sync before."""
        if resource in self._heard:
            self.event(resource)

    def event(self, resource: str, /) -> None:
        """Note a sign of life."""
        self._heard[resource] = self._clock()
