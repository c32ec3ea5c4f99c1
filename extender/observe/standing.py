"""What a process is and knows at the moment, as metrics: read when somebody asks for them."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, Info, ProcessCollector
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from extender.observe.watches import NAMESPACE
from extender.version import __version__

Number = Callable[[], int]


def _none() -> int:
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where to ask for each number.

    Args:
        hosts: how many hosts are known.
        pods: how many pods count on a host.
        pending: how many pods are not bound.
        claims: how many pods are claimed and not yet seen bound.
        ready: whether the verbs are answered.
        leading: whether this process holds the Lease.
        events_dropped: how many Events were never written.
    """

    hosts: Number = _none
    pods: Number = _none
    pending: Number = _none
    claims: Number = _none
    ready: Callable[[], bool] = lambda: False
    leading: Callable[[], bool] = lambda: False
    events_dropped: Number = _none


class StandingMetrics(Collector):
    """The gauges, and what never changes.

    Args:
        registry: where the metrics go.
        standing: where to ask.
    """

    def __init__(self, registry: CollectorRegistry, standing: Standing) -> None:
        self._registry = registry
        self._standing = standing
        ProcessCollector(registry=registry)
        build = Info("build", "What is running.", namespace=NAMESPACE, registry=registry)
        build.info({"version": __version__, "python_version": platform.python_version()})
        known = self._gauge("hosts", "Hosts the extender knows.", "state")
        known.labels("known").set_function(standing.hosts)
        pods = self._gauge(
            "pods",
            "Pods the extender knows: counted ones take from a host, pending ones are not bound.",
            "state",
        )
        pods.labels("counted").set_function(standing.pods)
        pods.labels("pending").set_function(standing.pending)
        self._gauge("claims", "Pods claimed and not yet seen bound.").set_function(standing.claims)
        self._gauge(
            "ready", "1 while the verbs are answered, 0 while they are refused; /readyz says why."
        ).set_function(standing.ready)
        self._gauge(
            "leader",
            "1 for the process that holds the Lease, and writes what is written in the background.",
        ).set_function(standing.leading)
        registry.register(self)

    def describe(self) -> Iterable[CounterMetricFamily]:
        """The counter without its series, for the registry."""
        return [_dropped()]

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The one number that is counted elsewhere."""
        family = _dropped()
        family.add_metric((), self._standing.events_dropped())
        yield family

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace=NAMESPACE, registry=self._registry)


def _dropped() -> CounterMetricFamily:
    return CounterMetricFamily(
        f"{NAMESPACE}_events_dropped",
        "Events that were never written: there were too many, or the API server refused them.",
    )
