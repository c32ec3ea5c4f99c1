"""What the hosts of a table have of extended resources, as columns."""

from __future__ import annotations

import numpy as np

from extender.model.columns import Encoded, Int64, clamp
from extender.model.host_state import HostState
from extender.model.host_table import HostTable

Kind = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""The pools of a host without their sizes: each resource, by name, and some of its attributes."""

NO_NAMES: frozenset[str] = frozenset()


def kind(host: HostState, names: frozenset[str] = NO_NAMES) -> Kind:
    """The pools of one host with the attributes named; an empty pool is left out."""
    return tuple(
        sorted(
            (pool.resource, tuple(pair for pair in pool.attributes if pair[0] in names))
            for pool in host.pci_pools
            if pool.total > 0
        )
    )


def kinds(hosts: HostTable, names: frozenset[str] = NO_NAMES) -> Encoded:
    """The same of each host, dictionary-encoded: hosts with devices alike share a code.

    Only what somebody asks about tells them apart, or a serial number would make all different.
    """
    return hosts.encoded_by(("device kind", names), lambda host: kind(host, names), fixed=True)


def left(host: HostState, resource: str) -> int:
    """What is left of an extended resource on one host, never below 0."""
    return clamp(max(0, host.extended_free(resource)))


def free(hosts: HostTable, resource: str) -> Int64:
    """What is left of an extended resource on each host, never below 0."""
    return hosts.column_by(
        ("devices left", resource), lambda host: left(host, resource), np.int64, fixed=False
    )


def free_devices(hosts: HostTable) -> Int64:
    """How many devices of any sort are left on each host (Nova: the sum of its pools' counts)."""
    return hosts.column_by("devices left", _all_left, np.int64, fixed=False)


def _all_left(host: HostState) -> int:
    used = host.extended_used.get
    return clamp(sum(max(0, pool.total - used(pool.resource, 0)) for pool in host.pci_pools))
