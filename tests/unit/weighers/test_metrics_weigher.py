"""MetricsWeigher: by what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.metrics import HostMetric
from extender.model.options import SchedulerOptions
from extender.weighers.metrics import MetricsWeigher
from tests.builders import aggregate, host, spec, table

NOW = 1_000_000.0


def measured(name: str = "a", **values: float) -> HostState:
    """A host with these metrics."""
    return host(name, reported_metrics=tuple(HostMetric(n, v) for n, v in values.items()))


def weigher(*setting: tuple[str, float], required: bool = False, **more: Any) -> MetricsWeigher:
    """The weigher with this setting."""
    return MetricsWeigher(
        SchedulerOptions(metrics_weight_setting=setting, metrics_required=required, **more)
    )


def weights(made: MetricsWeigher, *hosts: HostState, at: float | None = NOW) -> list[float]:
    """The raw weights."""
    found: list[float] = made.weigh_objects(table(*hosts), spec(at=at)).tolist()
    return found


def test_sum_of_values_times_ratios() -> None:
    """512 × 1 and 1 × 2 make 514; a negative ratio takes away."""
    assert weights(weigher(("foo", 1.0), ("bar", 2.0)), measured(foo=512, bar=1)) == [514.0]
    assert weights(weigher(("foo", -0.5), ("bar", 2.0)), measured(foo=512, bar=1)) == [-254.0]


def test_metrics_that_are_not_named_do_not_matter() -> None:
    """Only the setting's names are looked at."""
    assert weights(weigher(("x", 1.0)), measured(x=3, y=1e9)) == [3.0]


def test_the_same_name_twice_counts_twice() -> None:
    """Ratios -2 and +1 make -1."""
    assert weights(weigher(("x", -2.0), ("x", 1.0)), measured(x=1)) == [-1.0]


def test_two_metrics_of_a_name() -> None:
    """The last one on the host counts; the annotation counts before metrics.k8s.io."""
    twice = host(
        reported_metrics=(HostMetric("x", 1.0), HostMetric("x", 2.0)),
        observed_metrics=(HostMetric("x", 4.0), HostMetric("y", 8.0)),
    )
    assert weights(weigher(("x", 1.0)), twice) == [2.0]
    assert weights(weigher(("y", 1.0)), twice) == [8.0]


@pytest.mark.parametrize("required", [True, False])
def test_a_missing_metric_replaces_the_whole_sum(required: bool) -> None:
    """Whatever the others are worth; Nova aborts where it is required."""
    made = weigher(("x", 1.0), ("y", 1.0), required=required)
    found = weights(made, measured("a", x=5, y=5), measured("b", x=500), measured("c"))
    assert found == [10.0, -10000.0, -10000.0]
    other = weigher(("y", 1.0), required=required, metrics_weight_of_unavailable=7.5)
    assert weights(other, measured(x=1)) == [7.5]


@pytest.mark.parametrize(("required", "found"), [(False, [5.0, 5.0]), (True, [5.0, -10000.0])])
def test_missing_with_a_ratio_of_zero(required: bool, found: list[float]) -> None:
    """It is skipped, as it counts for nothing, unless it is required: Nova aborts there, too."""
    made = weigher(("x", 1.0), ("y", 0.0), required=required)
    assert weights(made, measured("a", x=5, y=9), measured("b", x=5)) == found


@pytest.mark.parametrize(("required", "found"), [(False, 5.0), (True, -10000.0)])
def test_missing_with_a_multiplier_of_zero(required: bool, found: float) -> None:
    """Likewise."""
    made = weigher(("x", 1.0), ("y", 2.0), required=required, metrics_weight_multiplier=0.0)
    assert weights(made, measured(x=5)) == [found]


def test_the_multiplier_in_that_test_is_the_hosts_own() -> None:
    """An aggregate's 0 lets a metric be missing, and one above 0 does not where the option is 0."""
    off, on = aggregate(metrics_weight_multiplier="0"), aggregate(metrics_weight_multiplier="3")
    made = weigher(("x", 1.0), ("y", 1.0))
    hosts = [measured("a", x=5), measured("b", x=5)]
    hosts[0].aggregates = (off,)
    assert weights(made, *hosts) == [5.0, -10000.0]
    hosts[0].aggregates = (on,)
    made = weigher(("x", 1.0), ("y", 1.0), metrics_weight_multiplier=0.0)
    assert weights(made, *hosts) == [-10000.0, 5.0]


def test_the_first_missing_one_is_as_good_as_the_second() -> None:
    """Several missing ones are not worse than one."""
    made = weigher(("x", 1.0), ("y", 1.0), ("z", 1.0))
    assert weights(made, measured(x=5)) == weights(made, measured(x=5, y=5)) == [-10000.0]


@pytest.mark.parametrize(("age", "weight"), [(300, 5.0), (301, -10000.0), (-301, -10000.0)])
def test_outdated_metrics_are_missing(age: float, weight: float) -> None:
    """Further away from the time of the request than 300 s, either way."""
    node = host(reported_metrics=(HostMetric("x", 5.0, NOW - age),))
    assert weights(weigher(("x", 1.0)), node) == [weight]
    assert weights(weigher(("x", 1.0)), node, at=None) == [5.0]
    assert weights(weigher(("x", 1.0), metrics_max_age=0), node) == [5.0]


def test_an_unreadable_annotation_counts_as_none() -> None:
    """What metrics.k8s.io tells is left."""
    bad = host(unreadable=Unreadable.METRICS, observed_metrics=(HostMetric("x", 5.0),))
    assert weights(weigher(("x", 1.0)), bad) == [5.0]
    assert weights(weigher(("y", 1.0)), bad) == [-10000.0]


def test_no_setting_no_weight() -> None:
    """The weigher is on by default and says nothing until it is told what to look at."""
    assert weights(MetricsWeigher(), measured("a", x=5), host("b")) == [0.0, 0.0]


def test_multiplier() -> None:
    """The option of its own group, under the key that Nova reads from aggregates."""
    hosts = table(host("a", aggregates=(aggregate(metrics_weight_multiplier="-2"),)), host("b"))
    made = weigher(("x", 1.0), metrics_weight_multiplier=1.5)
    assert np.asarray(made.weight_multiplier(hosts)).tolist() == [-2.0, 1.5]


def test_largest_values() -> None:
    """Nothing that an annotation may say makes a weight that is not finite."""
    most = float(2**63 - 1)
    found = weights(
        weigher(("x", 1e30), ("x", 1e30)), measured("a", x=most), measured("b", x=-most)
    )
    assert found == [2e30 * most, -2e30 * most]
