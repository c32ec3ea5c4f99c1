"""Which CPUs and pages of a host's cell an instance gets, as Nova chooses them.

Source: ``nova.virt.hardware`` (``_pack_instance_onto_cores``, ``numa_usage_from_instance_numa``).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice

from extender.model.numa import Kind, NUMACell, NUMARequest, ascending, bits
from extender.model.numa_room import KIB

Cores = list[list[int]]
"""The CPUs of cores, each core's in order."""


def with_instance(
    cell: NUMACell, kind: Kind, request: NUMARequest, size_kb: int | None
) -> NUMACell:
    """The cell with what a requested cell takes added to its use; it is known to fit.

    Args:
        cell: the host's.
        kind: what is asked for.
        request: the policies that go with it.
        size_kb: the size of the pages it gets, ``None`` on a cell that tells of no pages.
    """
    pages = tuple(
        replace(one, used=one.used + kind.memory * KIB // size_kb)
        if one.size_kb == size_kb
        else one
        for one in cell.mempages
    )
    pinned = 0
    if request.pinned:
        pinned = bits(chosen_cpus(cell, kind, request.cpu_thread_policy))
        if request.cpu_thread_policy == "isolate":
            pinned = _whole_cores(cell, pinned)
    return replace(
        cell,
        mempages=pages,
        memory_usage=cell.memory_usage + kind.memory,
        cpu_usage=cell.cpu_usage + kind.shared,
        pinned_bits=cell.pinned_bits | pinned,
    )


def chosen_cpus(cell: NUMACell, kind: Kind, thread_policy: str | None) -> list[int]:
    """The CPUs that the instance has to itself, those for its emulator threads last.

    Cores are used evenly: as many threads of each as let the request fit, the most first. Where no
    such number does (policy ``prefer``), CPUs are taken as they come.
    """
    cores = [free for core in cell.cores if (free := ascending(core & cell.free_bits))]
    if thread_policy == "isolate":
        threads = max((core.bit_count() for core in cell.cores), default=1)
        found = _first([core for core in cores if len(core) == threads], 1, kind.dedicated)
        spare = [core for core in cores if not set(core) & set(found)]
    else:
        found = _evenly(cores, kind.dedicated, least=2 if thread_policy == "require" else 1)
        spare = [[cpu for cpu in core if cpu not in found] for core in cores]
    return found + list(islice(chain.from_iterable(spare), kind.reserved))


def _evenly(cores: Cores, number: int, least: int) -> list[int]:
    """As many CPUs, the same number of each core if it can be, the greatest that there is."""
    for threads in range(max(map(len, cores), default=0), least - 1, -1):
        enough = [core for core in cores if len(core) >= threads]
        if threads * len(enough) >= number:
            return _first(enough, threads, number)
    return list(islice(chain.from_iterable(cores), number))


def _first(cores: Cores, threads: int, number: int) -> list[int]:
    """The first CPUs of these cores, so many of each."""
    return list(islice(chain.from_iterable(core[:threads] for core in cores), number))


def _whole_cores(cell: NUMACell, pinned: int) -> int:
    """All threads of the cores that have one of these CPUs: nobody may use its siblings."""
    found = 0
    for core in cell.cores:
        if core & pinned:
            found |= core
    return found
