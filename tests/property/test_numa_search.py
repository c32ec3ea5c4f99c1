"""Vectorised verdicts, the fit of one host and a search over permutations say the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.filters.numa_topology_filter import NUMATopologyFilter
from extender.model.host_state import HostState
from extender.model.numa import (
    ANY,
    LARGE,
    SMALL,
    NUMACell,
    NUMAPages,
    NUMARequest,
    NUMARequestCell,
    NUMATopology,
    bits,
)
from extender.model.numa_fit import consumed
from extender.model.pci import PciPool, PciRequest
from extender.model.request_spec import RequestSpec
from tests.builders import host, reasons, spec, table

JUDGE = NUMATopologyFilter()
RATIOS = ["0.5", "1", "1.5", "2", "16"]

cpus = st.integers(0, 7)
sets = st.sets(cpus, max_size=8)


@st.composite
def cells(draw: st.DrawFn, number: int) -> NUMACell:
    """A cell of up to eight CPUs, with cores of one, two or four threads, or none told."""
    threads = draw(st.sampled_from([0, 1, 2, 4]))
    cores = [range(n, n + threads) for n in range(0, 8, threads)] if threads else []
    dedicated = draw(sets)
    shared = draw(st.sampled_from([dedicated, set(range(8)) - dedicated]))
    sizes = draw(st.lists(st.sampled_from([1024, 2048, 3072]), unique=True, max_size=3))
    return NUMACell(
        id=number,
        shared_bits=bits(shared),
        dedicated_bits=bits(dedicated),
        pinned_bits=bits(draw(sets)),
        core_bits=tuple(bits(core) for core in cores),
        memory=draw(st.integers(0, 8)),
        cpu_usage=draw(st.integers(0, 8)),
        memory_usage=draw(st.integers(0, 8)),
        mempages=tuple(
            NUMAPages(
                size_kb=size,
                total=draw(st.integers(0, 6)),
                used=draw(st.integers(0, 3)),
                reserved=draw(st.integers(0, 1)),
            )
            for size in sizes
        ),
    )


@st.composite
def hosts(draw: st.DrawFn, name: str = "node-1") -> HostState:
    """A host of up to four cells, some with devices at them."""
    number = draw(st.integers(0, 4))
    found = tuple(draw(cells(n)) for n in range(number))
    pools = tuple(
        PciPool(f"example.com/{resource}", 4, (("numa_node", str(draw(st.integers(0, 3)))),))
        for resource in draw(st.sets(st.sampled_from("ab")))
    )
    return host(
        name,
        reported_numa=NUMATopology(found) if found else None,
        cpu_allocation_ratio=draw(st.sampled_from(RATIOS)),
        ram_allocation_ratio=draw(st.sampled_from(RATIOS)),
        pci_pools=pools,
    )


@st.composite
def requests(draw: st.DrawFn) -> RequestSpec:
    """A request for up to four cells of up to three kinds, some with devices."""
    policy = draw(st.sampled_from([None, "shared", "dedicated", "mixed"]))
    shared = st.integers(0, 3) if policy != "dedicated" else st.just(0)
    dedicated = st.integers(0, 4) if policy in ("dedicated", "mixed") else st.just(0)
    kinds = draw(st.lists(st.tuples(shared, dedicated, st.integers(0, 6)), min_size=1, max_size=3))
    asked = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))
    pinned = policy in ("dedicated", "mixed")
    thread_policies = [None, "prefer", "isolate", "require"] if pinned else [None]
    request = NUMARequest(
        cells=tuple(
            NUMARequestCell(id=number, shared=one[0], dedicated=one[1], memory=one[2])
            for number, one in enumerate(asked)
        ),
        cpu_policy=policy,
        cpu_thread_policy=draw(st.sampled_from(thread_policies)),
        pagesize=draw(st.sampled_from([None, None, SMALL, LARGE, ANY, 1024, 2048, 3072, 7])),
        emulator_threads_isolated=pinned and draw(st.booleans()),
    )
    devices = tuple(
        PciRequest(1, ((("resource", f"example.com/{resource}"),),))
        for resource in draw(st.sets(st.sampled_from("ab"), max_size=2))
    )
    return replace(spec(numa_topology=request), pci_requests=devices)


def enough_pages(cell: NUMACell, request: NUMARequest, memory: int) -> bool:
    """Whether the memory can be had in pages of a size that is asked for."""
    pages = sorted(cell.mempages, key=lambda one: one.size_kb)
    if request.pagesize == SMALL:
        pages = pages[:1]
    elif request.pagesize == LARGE:
        pages = pages[1:]
    elif request.pagesize != ANY:
        pages = [one for one in pages if one.size_kb == request.pagesize]
    return any(
        (one.total - one.used - one.reserved) * one.size_kb >= memory * 1024
        and memory * 1024 % one.size_kb == 0
        for one in pages
    )


def enough_memory(cell: NUMACell, request: NUMARequest, memory: int) -> bool:
    """Whether memory without a page size can be had."""
    if not cell.mempages:
        return memory <= cell.memory - (cell.memory_usage if request.pinned else 0)
    smallest = min(cell.mempages, key=lambda one: one.size_kb)
    gone = smallest.used + smallest.reserved if request.pinned else 0
    have = (smallest.total - gone) * smallest.size_kb
    return memory * 1024 <= have and memory * 1024 % smallest.size_kb == 0


def can_pin(cell: NUMACell, request: NUMARequest, number: int, reserved: int) -> bool:
    """Whether so many dedicated CPUs can be had under the thread policy."""
    free = cell.pcpuset - cell.pinned_cpus
    siblings = cell.siblings or tuple(frozenset({cpu}) for cpu in cell.pcpuset)
    threads = max((len(core) for core in siblings), default=1)
    left = [len(core & free) for core in siblings]
    policy = request.cpu_thread_policy
    if policy == "isolate":
        legacy = threads == 1 or cell.cpuset == cell.pcpuset
        whole = sum(one >= threads for one in left)
        begun = sum(one > 0 for one in left)
        return legacy and 0 < number <= whole and number + reserved <= begun
    if policy == "require" and not any(
        n * sum(one >= n for one in left) >= max(number, 1) for n in range(2, threads + 1)
    ):
        return False
    return number + reserved <= sum(left) and (number > 0 or not reserved)


def naive_fit(
    cell: NUMACell, request: NUMARequest, position: int, cpu: Fraction, ram: Fraction
) -> bool:
    """Nova's rules for one requested cell in one of a host, said at length."""
    want = request.cells[position]
    reserved = int(request.emulator_threads_isolated and position == 0)
    if request.pinned and not (
        want.shared + want.dedicated > 0 and can_pin(cell, request, want.dedicated, reserved)
    ):
        return False
    if request.floating:
        shared = len(cell.cpuset)
        if want.shared > shared or cell.cpu_usage + want.shared > shared * cpu:
            return False
        if cell.memory_usage + want.memory > cell.memory * ram:
            return False
    if request.pagesize is None:
        return enough_memory(cell, request, want.memory)
    return enough_pages(cell, request, want.memory)


def at_devices(one: HostState, asked: RequestSpec, places: tuple[NUMACell, ...]) -> bool:
    """Whether the cells taken are those of the devices asked for, where these are known."""
    nodes = {pool.resource: dict(pool.attributes)["numa_node"] for pool in one.pci_pools}
    taken = {str(cell.id) for cell in places}
    wanted = {dict(request.spec[0])["resource"] for request in asked.pci_requests}
    return all(nodes[resource] in taken for resource in wanted if resource in nodes)


def naive_verdict(one: HostState, asked: RequestSpec) -> str | None:
    """The verdict by trying every permutation."""
    topology, request = one.numa_topology, asked.numa_topology
    assert request is not None
    if topology is None:
        return "no_numa_topology"
    if request.cpu_thread_policy == "require" and not topology.has_threads:
        return "no_hyperthreads"
    if len(topology) < len(request.cells):
        return "too_few_numa_cells"
    for places in permutations(topology.cells, len(request.cells)):
        fitting = all(
            naive_fit(cell, request, position, one.cpu.ratio, one.ram.ratio)
            for position, cell in enumerate(places)
        )
        if fitting and at_devices(one, asked, places):
            return None
    return "numa_does_not_fit"


@settings(max_examples=400)
@given(st.lists(hosts(), max_size=6), requests())
def test_three_ways_to_the_same_verdict(some: list[HostState], asked: RequestSpec) -> None:
    """For a table, for each host of it alone, and by brute force."""
    named = [replace(one, host=f"node-{number}") for number, one in enumerate(some)]
    expected = [naive_verdict(one, asked) for one in named]
    assert reasons(JUDGE, table(*named), asked) == expected
    for one, verdict in zip(named, expected, strict=True):
        assert reasons(JUDGE, table(one), asked) == [verdict]
        assert (consumed(one, asked) is not None) == (verdict is None)


@settings(max_examples=200)
@given(hosts(), requests(), st.booleans())
def test_consumed_cells_hold_what_was_asked_for(
    one: HostState, asked: RequestSpec, packing: bool
) -> None:
    """All that was asked for is taken, of as many cells, and nothing twice."""
    found, before, request = (
        consumed(one, asked, packing=packing),
        one.numa_topology,
        asked.numa_topology,
    )
    if found is None:
        return
    assert before is not None
    assert request is not None
    pairs = list(zip(before.cells, found.cells, strict=True))
    assert sum(b.memory_usage - a.memory_usage for a, b in pairs) == sum(
        cell.memory for cell in request.cells
    )
    assert sum(b.cpu_usage - a.cpu_usage for a, b in pairs) == sum(
        cell.shared for cell in request.cells
    )
    taken = [b.pinned_bits & ~a.pinned_bits for a, b in pairs]
    assert all(a.pinned_bits & ~b.pinned_bits == 0 for a, b in pairs)
    number = sum(mask.bit_count() for mask in taken)
    least = sum(kind.dedicated + kind.reserved for kind in request.needs)
    if request.cpu_thread_policy == "isolate":
        assert number >= least
    else:
        assert number == (least if request.pinned else 0)
        assert all(mask & ~a.dedicated_bits == 0 for mask, (a, _) in zip(taken, pairs, strict=True))
    assert sum(a != b for a, b in pairs) <= len(request.cells)


@pytest.mark.parametrize("packing", [False, True])
def test_the_defect_of_novas_search(packing: bool) -> None:
    """Cells 0 and 1 take the small one only, cell 2 both: Nova may refuse it, and must not."""
    some = [
        NUMACell(id=number, shared_bits=bits(range(size)), memory=64)
        for number, size in enumerate((1, 1, 4))
    ]
    request = NUMARequest(cells=(NUMARequestCell(id=0, shared=1), NUMARequestCell(id=1, shared=4)))
    one = host(reported_numa=NUMATopology(tuple(some)))
    asked = spec(numa_topology=request)
    assert reasons(JUDGE, table(one), asked) == [None]
    found = consumed(one, asked, packing=packing)
    assert found is not None
    assert [cell.cpu_usage for cell in found.cells] == [1, 0, 4]
