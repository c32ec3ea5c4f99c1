"""One host as Nova's scheduler sees it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from fractions import Fraction
from types import MappingProxyType

from extender.model.flavor import GIB, MIB, Flavor, vcpus
from extender.model.groups import Aggregates, split_values, values_from_key

NO_LABELS: Mapping[str, str] = MappingProxyType({})


class Unreadable(IntFlag):
    """What of a node could not be understood; filters refuse only for what they read."""

    CPU_RATIO = 1
    RAM_RATIO = 2
    DISK_RATIO = 4
    CPU = 8
    RAM = 16
    DISK = 32
    SERVICE = 64


ALL_READABLE = Unreadable(0)


@dataclass(slots=True, kw_only=True)
class Inventory:
    """One resource of a host, in milli-cores or bytes, exact.

    ``total`` is what the node offers less what is ``reserved``; 0 without a reserve means that the
    node does not report the resource. ``limit`` is ⌊total × ratio⌋, worked out when the node
    changes and never on the request path (``nova.scheduler.filters``: vcpus_total ×
    cpu_allocation_ratio, and so on).
    """

    total: int = 0
    reserved: int = 0
    used: int = 0
    ratio: Fraction = Fraction(1)
    total_from: str = "status.allocatable"
    ratio_from: str = "default"
    limit: int = field(init=False)

    def __post_init__(self) -> None:
        """Work out the limit."""
        self.limit = self.total * self.ratio.numerator // self.ratio.denominator

    @property
    def reported(self) -> bool:
        """Whether the node reports the resource at all (Nova: ``vcpus_total`` is not 0 or None)."""
        return self.total != 0 or self.reserved != 0

    @property
    def free(self) -> int:
        """Total less used, without ratio; may be negative (Nova's ``free_ram_mb``)."""
        return self.total - self.used


@dataclass(slots=True, kw_only=True)
class Service:
    """Nova's compute service of the host, as the Node object tells it.

    Args:
        disabled: annotation ``disabled``.
        unschedulable: ``spec.unschedulable`` (waived for pods that tolerate it).
        forced_down: annotation ``forced_down`` or the taint ``out-of-service``.
        ready: condition Ready is ``True``; no condition is not ready.
        disabled_reason: for people.
    """

    disabled: bool = False
    unschedulable: bool = False
    forced_down: bool = False
    ready: bool = True
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """A pod that counts on a host: what group and type filters ask of Nova's ``instances``."""

    uuid: str
    namespace: str
    name: str
    flavor: str = ""


def _zone_names(aggregates: Aggregates) -> frozenset[str]:
    return split_values(values_from_key(aggregates, "availability_zone")) - {""}


@dataclass(slots=True, kw_only=True)
class HostState:
    """Nova's ``HostState`` of one node. Amounts are exact; Nova's units are properties.

    Source: ``nova.scheduler.host_manager.HostState``.
    """

    host: str
    uuid: str = ""
    cell_uuid: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: NO_LABELS)
    cpu: Inventory = field(default_factory=Inventory)
    ram: Inventory = field(default_factory=Inventory)
    disk: Inventory = field(default_factory=Inventory)
    service: Service = field(default_factory=Service)
    aggregates: Aggregates = ()
    zone_label: str | None = None
    default_availability_zone: str = "nova"
    host_ip: str | None = None
    hypervisor_type: str | None = None
    hypervisor_version: int | None = None
    hypervisor_hostname: str = ""
    unreadable: Unreadable = ALL_READABLE
    problems: tuple[str, ...] = ()
    num_io_ops: int = 0
    failed_builds: int = 0
    instances: dict[str, Instance] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)

    @property
    def nodename(self) -> str:
        """The node's name; on Kubernetes the same as the host's."""
        return self.host

    @property
    def folded_host(self) -> str:
        """The host's name for comparisons that ignore case (ignore_hosts, force_hosts)."""
        return self.host.lower()

    @property
    def num_instances(self) -> int:
        """Pods that count on the host, DaemonSet and static pods included."""
        return len(self.instances)

    @property
    def zones(self) -> frozenset[str]:
        """The availability zones: the aggregates', else the topology label, else the default."""
        named = _zone_names(self.aggregates)
        if named:
            return named
        return frozenset({self.zone_label or self.default_availability_zone})

    @property
    def zones_from(self) -> str:
        """Where ``zones`` comes from, for explanations."""
        named = [a.name for a in self.aggregates if _zone_names((a,))]
        if named:
            return "aggregate " + ", ".join(named)
        if self.zone_label:
            return "label topology.kubernetes.io/zone"
        return "option DEFAULT.default_availability_zone"

    @property
    def vcpus_total(self) -> int | float:
        """Virtual CPUs, before the ratio."""
        return vcpus(self.cpu.total)

    @property
    def vcpus_used(self) -> int | float:
        """Virtual CPUs that the host's pods request."""
        return vcpus(self.cpu.used)

    @property
    def total_usable_ram_mb(self) -> int:
        """Memory in MiB, before the ratio."""
        return self.ram.total // MIB

    @property
    def free_ram_mb(self) -> int:
        """Memory less requests in MiB, without ratio; may be negative."""
        return self.ram.free // MIB

    @property
    def total_usable_disk_gb(self) -> int:
        """Disk in GiB, before the ratio."""
        return self.disk.total // GIB

    @property
    def free_disk_mb(self) -> int:
        """Disk less requests in MiB, without ratio; may be negative."""
        return self.disk.free // MIB

    @property
    def cpu_allocation_ratio(self) -> float:
        """The ratio as a float, as Nova holds it."""
        return float(self.cpu.ratio)

    @property
    def ram_allocation_ratio(self) -> float:
        """The ratio as a float, as Nova holds it."""
        return float(self.ram.ratio)

    @property
    def disk_allocation_ratio(self) -> float:
        """The ratio as a float, as Nova holds it."""
        return float(self.disk.ratio)

    def consume(self, flavor: Flavor, instance: Instance) -> None:
        """Take an instance's demand off the host.

        Source: ``HostState._locked_consume_from_request``; swap is taken too, since DiskFilter
        demands it (Nova forgets it).
        """
        self.cpu.used += flavor.milli_vcpus
        self.ram.used += flavor.memory
        self.disk.used += flavor.disk
        self.num_io_ops += 1
        self.instances[instance.uuid] = instance

    def copy(self) -> HostState:
        """An independent copy, to consume on without touching what is known."""
        twin = copy.copy(self)
        twin.cpu, twin.ram, twin.disk = (
            copy.copy(self.cpu),
            copy.copy(self.ram),
            copy.copy(self.disk),
        )
        twin.instances = dict(self.instances)
        twin.limits = {}
        return twin
