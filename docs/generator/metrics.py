"""The page of the metrics, from the registry that a running extender exposes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.metrics import MetricWrapperBase

from extender.observe.metrics import NAMESPACE, Metrics
from extender.observe.overcommit import OvercommitMetrics
from extender.observe.standing import StandingMetrics
from extender.observe.tallies import Tallies
from generator.markdown import code, head, table

C = TypeVar("C")

Row = tuple[str, str, str, str]
"""Name, type, labels and meaning."""

_SUFFIXES = {"counter": "_total", "info": "_info"}

_INTRODUCTION = f"""
`GET /metrics` at [`server.health_bind`](options.md#server) gives them in Prometheus' text format.
Their labels are bounded: filters, reasons, verbs and outcomes, never a pod and never a node. A
refusal's `reason` is the id of one of the [reasons](reasons.md). A histogram `X` is the three
series `X_bucket`, `X_sum` and `X_count`.

A filter sees only what the ones before it have left, so a count of rejections says little by
itself. Its *rate* of rejections is

```promql
sum by (filter, reason) (rate({NAMESPACE}_filter_rejections_total[5m]))
  / on (filter) group_left ()
sum by (filter) (rate({NAMESPACE}_filter_evaluations_total[5m]))
```

The series `process_…` of the Prometheus client (CPU, memory, open files) stand beside these.
"""


def page() -> str:
    """The page as the registry says it should be."""
    registry = Metrics().registry
    own = [*map(_row, _of(registry, MetricWrapperBase)), *map(_tallied, _of(registry, Tallies))]
    rows = sorted([*own, *_collected(registry)])
    return "\n".join(
        [
            head("Metrics", "extender/observe/metrics.py").rstrip("\n"),
            _INTRODUCTION,
            table(("Metric", "Type", "Labels", "Meaning"), rows),
        ]
    )


def _of(registry: CollectorRegistry, kind: type[C]) -> list[C]:
    """The collectors of one kind.

    Label names are to be had from the collectors only: what a registry collects shows them where a
    series exists already.
    """
    found = registry._collector_to_names  # noqa: SLF001 - the registry has no other list
    return [one for one in found if isinstance(one, kind)]


def _collected(registry: CollectorRegistry) -> Iterator[Row]:
    """The metrics that are worked out when somebody asks."""
    for collector in (*_of(registry, OvercommitMetrics), *_of(registry, StandingMetrics)):
        for family in collector.describe():
            labels = family._labelnames  # noqa: SLF001 - there is no other way
            name = family.name + _SUFFIXES.get(family.type, "")
            yield code(name), family.type, _listed(labels), family.documentation


def _row(collector: MetricWrapperBase) -> Row:
    (family,) = collector.describe()
    labels: tuple[str, ...] = collector._labelnames  # noqa: SLF001 - likewise
    meaning = family.documentation
    if isinstance(collector, Histogram):
        meaning += _up_to(collector._upper_bounds[:-1])  # noqa: SLF001 - likewise
    return code(family.name + _SUFFIXES.get(family.type, "")), family.type, _listed(labels), meaning


def _tallied(collector: Tallies) -> Row:
    (family,) = collector.describe()
    meaning = family.documentation + _up_to(collector.bounds)
    return code(family.name), family.type, code(collector.label), meaning


def _up_to(bounds: Iterable[float]) -> str:
    return f" Buckets up to: {', '.join(f'{bound:g}' for bound in bounds)}."


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(map(code, labels))
