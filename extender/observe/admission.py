"""How requests to the mutating webhook end, as a metric."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from extender.observe.watches import NAMESPACE


class AdmissionMetrics:
    """Counts what API servers ask before a node is written.

    Args:
        registry: where the metric goes.
        outcomes: every way a request may end; their series exist from the start, at 0.
    """

    def __init__(self, registry: CollectorRegistry, outcomes: Iterable[str] = ()) -> None:
        self._requests = Counter(
            "admission_requests",
            "Nodes that API servers asked the mutating webhook about, by what came of it: patched, "
            "unchanged, or unread for a node that could not be read and was let through as it is.",
            ["outcome"],
            namespace=NAMESPACE,
            registry=registry,
        )
        for outcome in outcomes:
            self._requests.labels(outcome)

    def count(self, outcome: str) -> None:
        """Count a request."""
        self._requests.labels(outcome).inc()
