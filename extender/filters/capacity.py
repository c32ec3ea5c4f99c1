"""What CoreFilter, RamFilter and DiskFilter share: total × ratio − used against the request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.attempt import Numbers
from extender.model.columns import Bool, Int64, clamp
from extender.model.facts import Facts, Source, Unit
from extender.model.host_parts import Inventory, Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

INVALID_ALLOCATION_RATIO = Reason(
    "invalid_allocation_ratio", "allocation ratio is not valid", Category.DATA
)


class CapacityFilter(HostFilter, ABC):
    """A resource's limit ⌊total × ratio⌋ less its use must cover the request.

    A request of 0 is not checked, as in kube-scheduler. An instance may not overcommit against
    itself: a request above the total is refused whatever the ratio.
    """

    resource: ClassVar[Literal["cpu", "ram", "disk"]]
    unit: ClassVar[Unit]
    limit_key: ClassVar[str]
    limit_unit: ClassVar[int]
    exceeds: ClassVar[Reason]
    insufficient: ClassVar[Reason]
    unreadable_ratio: ClassVar[Unreadable]
    unreadable_total: ClassVar[Unreadable]
    unknown_total_passes: ClassVar[bool] = False

    @abstractmethod
    def requested(self, spec: RequestSpec) -> int:
        """The request in milli-cores or bytes."""

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Compare total, limit and use of all hosts with the request."""
        need = clamp(self.requested(spec))
        if need == 0:
            return np.zeros(len(hosts), dtype=np.uint8)
        total = hosts.values(f"{self.resource}_total")
        used = hosts.values(f"{self.resource}_used")
        bad_total = hosts.cannot_read(self.unreadable_total)
        judged = refuse(
            (self.bad_ratios(hosts), self.code(INVALID_ALLOCATION_RATIO)),
            (bad_total, self.code(INVALID_HOST_ANNOTATION)),
            (total < need, self.code(self.exceeds)),
            (self.host_limits(hosts) - used < need, self.code(self.insufficient)),
            hosts=hosts,
        )
        if self.unknown_total_passes:
            judged[~hosts.values(f"{self.resource}_reported") & ~bad_total] = 0
        return judged

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers:
        """The request, and what one instance may have: limit less use, never above the total."""
        free = self.host_limits(hosts) - hosts.values(f"{self.resource}_used")
        have = np.minimum(hosts.values(f"{self.resource}_total"), free)
        return Numbers(self.requested(spec), have, self.unit)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """Need, have, what is missing, and where total, ratio and use come from."""
        inventory = self.inventory(host)
        need = self.requested(spec)
        have = min(inventory.total, inventory.limit - inventory.used)
        show, text = self.unit.show, self.unit.text
        short_by = self._short_by(host, need, have)
        return Facts(
            need=show(need),
            have=show(have),
            short_by=None if short_by is None else show(short_by),
            unit=self.unit.name,
            sources=(
                Source("requested", text(need), spec.sources.get("flavor", "pod requests")),
                Source("total", text(inventory.total), inventory.total_from),
                *self.ratio_sources(host),
                Source("limit", text(clamp(inventory.limit)), "total × ratio, floored"),
                Source("used", text(inventory.used), f"{host.num_instances} pods on the node"),
            ),
        )

    def _short_by(self, host: HostState, need: int, have: int) -> int | None:
        """What is missing; nothing where nothing is checked, no number where one is unreadable."""
        # Ints: explaining a large cluster asks this of each host, and a Flag takes its time.
        bad_total = int(host.unreadable) & int(self.unreadable_total)
        reported = self.inventory(host).reported or bad_total
        if need == 0 or (self.unknown_total_passes and not reported):
            return 0
        return None if bad_total or self.bad_ratio(host) else max(0, need - have)

    def limits(self, host: HostState, spec: RequestSpec) -> Mapping[str, int]:
        """The limit, for the claim; for vCPUs none unless it is above 0, as in Nova."""
        del spec
        inventory = self.inventory(host)
        if self.unknown_total_passes and (inventory.total == 0 or inventory.ratio <= 0):
            return {}
        return {self.limit_key: clamp(inventory.limit) // self.limit_unit}

    def inventory(self, host: HostState) -> Inventory:
        """The host's share of this resource, with the ratio that counts."""
        found: Inventory = getattr(host, self.resource)
        return found

    def host_limits(self, hosts: HostTable) -> Int64:
        """The limits of all hosts, by the ratios that count."""
        return hosts.values(f"{self.resource}_limit")

    def bad_ratios(self, hosts: HostTable) -> Bool:
        """Which hosts' ratios would count and cannot be read."""
        return hosts.cannot_read(self.unreadable_ratio)

    def bad_ratio(self, host: HostState) -> bool:
        """The same for one host."""
        return int(host.unreadable) & int(self.unreadable_ratio) != 0

    def ratio_sources(self, host: HostState) -> tuple[Source, ...]:
        """The ratio that counts, named ``ratio``, and where it comes from."""
        inventory = self.inventory(host)
        ratio = repr(float(inventory.ratio)).removesuffix(".0")
        return (Source("ratio", ratio, inventory.ratio_from),)
