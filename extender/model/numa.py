"""NUMA cells: what hosts have, and what requests ask for.

Sets of CPUs are held as bits of an int, bit n being CPU n: a cluster of large hosts would need
hundreds of megabytes of Python sets. Nova's sets are properties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from extender.model.numa_room import Room, room

MOST_CELLS = 64
"""Cells that a host or a request may have."""

MOST_CPUS = 8192
"""CPUs that a host's cells may have, as in the largest Linux kernels; numbers lie below."""

MOST_MEMORY = 2**40
"""MiB that a cell may have. A cell with as much is one whose memory nobody accounts for."""

MOST_PAGE_SIZES = 8
"""Page sizes that a cell may have; processors know five at most."""

MOST_KINDS = 6
"""Kinds of cells that differ in what they ask for, in one request."""

SMALL = -1
LARGE = -2
ANY = -3
"""Page sizes in words (Nova's ``MEMPAGES_SMALL`` …): the smallest, any but it, any."""


def bits(cpus: Iterable[int]) -> int:
    """A set of CPUs as bits of an int."""
    found = 0
    for cpu in cpus:
        found |= 1 << cpu
    return found


def numbers(mask: int) -> frozenset[int]:
    """The set of CPUs that bits stand for."""
    return frozenset(ascending(mask))


def ascending(mask: int) -> list[int]:
    """The CPUs that bits stand for, in order."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NUMAPages:
    """Memory pages of one size in a cell (Nova's ``NUMAPagesTopology``)."""

    size_kb: int
    total: int
    used: int = 0
    reserved: int = 0

    @property
    def free_kb(self) -> int:
        """KiB in pages that are neither used nor reserved; may be negative."""
        return (self.total - self.used - self.reserved) * self.size_kb

    @property
    def total_kb(self) -> int:
        """KiB in all pages."""
        return self.total * self.size_kb


@dataclass(frozen=True, slots=True, kw_only=True)
class NUMACell:
    """One cell of a host (Nova's ``NUMACell``).

    Args:
        id: its number, unique in the host.
        shared_bits: CPUs that instances share (``cpuset``).
        dedicated_bits: CPUs that an instance may have to itself (``pcpuset``).
        pinned_bits: those of them that are taken (``pinned_cpus``).
        core_bits: the threads of each core (``siblings``); none: each CPU is a core of its own.
            Nova aborts then.
        memory: MiB.
        cpu_usage: shared CPUs that instances were given, each time counted.
        memory_usage: MiB that instances were given.
        mempages: one entry a page size; none where the host does not tell.
        socket: the socket it belongs to, where known.
    """

    id: int
    shared_bits: int = 0
    dedicated_bits: int = 0
    pinned_bits: int = 0
    core_bits: tuple[int, ...] = ()
    memory: int = 0
    cpu_usage: int = 0
    memory_usage: int = 0
    mempages: tuple[NUMAPages, ...] = ()
    socket: int | None = None

    @property
    def cpuset(self) -> frozenset[int]:
        """CPUs that instances share."""
        return numbers(self.shared_bits)

    @property
    def pcpuset(self) -> frozenset[int]:
        """CPUs that an instance may have to itself."""
        return numbers(self.dedicated_bits)

    @property
    def pinned_cpus(self) -> frozenset[int]:
        """CPUs that an instance has to itself."""
        return numbers(self.pinned_bits)

    @property
    def siblings(self) -> tuple[frozenset[int], ...]:
        """The threads of each core, as the host tells them."""
        return tuple(numbers(core) for core in self.core_bits)

    @property
    def free_bits(self) -> int:
        """Dedicated CPUs that nobody has (``free_pcpus``)."""
        return self.dedicated_bits & ~self.pinned_bits

    @property
    def avail_pcpus(self) -> int:
        """How many those are."""
        return self.free_bits.bit_count()

    @property
    def avail_memory(self) -> int:
        """MiB that instances were not given; may be negative."""
        return self.memory - self.memory_usage

    @property
    def has_threads(self) -> bool:
        """Whether a core has more than one thread."""
        return any(core.bit_count() > 1 for core in self.core_bits)

    @property
    def cores(self) -> tuple[int, ...]:
        """The threads of each core as bits: a core for each CPU where the host does not tell."""
        return self.core_bits or tuple(1 << cpu for cpu in ascending(self.dedicated_bits))


@dataclass(frozen=True)
class NUMATopology:
    """A host's cells (Nova's ``NUMATopology``)."""

    cells: tuple[NUMACell, ...] = ()

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def has_threads(self) -> bool:
        """Whether a core has more than one thread (hyper-threads)."""
        return any(cell.has_threads for cell in self.cells)

    @cached_property
    def rooms(self) -> tuple[Room, ...]:
        """What each cell has for requests, worked out once."""
        return tuple(room(cell) for cell in self.cells)

    @cached_property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """The same number by number, in ``Room``'s order, each of all cells, worked out once.

        Pages come last: size and free KiB of the first size that each cell has, of the second, and
        so on as far as any cell has; 0 where a cell has no such.
        """
        *numbers, pages = zip(*self.rooms, strict=True)
        none = (0, 0)
        for slot in range(max(map(len, pages))):
            found = [of_cell[slot] if slot < len(of_cell) else none for of_cell in pages]
            numbers += zip(*found, strict=True)
        return tuple(numbers)


class Kind(NamedTuple):
    """What a requested cell asks for.

    Args:
        shared: shared CPUs.
        dedicated: dedicated CPUs.
        memory: MiB.
        reserved: dedicated CPUs beside these, for emulator threads.
    """

    shared: int
    dedicated: int
    memory: int
    reserved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NUMARequestCell:
    """One cell that a request asks for (Nova's ``InstanceNUMACell``): numbers of CPUs, MiB."""

    id: int
    shared: int = 0
    dedicated: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NUMARequest:
    """The cells that a request asks for (Nova's ``InstanceNUMATopology``).

    Nova keeps policies and page size with each cell, where they are always the same.

    Args:
        cells: what is asked for.
        cpu_policy: ``shared``, ``dedicated``, ``mixed``; ``None`` as shared.
        cpu_thread_policy: ``prefer``, ``isolate``, ``require``; ``None`` as prefer.
        pagesize: KiB, or ``SMALL``, ``LARGE``, ``ANY``; ``None``: whatever the host has.
        emulator_threads_isolated: whether the first cell needs one dedicated CPU more.
        threads_required: whether the host must have hyper-threads, whatever the thread policy.
        pci_numa_affinity_policy: where devices must be: ``required``, ``legacy``, ``preferred``,
            ``socket``.
    """

    cells: tuple[NUMARequestCell, ...] = ()
    cpu_policy: str | None = None
    cpu_thread_policy: str | None = None
    pagesize: int | None = None
    emulator_threads_isolated: bool = False
    threads_required: bool = False
    pci_numa_affinity_policy: str = "legacy"

    @property
    def pinned(self) -> bool:
        """Whether it asks for dedicated CPUs; such memory is never overcommitted."""
        return self.cpu_policy in ("dedicated", "mixed")

    @property
    def floating(self) -> bool:
        """Whether it asks for shared CPUs, and so is held to the host's ratios."""
        return self.cpu_policy != "dedicated"

    @property
    def needs(self) -> tuple[Kind, ...]:
        """What each cell asks for, in order."""
        return tuple(
            Kind(
                cell.shared,
                cell.dedicated,
                cell.memory,
                int(self.emulator_threads_isolated and position == 0),
            )
            for position, cell in enumerate(self.cells)
        )

    @property
    def kinds(self) -> Mapping[Kind, int]:
        """What different cells ask for, and how many cells do."""
        return Counter(self.needs)
