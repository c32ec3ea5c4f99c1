"""How binds end, as metrics."""

from __future__ import annotations

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from extender.model.attempt import Attempt, BindPart, WeighPart
from extender.model.names import as_names
from extender.observe.binds import BindMetrics


def attempt(part: BindPart, weights: tuple[float, ...] | None = None) -> Attempt:
    """An attempt that ended so; hosts h0, h1, … weighed so much."""
    weighed = None
    if weights is not None:
        names = as_names([f"h{n}" for n in range(len(weights))])
        scores = np.zeros(len(weights), dtype=np.int64)
        weighed = WeighPart(names, (), np.array(weights), scores)
    return Attempt(uid="u", namespace="ns", name="p", at=0.0, weighed=weighed, bound=part)


@pytest.fixture
def registry() -> CollectorRegistry:
    """An empty one."""
    return CollectorRegistry()


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    """A series' value, None where there is none."""
    return registry.get_sample_value(f"nova_extender_{name}", labels)


def test_every_outcome_exists_from_the_start(registry: CollectorRegistry) -> None:
    """The first bind that fails makes a rate only if its series was there before."""
    BindMetrics(registry, ("bound", "refused"))
    assert value(registry, "binds_total", outcome="bound") == 0
    assert value(registry, "binds_total", outcome="refused") == 0
    assert value(registry, "landed_on_top_total", agree="true") == 0
    for name in (
        "claim_conflicts_total",
        "claims_expired_total",
        "max_retries_exceeded_total",
        "drift_total",
    ):
        assert value(registry, name) == 0


def test_binds(registry: CollectorRegistry) -> None:
    """Each bind counts under its outcome; a refused claim is a conflict too, nothing else is."""
    metrics = BindMetrics(registry)
    for outcome in ("bound", "claim_refused", "claim_refused", "refused"):
        part = BindPart("h0", outcome, "" if outcome == "bound" else "why")
        metrics.record(attempt(part), part)
    assert value(registry, "binds_total", outcome="claim_refused") == 2
    assert value(registry, "binds_total", outcome="bound") == 1
    assert value(registry, "claim_conflicts_total") == 2


@pytest.mark.parametrize(
    ("weights", "agree"),
    [((1.0, 0.5), "true"), ((1.0, 1.0), "true"), ((0.5, 1.0), "false"), (None, None)],
)
def test_landed_on_top(
    registry: CollectorRegistry, weights: tuple[float, ...] | None, agree: str | None
) -> None:
    """A bind to a host of the greatest weight agrees; pods nobody weighed are not counted."""
    metrics = BindMetrics(registry)
    part = BindPart("h0", "bound")
    metrics.record(attempt(part, weights), part)
    counted = {
        name: value(registry, "landed_on_top_total", agree=name) for name in ("true", "false")
    }
    assert counted == {name: float(name == agree) for name in ("true", "false")}


def test_what_was_not_bound_landed_nowhere(registry: CollectorRegistry) -> None:
    """A bind that failed says nothing about whether kube-scheduler agrees."""
    metrics = BindMetrics(registry)
    part = BindPart("h0", "refused", "no")
    metrics.record(attempt(part, (1.0,)), part)
    assert value(registry, "landed_on_top_total", agree="true") == 0


def test_attempts_that_failed(registry: CollectorRegistry) -> None:
    """A bind that counts as an attempt is a retry by its outcome; one that does not is none."""
    metrics = BindMetrics(registry)
    for part in (BindPart("h", "refused", "no", counted=True), BindPart("h", "unavailable", "no")):
        metrics.record(attempt(part), part)
    assert value(registry, "retries_total", reason="bind_refused") == 1
    assert value(registry, "retries_total", reason="bind_unavailable") is None


@pytest.mark.parametrize(
    ("reason", "label"),
    [
        ("OutOfcpu", "OutOfcpu"),
        ("OutOfexample.com/gpu", "OutOfExtendedResources"),
        ("NodePorts", "NodePorts"),
    ],
)
def test_rejections(registry: CollectorRegistry, reason: str, label: str) -> None:
    """A kubelet's rejection counts by its reason; series stay bounded whatever resources exist."""
    BindMetrics(registry).rejected(reason)
    assert value(registry, "retries_total", reason=label) == 1
