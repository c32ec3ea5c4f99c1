"""Tests of extender.observe.standing."""

from __future__ import annotations

import platform

from prometheus_client import CollectorRegistry

from extender.observe.standing import Standing, StandingMetrics
from extender.version import __version__


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    """One sample's value."""
    return registry.get_sample_value(f"nova_extender_{name}", labels)


def test_gauges_ask_when_they_are_read() -> None:
    """What is known of the cluster is what the functions say at that moment."""
    registry = CollectorRegistry()
    known = [3, 40, 5, 2, 6]
    StandingMetrics(
        registry,
        Standing(
            hosts=lambda: known[0],
            pods=lambda: known[1],
            pending=lambda: known[2],
            claims=lambda: known[3],
            events_dropped=lambda: known[4],
        ),
    )
    assert value(registry, "hosts", state="known") == 3
    assert value(registry, "pods", state="counted") == 40
    assert value(registry, "pods", state="pending") == 5
    assert value(registry, "claims") == 2
    assert value(registry, "events_dropped_total") == 6
    known[0] = 7
    assert value(registry, "hosts", state="known") == 7


def test_ready_and_leading() -> None:
    """1 where it is so, 0 where it is not."""
    registry = CollectorRegistry()
    so = [True, False]
    StandingMetrics(registry, Standing(ready=lambda: so[0], leading=lambda: so[1]))
    assert (value(registry, "ready"), value(registry, "leader")) == (1, 0)
    so.reverse()
    assert (value(registry, "ready"), value(registry, "leader")) == (0, 1)


def test_the_build_is_told() -> None:
    """Versions are labels of a constant 1."""
    registry = CollectorRegistry()
    StandingMetrics(registry, Standing())
    labels = {"version": __version__, "python_version": platform.python_version()}
    assert value(registry, "build_info", **labels) == 1
