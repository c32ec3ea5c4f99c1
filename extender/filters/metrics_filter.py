"""Only hosts of which all that they are weighed by is known."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.facts import Facts, Source
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.measured import find, measured, outdated
from extender.model.options import SchedulerOptions
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

METRICS_MISSING = Reason("metrics_missing", "host lacks required metrics", Category.DATA)


class MetricsFilter(HostFilter):
    """Refuse hosts without all metrics that ``[metrics] weight_setting`` names.

    A metric older than ``metrics_max_age``, or as far ahead of the time, is missing. Where no
    metric is named all hosts pass. Source: ``MetricsFilter``, Nova 2014.1 on.
    """

    added_in = "2014.1"
    reasons = (METRICS_MISSING,)

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        self._names = tuple(dict.fromkeys(name for name, _ in self.options.metrics_weight_setting))

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Mark the hosts that lack one of the metrics."""
        if not self._names:
            return np.zeros(len(hosts), dtype=np.uint8)
        missing = np.zeros(len(hosts), dtype=np.bool_)
        for name in self._names:
            missing |= np.isnan(measured(hosts, name, spec.at, self.options.metrics_max_age))
        return refuse(
            (hosts.cannot_read(Unreadable.METRICS), self.code(INVALID_HOST_ANNOTATION)),
            (missing, self.code(METRICS_MISSING)),
            hosts=hosts,
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The metrics named, those that are there, and what is wrong with the others."""
        where = "option metrics.weight_setting"
        names = ", ".join(self._names)
        if not names:
            return Facts(sources=(Source("weight_setting", "none", where),))
        found = {name: self._source(host, name, spec.at) for name in self._names}
        have = ", ".join(name for name, (there, _) in found.items() if there)
        return Facts(
            need=names,
            have=have or "none",
            sources=(
                Source("weight_setting", names, where),
                *(source for _, source in found.values()),
            ),
        )

    def _source(self, host: HostState, name: str, at: float | None) -> tuple[bool, Source]:
        """Whether the host has a metric, and who says so."""
        metric = find(host, name)
        if metric is None:
            text = "neither node annotation nova-extender.io/metrics nor metrics.k8s.io"
            return False, Source(name, "missing", text)
        where = metric.source
        if metric in host.reported_metrics:
            where = "node annotation nova-extender.io/metrics" + (where and f", {where:.80}")
        if at is not None and metric.timestamp is not None:
            where += f", measured {at - metric.timestamp:.0f} s ago"
        if outdated(metric, at, self.options.metrics_max_age):
            where += f": more than {self.options.metrics_max_age} s away, so it is missing"
            return False, Source(name, f"{metric.value:g}", where)
        return True, Source(name, f"{metric.value:g}", where)
