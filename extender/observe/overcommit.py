"""What the hosts promise together, as metrics, worked out when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from extender.model.overcommit import Total
from extender.observe.watches import NAMESPACE

Totals = Callable[[], Iterable[Total]]

_BASE = {"cpu": 1000}
"""Milli-cores to cores; bytes are a base unit already."""


class OvercommitMetrics(Collector):
    """Two gauges out of one look at the hosts.

    Args:
        registry: where the metrics go.
        totals: what the hosts promise now, a resource each.
    """

    def __init__(self, registry: CollectorRegistry, totals: Totals) -> None:
        self._totals = totals
        registry.register(self)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The gauges without their series, for the registry: nobody looks at the hosts yet."""
        return _families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges as they are now."""
        void_hosts, capacity = _families()
        for total in self._totals():
            resource, base = total.resource, _BASE.get(total.resource, 1)
            void_hosts.add_metric((resource,), total.void_hosts)
            for kind in ("physical", "effective", "used", "void"):
                capacity.add_metric((resource, kind), getattr(total, kind) / base)
        yield void_hosts
        yield capacity


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily(
            f"{NAMESPACE}_void_ratio_hosts",
            "Hosts whose allocation ratio promises more than kube-scheduler and the kubelet allow, "
            "which hold requests to the node's status.allocatable.",
            labels=("resource",),
        ),
        GaugeMetricFamily(
            f"{NAMESPACE}_capacity",
            "Cores or bytes of all hosts: physical is what the nodes have of their own, effective "
            "the sum of their limits (total × ratio), used what their pods count as, void the part "
            "of effective that kube-scheduler and the kubelet do not allow.",
            labels=("resource", "kind"),
        ),
    )
