"""Prometheus metrics, drawn from attempts.

Labels are bounded: filters, reasons, verbs and outcomes; never a pod, never a node. A rejection
*rate* is ``filter_rejections_total`` ÷ ``filter_evaluations_total`` of the same filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from extender.model.attempt import PRE_STAGE, Attempt, FilterPart
from extender.model.reason import Reason
from extender.observe.admission import AdmissionMetrics
from extender.observe.binds import BindMetrics
from extender.observe.certificates import CertificateMetrics, Expiries
from extender.observe.faults import count_faults
from extender.observe.overcommit import OvercommitMetrics, Totals
from extender.observe.reloads import ReloadMetrics
from extender.observe.stages import StageMetrics
from extender.observe.standing import Standing, StandingMetrics
from extender.observe.tallies import Tallies, Tally
from extender.observe.watches import NAMESPACE, WatchMetrics
from extender.observe.weighing import WeighingMetrics

REQUEST_SECONDS = (
    *(0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025),
    *(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
"""A quarter of a millisecond to the 5 s after which kube-scheduler gives up by default."""

MAX_RETRIES_EXCEEDED = "max_retries_exceeded"
"""The id of the reason that is counted by itself, too; the reason is translation's."""

FILTER_SECONDS = (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1)
HOSTS = (0, 1, 10, 100, 1000, 10000)
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)

OUTCOMES = (
    *("ok", "bad_request", "bad_body", "too_large"),
    *("forbidden", "not_ready", "bad_method", "error"),
)
"""Every outcome of a call. All exist from the start, so that the first error makes a rate."""


@dataclass(slots=True)
class _Series:
    """One filter's label children: finding them anew costs more than counting."""

    evaluations: Counter
    entering: Tally
    leaving: Tally
    emptied: Counter
    seconds: Tally | None = None
    refused: dict[str, Counter] = field(default_factory=dict)


class Metrics:
    """The metrics of one process, in a registry of their own.

    Args:
        filters: the enabled filters by name with all reasons each may give, and where these are
            known ``pre_stage`` with its own: their series exist from the start, at 0. Others
            appear when they are first seen.
        weighers: the enabled weighers by name, likewise.
        standing: where to ask for what is so at the moment.
        overcommit: what the hosts promise, a resource each.
        verbs: the verbs that are answered.
        binds: every way a bind may end.
        admissions: every way a request to the mutating webhook may end.
        certificates: when each certificate in use expires.
    """

    def __init__(
        self,
        filters: Iterable[tuple[str, Iterable[Reason]]] = (),
        weighers: Iterable[str] = (),
        *,
        standing: Standing = Standing(),  # noqa: B008 - it cannot be changed
        overcommit: Totals = tuple,
        verbs: Iterable[str] = (),
        binds: Iterable[str] = (),
        admissions: Iterable[str] = (),
        certificates: Expiries = MappingProxyType({}),
    ) -> None:
        # The *_created series would nearly double the counters, and hardly anyone reads them.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in the library
        self.registry = CollectorRegistry()
        self._requests = self._counter(
            "requests", "Calls by kube-scheduler, by verb and how they ended.", "verb", "outcome"
        )
        self._request_seconds = self._histogram(
            "request_duration_seconds",
            "Time to answer a call, the sending excepted.",
            REQUEST_SECONDS,
            "verb",
        )
        self._evaluations = self._counter(
            "filter_evaluations",
            "Hosts that a filter was asked about; the pre-stage is the test before the filters.",
            "filter",
        )
        self._rejections = self._counter(
            "filter_rejections",
            "Hosts that a filter refused, by reason. Filters run in order and see only what the "
            "ones before have left.",
            "filter",
            "reason",
        )
        self._filter_seconds = self._tallies(
            "filter_duration_seconds",
            "Time one filter took for all hosts of an attempt.",
            FILTER_SECONDS,
            "filter",
        )
        self._filter_errors = self._counter(
            "filter_errors",
            "Times a filter failed on a host, which it then refuses; the log says why.",
            "filter",
        )
        self._entering = self._tallies(
            "hosts_entering", "Hosts a filter was given in one attempt.", HOSTS, "filter"
        )
        self._leaving = self._tallies(
            "hosts_leaving", "Hosts a filter let pass in one attempt.", HOSTS, "filter"
        )
        self._no_valid_host = self._counter(
            "no_valid_host",
            "Attempts that no host was left for, by the filter that refused the last ones.",
            "filter",
        )
        attempts = self._counter(
            "attempts",
            "Attempts to find hosts for a pod: passed if any was left, else no_valid_host.",
            "result",
        )
        self._passed = attempts.labels("passed")
        self._failed = attempts.labels("no_valid_host")
        self._received = self._histogram(
            "candidates_received_ratio",
            "Hosts kube-scheduler asked about ÷ hosts known. It asks about what its own plugins "
            "left, and on large clusters about a sample.",
            SHARES,
        )
        self._position = Gauge(
            "filter_position",
            "Which filter in the order of the configuration it is, the first being 1; enabled ones "
            "only. The pre-stage comes before them.",
            ("filter",),
            namespace=NAMESPACE,
            registry=self.registry,
        )
        StandingMetrics(self.registry, standing)
        self._stages = StageMetrics(self.registry)
        self._weighing = WeighingMetrics(self.registry)
        self.watches = WatchMetrics(self.registry)
        self.binds = BindMetrics(self.registry, binds)
        self.reloads = ReloadMetrics(self.registry)
        self.admissions = AdmissionMetrics(self.registry, admissions)
        OvercommitMetrics(self.registry, overcommit)
        CertificateMetrics(self.registry, certificates)
        self._series: dict[str, _Series] = {}
        self._calls: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        self.expect([(PRE_STAGE, ()), *filters], weighers)
        for verb in verbs:
            for outcome in OUTCOMES:
                self._call(verb, outcome)

    def expect(
        self, filters: Sequence[tuple[str, Iterable[Reason]]], weighers: Iterable[str] = ()
    ) -> None:
        """Make the series of what is enabled exist, at 0 where they are new."""
        for name, reasons in filters:
            series = self._of(name)
            for reason in reasons:
                self._refused(name, series, reason)
        self._position.clear()
        ordered = dict.fromkeys([PRE_STAGE, *(name for name, _ in filters)])
        for position, name in enumerate(ordered):
            self._position.labels(name).set(position)
        self._weighing.expect(weighers)

    def record(self, attempt: Attempt) -> None:
        """Count an attempt: the part that is new, which is the last one it has."""
        if attempt.bound is not None:
            self.binds.record(attempt, attempt.bound)
        elif attempt.weighed is not None:
            self._weighing.record(attempt.weighed)
        elif attempt.filtered is not None:
            self._record_filters(attempt.filtered)
        if attempt.stages:
            self._stages.record(attempt)

    def request(self, verb: str, outcome: str, seconds: float) -> None:
        """Count one call of a verb."""
        counter, duration = self._calls.get((verb, outcome)) or self._call(verb, outcome)
        counter.inc()
        duration.observe(seconds)

    def exposition(self) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST

    def _record_filters(self, part: FilterPart) -> None:
        for step in part.steps:
            series = self._series.get(step.name) or self._of(step.name)
            series.evaluations.inc(step.entering)
            series.entering.observe(step.entering)
            series.leaving.observe(step.leaving)
            if series.seconds is not None:
                series.seconds.observe(step.seconds)
        for code, count in part.rejections.items():
            name, reason = part.step_of(code).name, part.reason(code)
            self._refused(name, self._series[name], reason).inc(count)
            if reason.id == MAX_RETRIES_EXCEEDED:
                self.binds.exceeded.inc()
        if part.faults:
            count_faults(self._filter_errors, part.faults)
        (self._failed if part.no_valid_host else self._passed).inc()
        if (decisive := part.decisive) is not None:
            self._series[decisive].emptied.inc()
        if part.known:
            self._received.observe(len(part.codes) / part.known)

    def _of(self, name: str) -> _Series:
        """A filter's series, made at first sight. Two threads may: both get the same children."""
        series = self._series.get(name)
        if series is None:
            series = self._series[name] = _Series(
                self._evaluations.labels(name),
                self._entering.labels(name),
                self._leaving.labels(name),
                self._no_valid_host.labels(name),
            )
            if name != PRE_STAGE:  # nobody takes its time, and it does not fail
                series.seconds = self._filter_seconds.labels(name)
                self._filter_errors.labels(name)
        return series

    def _refused(self, name: str, series: _Series, reason: Reason) -> Counter:
        counter = series.refused.get(reason.id)
        if counter is None:
            counter = series.refused[reason.id] = self._rejections.labels(name, reason.id)
        return counter

    def _call(self, verb: str, outcome: str) -> tuple[Counter, Histogram]:
        made = (self._requests.labels(verb, outcome), self._request_seconds.labels(verb))
        self._calls[verb, outcome] = made
        return made

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=NAMESPACE, registry=self.registry)

    def _tallies(self, name: str, text: str, buckets: tuple[float, ...], label: str) -> Tallies:
        return Tallies(f"{NAMESPACE}_{name}", text, label, buckets, self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            name, text, labels, namespace=NAMESPACE, buckets=buckets, registry=self.registry
        )
