"""Everything that Prometheus could have scraped: the extender's series, and kube-scheduler's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from extender.filters import all_filters
from extender.model.overcommit import UNITS, Total
from extender.observe.metrics import Metrics
from extender.server.webhook import OUTCOMES as ADMISSIONS
from extender.verbs.binding import OUTCOMES as BINDS
from extender.weighers import all_weighers

TARGET = frozenset({"cluster", "namespace", "job", "instance"})
"""Labels that Prometheus gives every series."""

SCHEDULER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "scheduler_schedule_attempts_total": frozenset({"result", "profile"}),
        "scheduler_unschedulable_pods": frozenset({"plugin", "profile"}),
        "scheduler_pending_pods": frozenset({"queue"}),
        "scheduler_scheduling_algorithm_duration_seconds_bucket": frozenset({"le"}),
    }
)
"""kube-scheduler 1.37's own, with their labels."""

RECORDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {"nova_extender:http_timeout_seconds": frozenset()}
)
"""By the chart's rules."""


class Series(NamedTuple):
    """One series of the extender, and its value."""

    name: str
    labels: Mapping[str, str]
    value: float


def extenders() -> list[Series]:
    """The series of an extender that has just started, and has seen each kind of thing once."""
    metrics = Metrics(
        [(cls.__name__, cls.reasons) for cls in all_filters()],
        [cls.__name__ for cls in all_weighers()],
        overcommit=lambda: [Total(resource, 0, 0, 0, 0, 0) for resource in UNITS],
        verbs=["filter", "prioritize", "bind", "preempt"],
        binds=BINDS,
        admissions=ADMISSIONS,
        certificates={"verbs": lambda: 0.0},
    )
    metrics.watches.synced("nodes")
    metrics.watches.restarted("nodes", "closed")
    metrics.watches.relisted("nodes")
    metrics.binds.rejected("OutOfcpu")
    return [
        Series(sample.name, sample.labels, sample.value)
        for family in metrics.registry.collect()
        for sample in family.samples
    ]


def labels() -> dict[str, frozenset[str]]:
    """The labels of each metric, by its name."""
    known = {one.name: frozenset(one.labels) | TARGET for one in extenders()}
    known |= {name: own | TARGET for name, own in SCHEDULER.items()}
    return known | dict(RECORDED)
