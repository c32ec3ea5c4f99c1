"""Fitting the cells that a request asks for into the cells of one host.

Nova tries host cells in every order, but mixes its notes up: with two requested cells on three or
more it may refuse what fits, and pass what does not. The search here is exhaustive, and goes on
only where the rest can still be placed, so it costs no permutations.
Source: ``nova.virt.hardware.numa_fit_instance_to_host`` and ``numa_usage_from_instance_numa``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from operator import or_

from extender.model.host_state import HostState
from extender.model.numa import (
    ANY,
    LARGE,
    SMALL,
    Kind,
    NUMARequest,
    NUMATopology,
)
from extender.model.numa_devices import device_cells, numa_node
from extender.model.numa_pinning import with_instance
from extender.model.numa_room import KIB, Room
from extender.model.request_spec import RequestSpec


def consumed(host: HostState, spec: RequestSpec, *, packing: bool = False) -> NUMATopology | None:
    """The host's cells with the request fitted in; ``None`` where there is nothing to change.

    That is where the request asks for no cells, the host has none, or they do not fit, as on a host
    that was forced.

    Args:
        host: where the instance goes.
        spec: its request.
        packing: option ``packing_host_numa_cells_allocation_strategy``: fill cells up, not evenly.
    """
    topology, request = host.numa_topology, spec.numa_topology
    if not topology or request is None or not request.cells:
        return None
    order = list(range(len(topology)))
    if len(topology) > len(request.cells):
        order = preference(host, topology, request, packing, devices_asked=bool(spec.pci_requests))
    places = fit(host, spec, topology, request, order)
    if places is None:
        return None
    cells = list(topology.cells)
    for place, kind in zip(places, request.needs, strict=True):
        size = page_size(kind, request, topology.rooms[place])
        cells[place] = with_instance(cells[place], kind, request, size)
    return NUMATopology(tuple(cells))


def fit(
    host: HostState,
    spec: RequestSpec,
    topology: NUMATopology,
    request: NUMARequest,
    order: Sequence[int],
) -> tuple[int, ...] | None:
    """For each requested cell the position of a host's cell of its own; ``None``: it does not fit.

    Devices at one cell bind the request to that cell. Of devices at several cells one cell must be
    among those that fit.

    Args:
        host: where, and its devices and ratios.
        spec: the request for devices.
        topology: the host's cells.
        request: for cells.
        order: the positions of the host's cells, those to be taken first in front.
    """
    compatible = compatible_cells(topology, request, host.cpu.ratio, host.ram.ratio)
    anywhere = reduce(or_, compatible, 0)
    wanted = 0
    for devices in spec.pci_requests:
        cells = device_cells(host, devices, request.pci_numa_affinity_policy)
        if not cells & anywhere:
            return None
        if cells.bit_count() == 1:
            wanted |= cells
    return assign(compatible, order, wanted)


def compatible_cells(
    topology: NUMATopology, request: NUMARequest, cpu: Fraction, ram: Fraction
) -> list[int]:
    """For each requested cell the positions of the host's cells that it fits, as bits."""
    return [
        _bits(fits(kind, request, room, cpu, ram) for room in topology.rooms)
        for kind in request.needs
    ]


def fits(kind: Kind, request: NUMARequest, room: Room, cpu: Fraction, ram: Fraction) -> bool:
    """Whether a requested cell fits into a host's cell, which nobody else takes at the same time.

    Shared CPUs and the memory beside them are held to the cell's own size times the host's ratio,
    and no instance is overcommitted against itself. Dedicated CPUs are never overcommitted.

    Args:
        kind: what the requested cell asks for.
        request: the policies that all its cells share.
        room: what the host's cell has.
        cpu: the host's CPU ratio.
        ram: the host's memory ratio.
    """
    if request.pinned and not _can_pin(kind, request.cpu_thread_policy, room):
        return False
    if request.floating:
        cpus, memory = room.cpu_usage + kind.shared, room.memory_usage + kind.memory
        if kind.shared > room.cpus or cpus > room.cpus * cpu or memory > room.memory * ram:
            return False
    if request.pagesize:
        return page_size(kind, request, room) is not None
    have = room.free_kb if request.pinned else room.total_kb
    return kind.memory * KIB <= have and kind.memory * KIB % room.unit_kb == 0


def page_size(kind: Kind, request: NUMARequest, room: Room) -> int | None:
    """The size in KiB of the pages that a requested cell gets: the largest that will do.

    Where it asks for none, the smallest that there are; ``None`` where there are none to be had.
    """
    sizes = room.pages
    if not request.pagesize:
        return sizes[0][0] if sizes else None
    if request.pagesize == SMALL:
        sizes = sizes[:1]
    elif request.pagesize == LARGE:
        sizes = sizes[1:]
    need = kind.memory * KIB
    for size, free in reversed(sizes):
        wanted = request.pagesize in (SMALL, LARGE, ANY, size)
        if wanted and need <= free and need % size == 0:
            return size
    return None


def _can_pin(kind: Kind, thread_policy: str | None, room: Room) -> bool:
    """Whether the dedicated CPUs can be had.

    A cell that asks for none has Nova's answers too: without any CPU it fits nowhere, without
    dedicated ones it has no place for emulator threads.
    """
    if not kind.dedicated and (kind.reserved or not kind.shared):
        return False
    alone = kind.dedicated + kind.reserved
    if thread_policy == "isolate":
        return 1 <= kind.dedicated <= room.whole and alone <= room.started
    if thread_policy == "require" and max(kind.dedicated, 1) > room.paired:
        return False
    return alone <= room.loose


def assign(
    compatible: Sequence[int], order: Sequence[int], wanted: int = 0
) -> tuple[int, ...] | None:
    """A host cell for each requested cell, or ``None``: the first in the order of permutations.

    Args:
        compatible: for each requested cell, the positions of host cells that it fits, as bits.
        order: the host cells' positions, those to be taken first in front.
        wanted: positions that must be among those taken, as bits.
    """
    left, taken = list(compatible), []
    if not _possible(left, wanted):
        return None
    while left:
        first, *left = left
        for place in order:
            bit = 1 << place
            if not first & bit:
                continue
            rest = [mask & ~bit for mask in left]
            if _possible(rest, wanted & ~bit):
                break
        else:
            return None
        taken.append(place)
        left, wanted = rest, wanted & ~bit
    return tuple(taken)


def _possible(compatible: Sequence[int], wanted: int) -> bool:
    """Whether all requested cells can be placed at once, and all wanted host cells be taken.

    Each on its own is enough: where one matching takes all of the one side and another all of the
    other, a third does both (Mendelsohn and Dulmage, 1958).
    """
    if not _matched(compatible):
        return False
    if not wanted:
        return True
    takers = []
    while wanted:
        lowest = wanted & -wanted
        takers.append(_bits(bool(mask & lowest) for mask in compatible))
        wanted ^= lowest
    return _matched(takers)


def _matched(choices: Sequence[int]) -> bool:
    """Whether all can have one of their choices at the same time, by augmenting paths."""
    owner: dict[int, int] = {}

    def place(chooser: int, seen: list[int]) -> bool:
        open_choices = choices[chooser] & ~seen[0]
        while open_choices:
            bit = open_choices & -open_choices
            seen[0] |= bit
            if bit not in owner or place(owner[bit], seen):
                owner[bit] = chooser
                return True
            open_choices = choices[chooser] & ~seen[0]
        return False

    return all(place(chooser, [0]) for chooser in range(len(choices)))


def preference(
    host: HostState,
    topology: NUMATopology,
    request: NUMARequest,
    packing: bool,
    *,
    devices_asked: bool,
) -> list[int]:
    """The positions of a host's cells, those that Nova takes first in front.

    Evenly: the most free memory, but before that the fewest shared CPUs in use (or the most free
    dedicated ones), but before that the fewest devices, or the most where devices are asked for.
    ``packing`` turns the first two round. Equal cells keep their order.
    """
    devices = _devices(host)
    sign = -1 if packing else 1

    def key(position: int) -> tuple[int, int, int]:
        cell, room = topology.cells[position], topology.rooms[position]
        number = devices.get(cell.id, 0)
        use = -cell.avail_pcpus if request.pinned else room.cpu_usage
        return (-number if devices_asked else number), sign * use, -sign * cell.avail_memory

    return sorted(range(len(topology)), key=key)


def _bits(flags: Iterable[bool]) -> int:
    """The positions at which a flag is set."""
    return sum(1 << position for position, flag in enumerate(flags) if flag)


def _devices(host: HostState) -> dict[int, int]:
    """How many free devices are known to be at each cell."""
    found: dict[int, int] = {}
    for pool in host.pci_pools:
        node = numa_node(pool)
        if node is not None:
            found[node] = found.get(node, 0) + host.extended_free(pool.resource)
    return found
