"""NUMA cells as plain data."""

from __future__ import annotations

import pytest

from extender.model.numa import NUMAPages, NUMATopology, ascending, bits, numbers
from tests.numa_cells import asked, cell, threaded, topology


@pytest.mark.parametrize("cpus", [set(), {0}, {3, 1}, {0, 63, 64, 8191}])
def test_sets_of_cpus(cpus: set[int]) -> None:
    """Sets become bits and come back."""
    assert numbers(bits(cpus)) == cpus
    assert ascending(bits(cpus)) == sorted(cpus)


def test_novas_sets() -> None:
    """A cell has Nova's sets and what Nova reckons of them."""
    one = cell(
        cpuset={0, 1},
        pcpuset={2, 3, 4, 5},
        pinned_cpus={2, 3, 9},
        siblings=[{2, 3}, {4, 5}],
        memory=100,
        memory_usage=130,
    )
    assert one.cpuset == {0, 1}
    assert one.pcpuset == {2, 3, 4, 5}
    assert one.pinned_cpus == {2, 3, 9}
    assert [set(core) for core in one.siblings] == [{2, 3}, {4, 5}]
    assert (one.avail_pcpus, one.avail_memory) == (2, -30)
    assert numbers(one.free_bits) == {4, 5}
    assert one.has_threads


def test_without_siblings_each_cpu_is_a_core() -> None:
    """Nova aborts; the host has no hyper-threads then."""
    one = cell(pcpuset={5, 2})
    assert [numbers(core) for core in one.cores] == [{2}, {5}]
    assert not one.has_threads
    assert cell(pcpuset={5, 2}, siblings=[{2, 5}]).cores == (bits({2, 5}),)


def test_pages() -> None:
    """Free pages are neither used nor reserved; both may be more than there are."""
    assert NUMAPages(size_kb=4, total=10, used=3, reserved=2).free_kb == 20
    assert NUMAPages(size_kb=4, total=10, used=12).free_kb == -8
    assert NUMAPages(size_kb=2048, total=3).total_kb == 6144


def test_topologies_are_alike_by_content() -> None:
    """Equal cells make equal topologies, whatever was worked out of one before."""
    one, other = topology(threaded()), topology(threaded())
    assert one.columns
    assert one == other
    assert hash(one) == hash(other)
    assert one != topology(threaded(memory=1))
    assert not NUMATopology()
    assert len(topology(threaded(), threaded(1))) == 2


def test_threads_of_any_cell() -> None:
    """One core with two threads is enough."""
    assert topology(cell(pcpuset={0}), threaded(1)).has_threads
    assert not topology(cell(pcpuset={0}, siblings=[{0}])).has_threads


def test_columns() -> None:
    """Rooms number by number; cells with fewer page sizes have 0 in their place."""
    found = topology(
        cell(cpuset={0}, memory=1, mempages=[(4, 256), (2048, 3, 1)]),
        cell(1, cpuset={1, 2}, cpu_usage=5, memory=2, memory_usage=1),
    ).columns
    cpus, cpu_usage, loose, paired, whole, started, memory, memory_usage, *rest = found
    assert (cpus, cpu_usage) == ((1, 2), (0, 5))
    assert {loose, paired, whole, started} == {(0, 0)}
    assert (memory, memory_usage) == ((1, 2), (0, 1))
    assert rest[:3] == [(1024, 2048), (1024, 1024), (4, 1)]
    assert rest[3:] == [(4, 0), (1024, 0), (2048, 0), (4096, 0)]


def test_kinds() -> None:
    """Equal cells are one kind; the first has the emulator's CPU on top where it is isolated."""
    assert list(asked((1, 0, 8), (1, 0, 8), (2, 0, 8)).kinds.items()) == [
        ((1, 0, 8, 0), 2),
        ((2, 0, 8, 0), 1),
    ]
    assert asked((0, 1, 8), (0, 1, 8), emulator_threads_isolated=True).kinds == {
        (0, 1, 8, 1): 1,
        (0, 1, 8, 0): 1,
    }


@pytest.mark.parametrize(
    ("policy", "pinned", "floating"),
    [
        (None, False, True),
        ("shared", False, True),
        ("mixed", True, True),
        ("dedicated", True, False),
    ],
)
def test_policies(policy: str | None, pinned: bool, floating: bool) -> None:
    """Mixed asks for both sorts of CPUs."""
    one = asked((1, 1, 1), cpu_policy=policy)
    assert (one.pinned, one.floating) == (pinned, floating)
