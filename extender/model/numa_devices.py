"""Where the devices that a request asks for are, in cells of the host.

A pool may say which cell it is at (``numa_node``); then the request must be placed there, too, in
the measure that its policy asks for. Source: ``nova.pci.stats.PciDeviceStats``
(``_filter_pools_for_numa_cells``); how many devices are free is for PciPassthroughFilter to judge.
"""

from __future__ import annotations

from extender.model.host_state import HostState
from extender.model.numa import NUMATopology
from extender.model.pci import PciPool, PciRequest

ANYWHERE = 2**64 - 1
"""All positions that a host may have, as bits."""

_LONGEST = 9
"""Digits of the id of a cell."""


def device_cells(host: HostState, request: PciRequest, policy: str) -> int:
    """The positions of the cells of which the request must get one, as bits; 0: there is none.

    Devices that are at no known cell suit everybody, but under policies ``required`` and
    ``socket``. A host without such devices is for other filters to refuse.

    Args:
        host: the host, which has cells.
        request: for devices.
        policy: ``hw:pci_numa_affinity_policy``.
    """
    topology = host.numa_topology
    pools = [pool for pool in host.pci_pools if _suits(pool, request)]
    if topology is None or policy == "preferred" or not pools:
        return ANYWHERE
    found = 0
    for pool in pools:
        node = numa_node(pool)
        if node is not None:
            found |= _positions(topology, node, policy)
        elif policy == "legacy":
            return ANYWHERE
    return found


def numa_node(pool: PciPool) -> int | None:
    """The id of the cell that a pool is at, ``None`` where that is not known."""
    text = dict(pool.attributes).get("numa_node", "")
    known = text.isascii() and text.isdecimal() and len(text) <= _LONGEST
    return int(text) if known else None


def _suits(pool: PciPool, request: PciRequest) -> bool:
    """Whether one of the request's specs describes the pool, whatever the case of its values."""
    has = {name: value.lower() for name, value in (*pool.attributes, ("resource", pool.resource))}
    return any(all(has.get(name) == value.lower() for name, value in spec) for spec in request.spec)


def _positions(topology: NUMATopology, node: int, policy: str) -> int:
    """The positions of the cell of that id, or of all cells of its socket, as bits."""
    cells = topology.cells
    sockets = {cell.socket for cell in cells if cell.id == node}
    by_socket = policy == "socket" and None not in {cell.socket for cell in cells}
    return sum(
        1 << position
        for position, cell in enumerate(cells)
        if cell.id == node or (by_socket and cell.socket in sockets)
    )
