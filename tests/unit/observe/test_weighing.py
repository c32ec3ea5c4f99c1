"""Tests of extender.observe.weighing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from extender.model.attempt import Fault, WeigherStep
from extender.observe.weighing import WeighingMetrics, spread
from tests.unit.observe.making import weighed, weigher


def value(registry: CollectorRegistry, name: str, weigher: str = "RAMWeigher") -> float | None:
    """One sample's value."""
    return registry.get_sample_value(f"nova_extender_{name}", {"weigher": weigher})


@pytest.mark.parametrize(
    ("normalised", "multiplier", "far"),
    [
        pytest.param([0, 0.5, 1], 1.0, 1.0, id="from 0 to 1"),
        pytest.param([0, 0, 0], 1.0, 0.0, id="all alike"),
        pytest.param([0.2, 0.7], 2.0, 1.0, id="half of one, twice"),
        pytest.param([0, 1], -3.0, 3.0, id="a multiplier below 0"),
        pytest.param([0, 1], 0.0, 0.0, id="a multiplier of 0"),
    ],
)
def test_spread(normalised: list[float], multiplier: float, far: float) -> None:
    """The greatest less the least of normalised × multiplier."""
    step = weigher("RAMWeigher", normalised, normalised, multiplier)
    assert spread(step) == pytest.approx(far)


def test_spread_of_multipliers_by_host() -> None:
    """1 × 0.5 and 0.25 × 4 lie half of one apart, though the weights lie the other way round."""
    normalised, multipliers = np.array([1.0, 0.25]), np.array([0.5, 4.0])
    step = WeigherStep("RAMWeigher", normalised, normalised, multipliers)
    assert spread(step) == 0.5


def test_each_weigher_is_observed() -> None:
    """Two hosts that one weigher tells apart, and another does not."""
    registry = CollectorRegistry()
    metrics = WeighingMetrics(registry)
    apart = weigher("RAMWeigher", [1, 2], [0, 1], 2.0)
    alike = weigher("CPUWeigher", [4, 4], [0, 0])
    metrics.record(weighed({"a": 0.0, "b": 2.0}, [apart, alike]))
    assert value(registry, "weigher_spread_sum") == 2
    assert value(registry, "weigher_spread_count", "CPUWeigher") == 1
    assert value(registry, "weigher_spread_sum", "CPUWeigher") == 0


@pytest.mark.parametrize("hosts", [{}, {"a": 1.0}])
def test_nothing_to_tell_apart(hosts: dict[str, float]) -> None:
    """Attempts with one host, or none, say nothing about a weigher."""
    registry = CollectorRegistry()
    metrics = WeighingMetrics(registry)
    metrics.expect(["RAMWeigher"])
    metrics.record(weighed(hosts, [weigher("RAMWeigher", [1.0] * len(hosts), [0.0] * len(hosts))]))
    assert value(registry, "weigher_spread_count") == 0


def test_an_infinite_weight_is_left_out() -> None:
    """It would be the sum for good."""
    registry = CollectorRegistry()
    metrics = WeighingMetrics(registry)
    metrics.expect(["RAMWeigher"])
    metrics.record(weighed({"a": 0.0, "b": 1.0}, [weigher("RAMWeigher", [0, 1], [0, math.inf])]))
    assert value(registry, "weigher_spread_sum") == 0


def test_faults_are_counted() -> None:
    """A weigher that failed twice; one that is expected is there at 0."""
    registry = CollectorRegistry()
    metrics = WeighingMetrics(registry)
    metrics.expect(["CPUWeigher"])
    metrics.record(weighed({}, faults=[Fault("RAMWeigher", "", "oh")] * 2))
    assert value(registry, "weigher_errors_total") == 2
    assert value(registry, "weigher_errors_total", "CPUWeigher") == 0
