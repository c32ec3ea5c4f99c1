"""Hosts that are enabled and up."""

from __future__ import annotations

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.facts import Facts, Source
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

HOST_DISABLED = Reason("host_disabled", "host is disabled", Category.HOST)
HOST_DOWN = Reason("host_down", "host is down", Category.HOST)


class ComputeFilter(HostFilter):
    """Refuse hosts whose service is disabled or not up.

    ``spec.unschedulable`` does not count for a pod that tolerates the taint ``unschedulable``,
    nor readiness for one that tolerates ``not-ready`` or ``unreachable``: DaemonSets must be able
    to start a node. Annotations and the taint ``out-of-service`` always count.
    Source: ``ComputeFilter``, Nova 2012.1 on.
    """

    run_filter_once_per_request = True
    added_in = "2012.1"
    reasons = (HOST_DISABLED, HOST_DOWN)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Disabled first, as Nova asks for liveness only of enabled services."""
        disabled = hosts.disabled
        if not spec.tolerates_unschedulable:
            disabled = disabled | hosts.unschedulable
        down = hosts.forced_down
        if not spec.tolerates_not_ready:
            down = down | ~hosts.ready
        return refuse(
            (hosts.cannot_read(Unreadable.SERVICE), self.code(INVALID_HOST_ANNOTATION)),
            (disabled, self.code(HOST_DISABLED)),
            (down, self.code(HOST_DOWN)),
            hosts=hosts,
        )

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """Every sign of the service's state, and which of them the pod tolerates."""
        service = host.service
        signs = (
            ("disabled", service.disabled, "node annotation nova-extender.io/disabled", False),
            (
                "unschedulable",
                service.unschedulable,
                "spec.unschedulable",
                spec.tolerates_unschedulable,
            ),
            (
                "forced_down",
                service.forced_down,
                "node annotation nova-extender.io/forced_down or taint out-of-service",
                False,
            ),
            ("not ready", not service.ready, "condition Ready", spec.tolerates_not_ready),
        )
        found = [
            Source(name, "yes" + (" (tolerated)" if tolerated else ""), where)
            for name, holds, where, tolerated in signs
            if holds
        ]
        if service.disabled_reason:
            where = "node annotation nova-extender.io/disabled_reason"
            found.append(Source("disabled_reason", service.disabled_reason, where))
        counted = "; ".join(name for name, holds, _, tolerated in signs if holds and not tolerated)
        return Facts(need="enabled and up", have=counted or "enabled and up", sources=tuple(found))
