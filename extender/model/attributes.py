"""What of a host an extra spec or a query may name, under Nova's names and in Nova's units.

Nova lets both reach any attribute of its HostState. Here they reach ``ATTRIBUTES`` and nothing
else, and find plain values there, those of JSON: texts, whole numbers, floats, true and false,
lists, mappings, and ``None`` for what is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from extender.model.host_parts import ALL_READABLE, Instance, Unreadable
from extender.model.host_state import HostState
from extender.model.numa import NUMACell

LONGEST_SHOWN = 200
"""Characters of a value that explanations show."""

_SCALARS = frozenset({type(None), str, bool, int, float})
_COUNTED = frozenset({"num_instances", "io_workload", "failed_builds"})
_PROJECT = "num_proj_"


class Stats(Mapping[str, object]):
    """A host's ``stats``, of which a single one is found without counting the others."""

    def __init__(self, host: HostState) -> None:
        self._host = host

    def __getitem__(self, name: str) -> object:
        host = self._host
        if name in host.reported_stats:
            return host.reported_stats[name]
        if name == "num_instances":
            return host.num_instances
        if name == "io_workload":
            return host.num_io_ops
        if name == "failed_builds":
            return host.failed_builds
        if name.startswith(_PROJECT):
            project = name.removeprefix(_PROJECT)
            number = sum(i.namespace == project for i in host.instances.values())
            if number:
                return number
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._host.stats)

    def __len__(self) -> int:
        return len(self._host.stats)


def is_counted(stat: str) -> bool:
    """Whether one of the ``stats`` is a number that the extender counts."""
    return stat in _COUNTED or stat.startswith(_PROJECT)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that may be named.

    Args:
        read: its value, or what ``plain`` makes it of.
        where: what it comes from, for people.
        fixed: whether it is the same whatever pods are on the host.
        unreadable: what a node must not say wrongly for this to be known.
    """

    read: Callable[[HostState], object]
    where: str
    fixed: bool = True
    unreadable: Unreadable = ALL_READABLE


def _service(host: HostState) -> dict[str, object]:
    service = host.service
    return {
        "disabled": service.disabled or service.unschedulable,
        "disabled_reason": service.disabled_reason or None,
        "forced_down": service.forced_down,
        "up": service.ready and not service.forced_down,
    }


def _aggregates(host: HostState) -> list[object]:
    """Without their hosts, which would be the greater part of it."""
    return [{"name": a.name, "metadata": a.metadata} for a in host.aggregates]


def _pci_stats(host: HostState) -> dict[str, object]:
    free = host.extended_free
    return {
        "pools": [
            {**dict(pool.attributes), "resource": pool.resource, "count": free(pool.resource)}
            for pool in host.pci_pools
        ]
    }


def _metrics(host: HostState) -> list[object]:
    """Times are seconds since the epoch."""
    return [
        {"name": m.name, "value": m.value, "timestamp": m.timestamp, "source": m.source}
        for m in host.metrics
    ]


def _numa_topology(host: HostState) -> dict[str, object] | None:
    """As the node's annotation has it."""
    topology = host.numa_topology
    return None if topology is None else {"cells": [_cell(cell) for cell in topology.cells]}


def _cell(cell: NUMACell) -> dict[str, object]:
    return {
        "id": cell.id,
        "socket": cell.socket,
        "cpuset": cell.cpuset,
        "pcpuset": cell.pcpuset,
        "pinned_cpus": cell.pinned_cpus,
        "siblings": cell.siblings,
        "memory": cell.memory,
        "cpu_usage": cell.cpu_usage,
        "memory_usage": cell.memory_usage,
        "mempages": [
            {"size_kb": p.size_kb, "total": p.total, "used": p.used, "reserved": p.reserved}
            for p in cell.mempages
        ],
    }


def _annotation(name: str) -> str:
    return f"node annotation nova-extender.io/{name}"


_PODS = "pods on the node"
_RUNTIME = "status.nodeInfo.containerRuntimeVersion"
_NAME = "metadata.name"

ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType(
    {
        # Texts.
        "host": Attribute(lambda h: h.host, _NAME),
        "nodename": Attribute(lambda h: h.nodename, _NAME),
        "uuid": Attribute(lambda h: h.uuid, "metadata.uid"),
        "cell_uuid": Attribute(lambda h: h.cell_uuid, "label nova-extender.io/cell"),
        "hypervisor_hostname": Attribute(
            lambda h: h.hypervisor_hostname, "label kubernetes.io/hostname"
        ),
        "trust_lvl": Attribute(
            lambda h: h.trust_lvl,
            "node's trust label or annotation",
            unreadable=Unreadable.TRUST,
        ),
        # Texts and a whole number, or None.
        "host_ip": Attribute(lambda h: h.host_ip, "status.addresses"),
        "hypervisor_type": Attribute(lambda h: h.hypervisor_type, _RUNTIME),
        "hypervisor_version": Attribute(lambda h: h.hypervisor_version, _RUNTIME),
        # Virtual CPUs (a float only where there are parts of one), MiB, GiB: whole numbers.
        "vcpus_total": Attribute(
            lambda h: h.vcpus_total, "status.allocatable.cpu", unreadable=Unreadable.CPU
        ),
        "vcpus_used": Attribute(lambda h: h.vcpus_used, _PODS, fixed=False),
        "total_usable_ram_mb": Attribute(
            lambda h: h.total_usable_ram_mb, "status.allocatable.memory", unreadable=Unreadable.RAM
        ),
        "free_ram_mb": Attribute(
            lambda h: h.free_ram_mb, _PODS, fixed=False, unreadable=Unreadable.RAM
        ),
        "total_usable_disk_gb": Attribute(
            lambda h: h.total_usable_disk_gb,
            "status.allocatable.ephemeral-storage",
            unreadable=Unreadable.DISK,
        ),
        "free_disk_mb": Attribute(
            lambda h: h.free_disk_mb, _PODS, fixed=False, unreadable=Unreadable.DISK
        ),
        # Floats.
        "cpu_allocation_ratio": Attribute(
            lambda h: h.cpu_allocation_ratio,
            _annotation("cpu_allocation_ratio"),
            unreadable=Unreadable.CPU_RATIO,
        ),
        "ram_allocation_ratio": Attribute(
            lambda h: h.ram_allocation_ratio,
            _annotation("ram_allocation_ratio"),
            unreadable=Unreadable.RAM_RATIO,
        ),
        "disk_allocation_ratio": Attribute(
            lambda h: h.disk_allocation_ratio,
            _annotation("disk_allocation_ratio"),
            unreadable=Unreadable.DISK_RATIO,
        ),
        # Whole numbers.
        "num_instances": Attribute(lambda h: h.num_instances, _PODS, fixed=False),
        "num_io_ops": Attribute(lambda h: h.num_io_ops, _PODS, fixed=False),
        "failed_builds": Attribute(lambda h: h.failed_builds, _PODS, fixed=False),
        # Lists: of texts, of lists of three texts, and of mappings.
        "zones": Attribute(lambda h: h.zones, "aggregates or label topology.kubernetes.io/zone"),
        "supported_instances": Attribute(
            lambda h: h.supported_instances,
            _annotation("supported_instances"),
            unreadable=Unreadable.SUPPORTED_INSTANCES,
        ),
        "aggregates": Attribute(_aggregates, "HostAggregates"),
        "metrics": Attribute(
            _metrics,
            f"{_annotation('metrics')} or metrics.k8s.io",
            unreadable=Unreadable.METRICS,
        ),
        # Mappings.
        "labels": Attribute(lambda h: h.labels, "metadata.labels"),
        "cpu_info": Attribute(
            lambda h: h.cpu_info,
            f"{_annotation('cpu_info')} or feature labels",
            unreadable=Unreadable.CPU_INFO,
        ),
        "stats": Attribute(
            Stats,
            f"{_annotation('stats')} or {_PODS}",
            fixed=False,
            unreadable=Unreadable.STATS,
        ),
        "service": Attribute(
            _service, "spec, taints and conditions", unreadable=Unreadable.SERVICE
        ),
        "pci_stats": Attribute(
            _pci_stats, "extended resources", fixed=False, unreadable=Unreadable.PCI
        ),
        "limits": Attribute(lambda _: {}, "written by filters, after this one"),
        # By UID: namespace, name, flavor. Too much to be compared as a whole.
        "instances": Attribute(lambda h: h.instances, _PODS, fixed=False),
        # A mapping with the list of cells, or None.
        "numa_topology": Attribute(
            _numa_topology,
            f"{_annotation('numa_topology')} or NodeResourceTopology",
            fixed=False,
            unreadable=Unreadable.NUMA,
        ),
    }
)
"""Every attribute by Nova's name; ``labels``, ``zones`` and ``trust_lvl`` Nova has elsewhere."""


def is_fixed(path: tuple[str, ...]) -> bool:
    """Whether what a path leads to is the same whatever pods are on the host.

    Args:
        path: an attribute's name, or that of one of the ``stats``, and then keys.
    """
    attribute = ATTRIBUTES.get(path[0])
    if attribute is None:
        return not is_counted(path[0])
    if path[0] == "stats" and len(path) > 1:
        return not is_counted(path[1])
    return attribute.fixed


def entry(value: object, key: str) -> object:
    """What a mapping has under a key, ``None`` where it has nothing.

    Raises:
        TypeError: the value is no mapping.
    """
    if isinstance(value, Instance):
        value = _instance(value)
    if isinstance(value, Mapping):
        found: object = value.get(key)
        return found
    raise TypeError(f"{type(value).__name__} has no entries")


def plain(value: object) -> object:
    """A value of an attribute, or a part of one, in the types of JSON."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, (tuple, list)):
        # Long lists of features are the common case: no call for each of them.
        return [item if type(item) in _SCALARS else plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Instance):
        return _instance(value)
    return str(value)


def _instance(instance: Instance) -> dict[str, object]:
    return {
        "uuid": instance.uuid,
        "namespace": instance.namespace,
        "name": instance.name,
        "flavor": instance.flavor,
        "image_properties": dict(instance.image_properties),
    }


def shown(value: object) -> str:
    """A value as explanations show it: its text, cut to a bearable length."""
    text = str(plain(value))
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
