"""Enough free devices."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.filters.device_pools import attributes_of, serving, shares
from extender.model import devices
from extender.model.attempt import Numbers
from extender.model.columns import LARGEST, Bool, Int64, clamp
from extender.model.facts import Facts, Source, Unit
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.pci import PciPool, PciRequest
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

NO_PCI_DEVICES = Reason("no_pci_devices", "host has no such devices", Category.HOST)
INSUFFICIENT_PCI_DEVICES = Reason(
    "insufficient_pci_devices", "not enough free devices", Category.CAPACITY, cured=True
)
DEVICES = Unit("devices", 1)


class PciPassthroughFilter(HostFilter):
    """Refuse hosts whose free devices do not serve all of a pod's requests together.

    A device is one of an extended resource. Requests take from the pools one after another, so
    that two of them cannot have the same device; a request of several alternatives may take of
    all. What Nova knows of physical and virtual functions, vDPA and NUMA affinity does not count.
    Source: ``PciPassthroughFilter`` and ``PciDeviceStats.support_requests``, Nova 2013.2 on.
    """

    added_in = "2013.2"
    reasons = (NO_PCI_DEVICES, INSUFFICIENT_PCI_DEVICES)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Serve the requests in turn on all hosts."""
        if not spec.pci_requests:
            return np.zeros(len(hosts), dtype=np.uint8)
        none: Bool = np.zeros(len(hosts), dtype=np.bool_)
        short: Bool = np.zeros(len(hosts), dtype=np.bool_)
        free: dict[str, Int64] = {}
        for request in spec.pci_requests:
            pools = _pools(hosts, request, free)
            available, matched = _available(hosts, pools, free)
            none |= ~matched
            short |= available < clamp(request.count)
            if none.all():
                break
            _take(request, pools, free)
        return refuse(
            (hosts.cannot_read(Unreadable.PCI), self.code(INVALID_HOST_ANNOTATION)),
            (none, self.code(NO_PCI_DEVICES)),
            (short, self.code(INSUFFICIENT_PCI_DEVICES)),
            hosts=hosts,
        )

    def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers | None:
        """The devices asked for and those free; several requests have no one number."""
        if len(spec.pci_requests) != 1:
            return None
        (request,) = spec.pci_requests
        free: dict[str, Int64] = {}
        available, _ = _available(hosts, _pools(hosts, request, free), free)
        return Numbers(request.count, available, DEVICES)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The first request that is not served, all requests, and every pool of the host."""
        found = shares(host, spec)
        pools = tuple(_pool(host, pool) for pool in host.pci_pools)
        if not found:
            return Facts(need="no devices", sources=pools)
        first = next((s for s in found if s.available < s.request.count), found[0])
        unreadable = int(host.unreadable) & int(Unreadable.PCI)
        return Facts(
            need=first.request.count,
            have=first.available,
            short_by=None if unreadable else max(0, first.request.count - first.available),
            unit=DEVICES.name,
            sources=(*(_request(share.request) for share in found), *pools),
        )


def _pools(hosts: HostTable, request: PciRequest, free: dict[str, Int64]) -> dict[str, Bool]:
    """The resources that serve a request, and on which hosts; ``free`` is filled for them."""
    kinds = devices.kinds(hosts, attributes_of(request))
    by_kind = [serving(kind, request) for kind in kinds.vocabulary.values]
    found: dict[str, Bool] = {}
    for resource in sorted({resource for resources in by_kind for resource in resources}):
        found[resource] = np.array([resource in r for r in by_kind], dtype=np.bool_)[kinds.codes]
        if resource not in free:
            free[resource] = devices.free(hosts, resource)
    return found


def _available(
    hosts: HostTable, pools: dict[str, Bool], free: dict[str, Int64]
) -> tuple[Int64, Bool]:
    """How many devices each host has left in these pools, and whether it has any such pool."""
    available: Int64 = np.zeros(len(hosts), dtype=np.int64)
    matched: Bool = np.zeros(len(hosts), dtype=np.bool_)
    for resource, serves in pools.items():
        matched |= serves
        # Cut at each step, or the sum of three absurd amounts would overflow.
        available = np.minimum(available + np.where(serves, free[resource], 0), LARGEST)
    return available, matched


def _take(request: PciRequest, pools: dict[str, Bool], free: dict[str, Int64]) -> None:
    """Take the request's devices off the pools, in the order of their names."""
    need: int | Int64 = clamp(request.count)
    for resource, serves in pools.items():
        took = np.where(serves, np.minimum(free[resource], need), 0)
        free[resource] = free[resource] - took
        need = need - took


def _request(request: PciRequest) -> Source:
    either = " or ".join(
        ", ".join(f"{name} {value}" for name, value in spec) for spec in request.spec
    )
    where = f"option pci.alias {request.alias}" if request.alias else "pod requests"
    return Source("request", f"{request.count} of {either}", where)


def _pool(host: HostState, pool: PciPool) -> Source:
    known = "".join(f", {name} {value}" for name, value in pool.attributes)
    value = f"{host.extended_free(pool.resource)} free of {pool.total}{known}"
    return Source(pool.resource, value, "status.allocatable less what pods request")
