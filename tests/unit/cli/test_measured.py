"""What the metrics of a serving extender look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from extender.cli.measured import filters_of, metrics_of, weighers_of
from extender.observe.metrics import Metrics
from tests.unit.verbs.making import engine, node, pod

SETTINGS = """
filter_scheduler:
  enabled_filters: [RamFilter, CoreFilter]
  weight_classes: [nova.scheduler.weights.ram.RAMWeigher]
"""


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One sample's value."""
    return metrics.registry.get_sample_value(f"nova_extender_{name}", labels)


@dataclass
class Working:
    """What runs in the background, as far as metrics ask it; it leads and has lost five Events."""

    leading: bool = True
    dropped: int = 5

    @property
    def elector(self) -> Working:
        """Who knows whether it leads."""
        return self

    @property
    def events(self) -> Working:
        """Who counts Events."""
        return self


def test_the_cluster_is_asked() -> None:
    """Two nodes, one pod on them and none pending, as they are at the moment."""
    made = engine([node("a"), node("b")], [pod("1", on="a")])
    metrics = metrics_of(made, lambda: "", lambda: None, {})
    assert value(metrics, "hosts", state="known") == 2
    assert value(metrics, "pods", state="counted") == 1
    assert value(metrics, "pods", state="pending") == 0
    assert value(metrics, "capacity", resource="cpu", kind="physical") is not None


def test_ready_and_leading() -> None:
    """Nothing is missing and somebody leads; before anything is started it is the other way."""
    made = engine([node("a")])
    found: list[Any] = [None, "no pods yet"]
    metrics = metrics_of(made, lambda: found[1], lambda: found[0], {})
    names = ("ready", "leader", "events_dropped_total")
    assert [value(metrics, name) for name in names] == [0, 0, 0]
    found[:] = [Working(), ""]
    assert [value(metrics, name) for name in names] == [1, 1, 5]


def test_what_is_enabled_has_series() -> None:
    """Filters in their order, with the pre-stage, and weighers."""
    made = engine([node("a")], settings=SETTINGS)
    assert [name for name, _ in filters_of(made.scheduler)] == [
        "pre_stage",
        "RamFilter",
        "CoreFilter",
    ]
    assert weighers_of(made.scheduler) == ["RAMWeigher"]
    metrics = metrics_of(made, lambda: "", lambda: None, {})
    assert value(metrics, "filter_position", filter="CoreFilter") == 2
    assert value(metrics, "weigher_spread_count", weigher="RAMWeigher") == 0
    for verb in ("filter", "prioritize", "bind", "preempt"):
        assert value(metrics, "requests_total", verb=verb, outcome="ok") == 0


def test_certificates_are_asked_for() -> None:
    """Those that there are."""
    metrics = metrics_of(engine([node("a")]), lambda: "", lambda: None, {"verbs": lambda: 7.0})
    name = "certificate_expiry_timestamp_seconds"
    assert value(metrics, name, certificate="verbs") == 7
    assert value(metrics, name, certificate="webhook") is None
