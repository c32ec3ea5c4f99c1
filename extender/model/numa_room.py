"""What a NUMA cell has for requests, in the few numbers that verdicts compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from extender.model.numa import NUMACell

KIB = 1024
"""KiB in a MiB: memory counts in MiB, pages in KiB."""


class Room(NamedTuple):
    """What a cell has for requests.

    Args:
        cpus: shared CPUs.
        cpu_usage: those given away, each time counted.
        loose: free dedicated CPUs.
        paired: the most of them that can be had with a sibling each: n × cores with n free, n ≥ 2.
        whole: cores that thread policy ``isolate`` can have: all threads free. None on a cell
            with hyper-threads whose shared and dedicated CPUs are not the same ones: only there
            does Nova keep the siblings of a core free.
        started: cores with a free CPU.
        memory: MiB.
        memory_usage: MiB given away.
        total_kb: KiB for a request that names no page size and may be overcommitted.
        free_kb: the same for one that may not.
        unit_kb: what the memory of such a request must be a multiple of.
        pages: size and free KiB of all pages, the smallest size first.
    """

    cpus: int
    cpu_usage: int
    loose: int
    paired: int
    whole: int
    started: int
    memory: int
    memory_usage: int
    total_kb: int
    free_kb: int
    unit_kb: int
    pages: tuple[tuple[int, int], ...]


def room(cell: NUMACell) -> Room:
    """What a cell has for requests.

    Source: ``nova.virt.hardware`` (``_numa_fit_instance_cell``, ``_pack_instance_onto_cores``).
    """
    cores = cell.cores
    threads = max((core.bit_count() for core in cores), default=0) or 1
    free = sorted(((core & cell.free_bits).bit_count() for core in cores), reverse=True)
    started = sum(number > 0 for number in free)
    legacy = threads == 1 or cell.shared_bits == cell.dedicated_bits
    # The n-th core, counted from the one with the most free threads: n cores have that many free.
    pairs = [number * position for position, number in enumerate(free, 1) if number > 1]
    mempages = sorted(cell.mempages, key=lambda pages: pages.size_kb)
    smallest = mempages[0] if mempages else None
    return Room(
        cpus=cell.shared_bits.bit_count(),
        cpu_usage=cell.cpu_usage,
        loose=sum(free),
        paired=max(pairs, default=0),
        whole=sum(number == threads for number in free) if legacy else 0,
        started=started,
        memory=cell.memory,
        memory_usage=cell.memory_usage,
        total_kb=smallest.total_kb if smallest else cell.memory * KIB,
        free_kb=smallest.free_kb if smallest else cell.avail_memory * KIB,
        unit_kb=smallest.size_kb if smallest else 1,
        pages=tuple((pages.size_kb, pages.free_kb) for pages in mempages),
    )
