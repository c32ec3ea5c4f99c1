"""extender.observe.watches."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from extender.kube.sink import Observer
from extender.observe.watches import WatchMetrics


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        """The time it was set to."""
        return self.now


def samples(registry: CollectorRegistry) -> dict[str, float]:
    """Every series and its value."""
    lines = generate_latest(registry).decode().splitlines()
    found = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {series: float(value) for series, _, value in found if "_created" not in series}


def test_a_watch_that_works_and_falls_silent() -> None:
    """The age grows until the next word, be it a bookmark."""
    registry, clock = CollectorRegistry(), Clock()
    metrics: Observer = WatchMetrics(registry, clock)
    metrics.synced("pods")
    clock.now += 30
    assert samples(registry)['nova_extender_snapshot_age_seconds{resource="pods"}'] == 30
    metrics.event("pods")
    assert samples(registry)['nova_extender_snapshot_age_seconds{resource="pods"}'] == 0


def test_restarts_and_relists_are_counted() -> None:
    """By resource, restarts by their cause too."""
    registry = CollectorRegistry()
    metrics = WatchMetrics(registry)
    metrics.synced("nodes")
    metrics.restarted("nodes", "expired")
    metrics.restarted("nodes", "closed")
    metrics.restarted("nodes", "closed")
    metrics.relisted("nodes")
    found = samples(registry)
    assert found['nova_extender_watch_restarts_total{cause="closed",resource="nodes"}'] == 2
    assert found['nova_extender_watch_restarts_total{cause="expired",resource="nodes"}'] == 1
    assert found['nova_extender_relists_total{resource="nodes"}'] == 1


def test_without_a_live_cluster_there_are_no_series() -> None:
    """A cluster file is not watched."""
    registry = CollectorRegistry()
    WatchMetrics(registry)
    assert samples(registry) == {}
