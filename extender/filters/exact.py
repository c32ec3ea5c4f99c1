"""What ExactCoreFilter, ExactRamFilter and ExactDiskFilter share: all that is left, or nothing."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import ClassVar

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.filters.capacity import CapacityFilter
from extender.model.attempt import Numbers
from extender.model.columns import Int64
from extender.model.facts import Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import INVALID_HOST_ANNOTATION, Reason
from extender.model.request_spec import RequestSpec


class ExactFilter(HostFilter, ABC):
    """What a host has left, without any ratio, must be the request, to the milli-core or byte.

    A request of 0 is compared like any other, and fits a host with nothing left.

    Class attributes:
        counts_as: the filter whose resource this is.
        unreported: refuses hosts that do not report the resource, where these are told apart.
        inexact: refuses the others.
    """

    counts_as: ClassVar[type[CapacityFilter]]
    unreported: ClassVar[Reason | None] = None
    inexact: ClassVar[Reason]

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        self.amounts = self.counts_as(options)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Compare what all hosts have left with the request."""
        unread = hosts.cannot_read(self.amounts.unreadable_total)
        tests = [
            (unread, self.code(INVALID_HOST_ANNOTATION)),
            (self._free(hosts) != self.amounts.requested(spec), self.code(self.inexact)),
        ]
        if self.unreported is not None:
            silent = ~hosts.values(f"{self.amounts.resource}_reported")
            tests.insert(1, (silent, self.code(self.unreported)))
        return refuse(*tests, hosts=hosts)

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers:
        """The request, and what is left."""
        return Numbers(self.amounts.requested(spec), self._free(hosts), self.amounts.unit)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """Need, have, and what is missing: no number where no smaller request would fit either."""
        amounts = self.amounts
        inventory = amounts.inventory(host)
        need, have = amounts.requested(spec), inventory.free
        show, text = amounts.unit.show, amounts.unit.text
        known = not int(host.unreadable) & int(amounts.unreadable_total)
        return Facts(
            need=show(need),
            have=show(have),
            short_by=show(need - have) if known and 0 <= have <= need else None,
            unit=amounts.unit.name,
            sources=(
                Source("requested", text(need), spec.sources.get("flavor", "pod requests")),
                Source("total", text(inventory.total), inventory.total_from),
                Source("used", text(inventory.used), f"{host.num_instances} pods on the node"),
            ),
        )

    def limits(self, host: HostState, spec: RequestSpec) -> Mapping[str, int]:
        """The total: nothing is overcommitted."""
        del spec
        amounts = self.amounts
        return {amounts.limit_key: amounts.inventory(host).total // amounts.limit_unit}

    def _free(self, hosts: HostTable) -> Int64:
        resource = self.amounts.resource
        free: Int64 = hosts.values(f"{resource}_total") - hosts.values(f"{resource}_used")
        return free
