"""Whether hosts have what a request asks of resource classes, by Placement's rule.

A class fits where amount ≤ total and used + amount ≤ ⌊total × ratio⌋. Those that the host itself
provides are checked only where extra specs ask for them: CoreFilter, RamFilter and DiskFilter
judge the pod's own amounts. All others are the host's extended resources, which have no ratio.
Source: ``_exceeds_capacity`` and ``get_providers_with_resource`` in Placement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from extender.model import devices
from extender.model.columns import Bool, Int64, clamp
from extender.model.devices import Kind
from extender.model.facts import COUNT, MEBIBYTE, VCPU, Unit
from extender.model.flavor import GIB
from extender.model.host_parts import Inventory, Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.scheduler.placement import CPU, DISK, HOST_CLASSES, RAM, resource_class

_UNREADABLE = {
    CPU: Unreadable.CPU | Unreadable.CPU_RATIO,
    RAM: Unreadable.RAM | Unreadable.RAM_RATIO,
    DISK: Unreadable.DISK | Unreadable.DISK_RATIO,
}
_UNITS = {CPU: VCPU, RAM: MEBIBYTE, DISK: Unit("GiB", GIB)}


@dataclass(frozen=True, slots=True)
class Need:
    """So much of one provider's inventory.

    Args:
        classes: the resource classes that ask for it.
        inventory: ``cpu``, ``ram`` or ``disk``; "" for an extended resource.
        amount: in milli-cores or bytes, or how many.
    """

    classes: tuple[str, ...]
    inventory: str
    amount: int

    @property
    def unit(self) -> Unit:
        """How the amount is shown."""
        return _UNITS.get(self.inventory, COUNT)

    @property
    def unreadable(self) -> Unreadable:
        """What of a node must be readable to judge it."""
        return _UNREADABLE.get(self.inventory, Unreadable.PCI)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Which hosts say something unreadable, have no such inventory, or not enough of it."""

    unreadable: Bool
    missing: Bool
    short: Bool


def needs(resources: Mapping[str, int]) -> tuple[Need, ...]:
    """Resource classes and amounts as what is needed of each inventory, by class.

    VCPU and PCPU are the same CPUs here.
    """
    classes: dict[str, list[str]] = {}
    amounts: dict[str, int] = {}
    found = []
    for name, amount in sorted(resources.items()):
        inventory, unit = HOST_CLASSES.get(name, ("", 1))
        if inventory:
            classes.setdefault(inventory, []).append(name)
            amounts[inventory] = amounts.get(inventory, 0) + amount * unit
        else:
            found.append(Need((name,), "", amount))
    found += [Need(tuple(names), key, amounts[key]) for key, names in classes.items()]
    return tuple(found)


def judge(hosts: HostTable, wanted: tuple[Need, ...]) -> Verdicts:
    """Test every need on every host."""
    missing: Bool = np.zeros(len(hosts), dtype=np.bool_)
    short: Bool = np.zeros(len(hosts), dtype=np.bool_)
    bits = Unreadable(0)
    for need in wanted:
        if need.inventory:
            total = hosts.values(f"{need.inventory}_total")
            room = hosts.values(f"{need.inventory}_limit") - hosts.values(f"{need.inventory}_used")
            absent, have = total == 0, np.minimum(total, room)
        else:
            absent, have = _extended(hosts, need.classes[0])
        missing |= absent
        short |= ~absent & (have < clamp(need.amount))
        bits |= need.unreadable
    return Verdicts(hosts.cannot_read(bits), missing, short)


def stock(host: HostState, need: Need) -> tuple[int, int | None]:
    """What one host has to give of what is needed, and its total; ``None`` where it has none."""
    if need.inventory:
        inventory: Inventory = getattr(host, need.inventory)
        have = min(inventory.total, inventory.limit - inventory.used)
        return have, inventory.total or None
    names = _by_class(devices.kind(host)).get(need.classes[0], ())
    totals = [pool.total for pool in host.pci_pools if pool.resource in names]
    have = max((devices.left(host, name) for name in names), default=0)
    return have, max(totals, default=None)


def _extended(hosts: HostTable, name: str) -> tuple[Bool, Int64]:
    """Which hosts have no extended resource of this class, and what the others have left.

    Where several names of a host make one class, one of them must do alone.
    """
    kinds = devices.kinds(hosts)
    by_kind = [
        classes.get(name, ()) for classes in kinds.vocabulary.memo("resource classes", _by_class)
    ]
    have: Int64 = np.zeros(len(hosts), dtype=np.int64)
    for resource in {resource for resources in by_kind for resource in resources}:
        has = np.array([resource in resources for resources in by_kind], dtype=np.bool_)
        np.maximum(have, np.where(has[kinds.codes], devices.free(hosts, resource), 0), out=have)
    absent = np.array([not resources for resources in by_kind], dtype=np.bool_)[kinds.codes]
    return absent, have


def _by_class(kind: Kind) -> dict[str, tuple[str, ...]]:
    """The extended resources of a kind of host by their resource classes."""
    found: dict[str, tuple[str, ...]] = {}
    for resource, _ in kind:
        name = resource_class(resource)
        found[name] = (*found.get(name, ()), resource)
    return found
