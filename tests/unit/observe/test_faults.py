"""Tests of extender.observe.faults."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from extender.model.attempt import Fault
from extender.observe.faults import count_faults


def test_faults_by_plugin() -> None:
    """Two of one and one of another, on whatever host."""
    registry = CollectorRegistry()
    errors = Counter("errors", "text", ("plugin",), registry=registry)
    count_faults(errors, [Fault("A", "h1", "x"), Fault("B", "h1", "y"), Fault("A", "h2", "z")])
    found = [registry.get_sample_value("errors_total", {"plugin": name}) for name in "AB"]
    assert found == [2, 1]
