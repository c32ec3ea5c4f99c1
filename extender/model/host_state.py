"""One host as Nova's scheduler sees it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from extender.model.flavor import GIB, MIB, Flavor, vcpus
from extender.model.groups import Aggregates, split_values, values_from_key
from extender.model.host_parts import ALL_READABLE, Instance, Inventory, Service, Unreadable
from extender.model.metrics import NO_CAPACITY, Capacity, HostMetric, merged
from extender.model.numa import NUMATopology
from extender.model.pci import PciPool
from extender.model.said import Said

NO_LABELS: Mapping[str, str] = MappingProxyType({})
NOTHING_SAID: Mapping[str, object] = Said()

TRAIT_LABEL = "nova-extender.io/trait."
"""Before a trait's name in the labels of a node; the label's presence counts, not its value."""


def _zone_names(aggregates: Aggregates) -> frozenset[str]:
    return split_values(values_from_key(aggregates, "availability_zone")) - {""}


@dataclass(slots=True, kw_only=True)
class HostState:
    """Nova's ``HostState`` of one node. Amounts are exact; Nova's units are properties.

    What can come from two places is kept apart, so that a change of one leaves the other: metrics
    and NUMA cells *reported* by the node's annotations, and those *observed* through the API.
    ``capacity`` is what observed metrics are shares of.
    ``trust_time`` is when a trust level was attested, seconds since the epoch; ``None``: never
    outdated. Source: ``nova.scheduler.host_manager.HostState``.
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
    supported_instances: tuple[tuple[str, ...], ...] = ()
    cpu_info: Mapping[str, object] = field(default_factory=lambda: NOTHING_SAID)
    reported_stats: Mapping[str, object] = field(default_factory=lambda: NOTHING_SAID)
    reported_metrics: tuple[HostMetric, ...] = ()
    observed_metrics: tuple[HostMetric, ...] = ()
    capacity: Capacity = NO_CAPACITY
    reported_numa: NUMATopology | None = None
    observed_numa: NUMATopology | None = None
    pci_pools: tuple[PciPool, ...] = ()
    extended_used: dict[str, int] = field(default_factory=dict)
    trust_lvl: str = "unknown"
    trust_time: float | None = None
    unreadable: Unreadable = ALL_READABLE
    problems: tuple[str, ...] = ()
    num_io_ops: int = 0
    failed_builds: int = 0
    instances: dict[str, Instance] = field(default_factory=dict)
    image_pairs: dict[tuple[str, str], int] = field(default_factory=dict, init=False)
    """How many of the instances have an image property of this name and text."""

    def __post_init__(self) -> None:
        """Count the image properties of the instances given."""
        for instance in self.instances.values():
            self._count(instance, 1)

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
    def flavors(self) -> frozenset[str]:
        """The names of the flavors that pods on the host have; pods without one are left out."""
        return frozenset(i.flavor for i in self.instances.values() if i.flavor)

    @property
    def metrics(self) -> tuple[HostMetric, ...]:
        """Nova's ``metrics``: as the node's annotation has them, else as metrics.k8s.io does."""
        return merged(self.reported_metrics, self.observed_metrics)

    @property
    def numa_topology(self) -> NUMATopology | None:
        """Nova's ``numa_topology``: the node's annotation, else its NodeResourceTopology."""
        return self.reported_numa if self.reported_numa is not None else self.observed_numa

    @property
    def traits(self) -> frozenset[str]:
        """Traits that the node's labels give it; Nova keeps them with the resource provider."""
        start = len(TRAIT_LABEL)
        return frozenset(key[start:] for key in self.labels if key.startswith(TRAIT_LABEL))

    @property
    def stats(self) -> dict[str, object]:
        """Nova's ``stats``: counters that the extender keeps, under what the annotation says."""
        projects: dict[str, object] = {}
        for instance in self.instances.values():
            key = f"num_proj_{instance.namespace}"
            number = projects.get(key, 0)
            projects[key] = number + 1 if isinstance(number, int) else 1
        return {
            "num_instances": self.num_instances,
            "io_workload": self.num_io_ops,
            "failed_builds": self.failed_builds,
            **projects,
            **self.reported_stats,
        }

    def extended_free(self, resource: str) -> int:
        """What is left of an extended resource, 0 where the node has none; may be negative."""
        total = sum(pool.total for pool in self.pci_pools if pool.resource == resource)
        return total - self.extended_used.get(resource, 0)

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

    def add_instance(self, instance: Instance) -> None:
        """Put a pod on the host; one that is there already is replaced."""
        self.remove_instance(instance.uuid)
        self.instances[instance.uuid] = instance
        self._count(instance, 1)

    def remove_instance(self, uuid: str) -> None:
        """Take a pod off the host; no error if it is not there."""
        gone = self.instances.pop(uuid, None)
        if gone is not None:
            self._count(gone, -1)

    def use_extended(self, resources: Iterable[tuple[str, int]], sign: int = 1) -> None:
        """Take extended resources, or give them back."""
        for resource, amount in resources:
            used = self.extended_used.get(resource, 0) + sign * amount
            if used:
                self.extended_used[resource] = used
            else:
                self.extended_used.pop(resource, None)

    def use_virtual(self, amounts: tuple[int, int, int] | None, sign: int = 1) -> None:
        """Note how much of what a pod takes only the extender counts, or that it does no more."""
        if amounts is not None:
            for inventory, amount in zip((self.cpu, self.ram, self.disk), amounts, strict=True):
                inventory.virtual += sign * amount

    def consume(
        self,
        flavor: Flavor,
        instance: Instance,
        extended: Iterable[tuple[str, int]] = (),
        numa: NUMATopology | None = None,
        virtual: tuple[int, int, int] | None = None,
    ) -> None:
        """Take an instance's demand off the host.

        Args:
            flavor: what it asks for.
            instance: itself.
            extended: what it takes of extended resources.
            numa: the host's cells with the instance fitted in, where it asks for cells.
            virtual: how much of its demand only the extender counts.

        Source: ``HostState._locked_consume_from_request``; swap is taken too, since DiskFilter
        demands it (Nova forgets it).
        """
        self.cpu.used += flavor.milli_vcpus
        self.ram.used += flavor.memory
        self.disk.used += flavor.disk
        self.num_io_ops += 1
        self.use_extended(extended)
        self.use_virtual(virtual)
        if numa is not None:
            self.reported_numa = numa
        self.add_instance(instance)

    def copy(self) -> HostState:
        """An independent copy, to consume on without touching what is known."""
        twin = copy.copy(self)
        twin.cpu, twin.ram, twin.disk = (
            copy.copy(self.cpu),
            copy.copy(self.ram),
            copy.copy(self.disk),
        )
        twin.instances = dict(self.instances)
        twin.extended_used = dict(self.extended_used)
        twin.image_pairs = dict(self.image_pairs)
        return twin

    def _count(self, instance: Instance, sign: int) -> None:
        for pair in instance.image_properties:
            number = self.image_pairs.get(pair, 0) + sign
            if number:
                self.image_pairs[pair] = number
            else:
                self.image_pairs.pop(pair, None)
