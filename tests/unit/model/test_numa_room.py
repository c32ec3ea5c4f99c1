"""What a cell has for requests, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.numa_room import room
from tests.numa_cells import cell, threaded


@pytest.mark.parametrize(
    ("taken", "loose", "paired", "started", "whole"),
    [
        # Cores (0,1) (2,3) (4,5); by n: cores with at least n free.
        ((), 6, 6, 3, 3),  # n=2: 3 cores, 6 CPUs
        ((0,), 5, 4, 3, 2),  # n=2: 2 cores, 4 CPUs
        ((0, 2), 4, 2, 3, 1),
        ((0, 1), 4, 4, 2, 2),
        ((0, 2, 4), 3, 0, 3, 0),  # no core has two free
        ((0, 1, 2, 3, 4, 5), 0, 0, 0, 0),
    ],
)
def test_cores(taken: tuple[int, ...], loose: int, paired: int, started: int, whole: int) -> None:
    """Free CPUs, those beside a sibling, cores begun, cores whole; all of them legacy CPUs."""
    found = room(threaded(cores=3, cpuset=range(6), pinned_cpus=taken))
    assert (found.loose, found.paired, found.started) == (loose, paired, started)
    assert found.whole == whole


def test_the_most_beside_a_sibling() -> None:
    """Of n × cores with n free the greatest counts: 3 × 1, or 2 × 3."""
    one = cell(pcpuset=range(9), siblings=[range(3), range(3, 6), range(6, 9)], pinned_cpus=(3, 6))
    assert room(one).paired == 6
    taken = cell(
        pcpuset=range(9), siblings=[range(3), range(3, 6), range(6, 9)], pinned_cpus=(3, 4, 6, 7)
    )
    assert room(taken).paired == 3


def test_whole_cores_only_where_shared_and_dedicated_are_the_same() -> None:
    """With hyper-threads Nova keeps siblings free only on hosts of the old configuration."""
    assert room(threaded(cpuset=())).whole == 0
    assert room(threaded(cpuset=range(4))).whole == 2
    assert room(cell(pcpuset={4, 5}, cpuset={0}, siblings=[{4}, {5}])).whole == 2
    assert room(cell(pcpuset={4, 5})).whole == 2


def test_threads_that_are_not_dedicated() -> None:
    """A core counts with the threads it has, be they dedicated or not."""
    # Cores (0,4) (1,5): threads 4 and 5 belong to others.
    one = room(cell(cpuset={0, 1}, pcpuset={0, 1}, siblings=[{0, 4}, {1, 5}]))
    assert (one.loose, one.paired, one.whole, one.started) == (2, 0, 0, 2)


def test_cpus_in_no_core() -> None:
    """What the siblings leave out cannot be pinned to."""
    one = room(cell(pcpuset=range(6), siblings=[{0, 1}, {2, 3}]))
    assert (one.loose, one.paired) == (4, 4)


def test_a_cell_without_cpus() -> None:
    """Nothing to be had."""
    one = room(cell())
    assert (one.cpus, one.loose, one.paired, one.whole, one.started) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("given", "total", "free", "unit"),
    [
        ({"memory": 2, "memory_usage": 1}, 2048, 1024, 1),
        ({"memory": 2, "memory_usage": 3}, 2048, -1024, 1),
        ({"mempages": [(4, 256, 6, 50)]}, 1024, 800, 4),
        # The smallest size counts, however they are listed; memory and its use do not.
        ({"mempages": [(2048, 9), (4, 100)], "memory": 7, "memory_usage": 7}, 400, 400, 4),
    ],
)
def test_memory(given: dict[str, Any], total: int, free: int, unit: int) -> None:
    """KiB for a request that names no page size."""
    one = room(cell(**given))
    assert (one.total_kb, one.free_kb, one.unit_kb) == (total, free, unit)


def test_pages_by_size() -> None:
    """The smallest first, with what is free of each."""
    one = room(cell(mempages=[(1048576, 2, 1), (4, 10), (2048, 8, 0, 3)]))
    assert one.pages == ((4, 40), (2048, 10240), (1048576, 1048576))
