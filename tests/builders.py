"""Hosts, requests and tables for tests, in Nova's names and plain units.

Amounts may be ints, decimal texts or Fractions, and are taken exactly: ``MILLI`` is a thousandth
of a vCPU, ``BYTE_MB`` and ``BYTE_GB`` are one byte in MiB and in GiB.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from extender.filters.base import HostFilter
from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import HostAggregate
from extender.model.host_parts import Instance, Inventory, Service
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec, SchedulerRetries

Amount = int | str | Fraction

MILLI = Fraction(1, 1000)
BYTE_MB = Fraction(1, MIB)
BYTE_GB = Fraction(1, GIB)


def exact(amount: Amount, unit: int) -> int:
    """An amount in milli-cores or bytes; what is no whole number of them is a mistake."""
    parts = Fraction(amount) * unit
    if parts.denominator != 1:
        raise ValueError(f"{amount} is not a whole number of parts of {unit}")
    return int(parts)


def inventory(total: Amount, used: Amount, ratio: Amount, unit: int) -> Inventory:
    """One resource of a host."""
    return Inventory(total=exact(total, unit), used=exact(used, unit), ratio=Fraction(ratio))


def host(
    name: str = "node-1",
    *,
    vcpus_total: Amount = 8,
    vcpus_used: Amount = 0,
    cpu_allocation_ratio: Amount = 1,
    total_usable_ram_mb: Amount = 16384,
    free_ram_mb: Amount | None = None,
    ram_allocation_ratio: Amount = 1,
    total_usable_disk_gb: Amount = 100,
    free_disk_mb: Amount | None = None,
    disk_allocation_ratio: Amount = 1,
    disabled: bool = False,
    unschedulable: bool = False,
    forced_down: bool = False,
    ready: bool = True,
    disabled_reason: str = "",
    num_instances: int = 0,
    **fields: Any,
) -> HostState:
    """An enabled host with nothing on it, but for what is said; ``fields`` are HostState's own."""
    ram_mb, disk_mb = Fraction(total_usable_ram_mb), Fraction(total_usable_disk_gb) * 1024
    ram_used = 0 if free_ram_mb is None else ram_mb - Fraction(free_ram_mb)
    disk_used = 0 if free_disk_mb is None else disk_mb - Fraction(free_disk_mb)
    instances = [instance(f"{name}-{n}") for n in range(num_instances)]
    return HostState(
        host=name,
        cpu=inventory(vcpus_total, vcpus_used, cpu_allocation_ratio, 1000),
        ram=inventory(ram_mb, ram_used, ram_allocation_ratio, MIB),
        disk=inventory(disk_mb, disk_used, disk_allocation_ratio, MIB),
        service=Service(
            disabled=disabled,
            unschedulable=unschedulable,
            forced_down=forced_down,
            ready=ready,
            disabled_reason=disabled_reason,
        ),
        **{"instances": {i.uuid: i for i in instances}, **fields},
    )


def instance(uuid: str = "uid-1", namespace: str = "default", flavor: str = "") -> Instance:
    """A pod that counts on a host."""
    return Instance(uuid=uuid, namespace=namespace, name=uuid, flavor=flavor)


def aggregate(name: str = "agg-1", hosts: Iterable[str] = (), **metadata: str) -> HostAggregate:
    """An aggregate by name, with the metadata given as keywords."""
    return HostAggregate(name=name, hosts=frozenset(hosts), metadata=metadata)


def flavor(
    name: str = "",
    *,
    vcpus: Amount = 0,
    memory_mb: Amount = 0,
    root_gb: Amount = 0,
    ephemeral_gb: Amount = 0,
    swap: Amount = 0,
    **fields: Any,
) -> Flavor:
    """A flavor in Nova's units (``swap`` in MiB)."""
    return Flavor(
        name=name,
        milli_vcpus=exact(vcpus, 1000),
        memory=exact(memory_mb, MIB),
        root=exact(root_gb, GIB),
        ephemeral=exact(ephemeral_gb, GIB),
        swap_bytes=exact(swap, MIB),
        **fields,
    )


def spec(
    *,
    flavor_name: str = "",
    vcpus: Amount = 0,
    memory_mb: Amount = 0,
    root_gb: Amount = 0,
    ephemeral_gb: Amount = 0,
    swap: Amount = 0,
    tried: Iterable[tuple[str, str]] | None = None,
    **fields: Any,
) -> RequestSpec:
    """A request for these amounts; ``tried`` is its retry history, ``fields`` RequestSpec's own."""
    asked = flavor(
        flavor_name,
        vcpus=vcpus,
        memory_mb=memory_mb,
        root_gb=root_gb,
        ephemeral_gb=ephemeral_gb,
        swap=swap,
    )
    if tried is not None:
        pairs = tuple(tried)
        fields["retry"] = SchedulerRetries(num_attempts=len(pairs) + 1, hosts=pairs)
    fields = {"instance_uuid": "uid-new", "project_id": "default", **fields}
    return RequestSpec(flavor=asked, **fields)


def table(*hosts: HostState) -> HostTable:
    """A table of hosts in this order; a host without neighbours is fine."""
    return HostTable(hosts)


def reasons(host_filter: HostFilter, hosts: HostTable, asked: RequestSpec) -> list[str | None]:
    """The id of the reason each host is refused with, ``None`` where it passes."""
    verdicts = host_filter.filter_all(hosts, asked)
    assert verdicts is not None
    assert verdicts.dtype == np.uint8
    assert verdicts.shape == (len(hosts),)
    ids = [None, *(reason.id for reason in host_filter.all_reasons())]
    return [ids[code] for code in verdicts.tolist()]


def reason(host_filter: HostFilter, one: HostState, asked: RequestSpec) -> str | None:
    """The id of the reason one host is refused with, ``None`` where it passes."""
    return reasons(host_filter, table(one), asked)[0]
