"""MetricsFilter: all that hosts are weighed by is known."""

from __future__ import annotations

import pytest

from extender.filters.metrics_filter import MetricsFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.metrics import HostMetric
from extender.model.options import SchedulerOptions
from tests.builders import host, reason, reasons, spec, table

NOW = 1_000_000.0


def judge(*names: str, max_age: int = 300) -> MetricsFilter:
    """The filter with a setting that names these metrics."""
    setting = tuple((name, 1.0) for name in names)
    return MetricsFilter(SchedulerOptions(metrics_weight_setting=setting, metrics_max_age=max_age))


def reporting(*names: str, at: float | None = None, name: str = "a") -> HostState:
    """A host whose annotation has these metrics."""
    return host(name, reported_metrics=tuple(HostMetric(n, 1.0, at) for n in names))


@pytest.mark.parametrize(
    ("names", "there", "refused"),
    [
        (["x"], ["x"], None),
        (["x"], ["x", "y"], None),
        (["x"], [], "metrics_missing"),
        (["x"], ["y"], "metrics_missing"),
        (["x"], ["X"], "metrics_missing"),
        (["x", "y"], ["y", "x"], None),
        (["x", "y"], ["x"], "metrics_missing"),
        (["x", "x"], ["x"], None),
    ],
)
def test_all_names_must_be_there(names: list[str], there: list[str], refused: str | None) -> None:
    """Each metric of the setting, whatever its value; others do not matter."""
    assert reason(judge(*names), reporting(*there), spec(at=NOW)) == refused


def test_a_ratio_of_zero_demands_the_metric_too() -> None:
    """Nova's filter looks at the names only."""
    made = MetricsFilter(SchedulerOptions(metrics_weight_setting=(("x", 0.0),)))
    assert reason(made, host(), spec()) == "metrics_missing"


def test_no_names() -> None:
    """Where no metric is named nothing is demanded, not even an annotation that can be read."""
    assert reason(judge(), host(), spec()) is None
    assert reason(judge(), host(unreadable=Unreadable.METRICS), spec()) is None


def test_observed_metrics_count() -> None:
    """What metrics.k8s.io tells is as good as the annotation, which wins where both have a name."""
    fresh, old = HostMetric("x", 1.0, NOW), HostMetric("x", 1.0, NOW - 900)
    assert reason(judge("x"), host(observed_metrics=(fresh,)), spec(at=NOW)) is None
    both = host(reported_metrics=(old,), observed_metrics=(fresh,))
    assert reason(judge("x"), both, spec(at=NOW)) == "metrics_missing"


@pytest.mark.parametrize(
    ("age", "refused"),
    [
        (0, None),
        (300, None),
        (301, "metrics_missing"),
        (-300, None),
        (-301, "metrics_missing"),
        (NOW - 1, "metrics_missing"),
    ],
)
def test_too_old_or_too_new(age: float, refused: str | None) -> None:
    """Further away from the time of the request than the age allowed is missing, either way."""
    assert reason(judge("x"), reporting("x", at=NOW - age), spec(at=NOW)) == refused


@pytest.mark.parametrize(
    ("max_age", "time", "at"), [(0, 1.0, NOW), (300, None, NOW), (300, 1.0, None)]
)
def test_never_too_old(max_age: int, time: float | None, at: float | None) -> None:
    """Without an age allowed, a time of the metric or a time of the request."""
    assert reason(judge("x", max_age=max_age), reporting("x", at=time), spec(at=at)) is None


def test_unreadable_annotation() -> None:
    """It refuses for what it is; other annotations do not matter."""
    bad = host(unreadable=Unreadable.METRICS, observed_metrics=(HostMetric("x", 1.0),))
    assert reason(judge("x"), bad, spec()) == "invalid_host_annotation"
    others = reporting("x")
    others.unreadable = Unreadable(~Unreadable.METRICS)
    assert reason(judge("x"), others, spec()) is None


def test_hosts_are_judged_apart() -> None:
    """One host's metrics are no other's; changes are seen at once."""
    hosts = table(reporting("x", name="a"), reporting("y", name="b"), host("c"))
    made = judge("x")
    assert reasons(made, hosts, spec()) == [None, "metrics_missing", "metrics_missing"]
    hosts.put(reporting("x", name="c"))
    hosts.put(host("a"))
    assert reasons(made, hosts, spec()) == ["metrics_missing", "metrics_missing", None]


def test_explains() -> None:
    """Each metric with its value, who says so and how old it is; what is missing as well."""
    node = host(
        reported_metrics=(HostMetric("x", 37.0, NOW - 10, "agent"), HostMetric("y", 0.5)),
        observed_metrics=(HostMetric("cpu.percent", 12.0, NOW - 20, "metrics.k8s.io"),),
    )
    facts = judge("x", "y", "cpu.percent", "z").explain(node, spec(at=NOW))
    assert (facts.need, facts.have) == ("x, y, cpu.percent, z", "x, y, cpu.percent")
    annotation = "node annotation nova-extender.io/metrics"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("weight_setting", "x, y, cpu.percent, z", "option metrics.weight_setting"),
        ("x", "37", f"{annotation}, agent, measured 10 s ago"),
        ("y", "0.5", annotation),
        ("cpu.percent", "12", "metrics.k8s.io, measured 20 s ago"),
        ("z", "missing", f"neither {annotation} nor metrics.k8s.io"),
    ]


def test_explains_an_outdated_metric() -> None:
    """It is shown, and counts as missing."""
    facts = judge("x").explain(reporting("x", at=NOW - 400), spec(at=NOW))
    assert facts.have == "none"
    assert facts.sources[1].where.endswith(
        "measured 400 s ago: more than 300 s away, so it is missing"
    )


def test_explains_without_names() -> None:
    """Nothing was needed."""
    facts = judge().explain(host(), spec())
    assert (facts.need, facts.have, len(facts.sources)) == (None, None, 1)
