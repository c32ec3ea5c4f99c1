"""Tests of extender.observe.stages."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client import CollectorRegistry

from extender.observe.stages import STAGES, StageMetrics
from tests.unit.observe.making import attempt


def observed() -> tuple[CollectorRegistry, StageMetrics]:
    """The metric in a registry of its own."""
    registry = CollectorRegistry()
    return registry, StageMetrics(registry)


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    """One sample's value."""
    return registry.get_sample_value(f"nova_extender_stage_duration_seconds_{name}", labels)


def test_each_stage_is_observed() -> None:
    """A call of 300 µs of filtering and 2 s of waiting: each in its own bucket."""
    registry, metrics = observed()
    metrics.record(replace(attempt(), stages={"filter": 0.0003, "wait": 2.0}))
    assert value(registry, "sum", stage="filter") == 0.0003
    assert value(registry, "bucket", stage="filter", le="0.00025") == 0
    assert value(registry, "bucket", stage="filter", le="0.0005") == 1
    assert value(registry, "bucket", stage="wait", le="1.0") == 0
    assert value(registry, "bucket", stage="wait", le="2.5") == 1
    assert value(registry, "count", stage="weigh") == 0


def test_all_stages_exist_from_the_start() -> None:
    """The first slow call makes a rate."""
    registry, _ = observed()
    assert [value(registry, "count", stage=stage) for stage in STAGES] == [0] * 7


def test_a_call_that_nobody_timed() -> None:
    """An attempt without timings leaves everything as it is."""
    registry, metrics = observed()
    metrics.record(attempt())
    assert {value(registry, "count", stage=stage) for stage in STAGES} == {0}
