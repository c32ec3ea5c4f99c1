"""The CPUs and pages that an instance gets, worked out by hand from Nova's way of choosing."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.numa import LARGE, Kind, NUMACell
from extender.model.numa_pinning import chosen_cpus, with_instance
from tests.numa_cells import asked, cell, threaded


@pytest.mark.parametrize(
    ("number", "policy", "taken", "chosen"),
    [
        # Cores (0,1) (2,3) (4,5).
        (2, None, (), [0, 1]),
        (3, None, (), [0, 1, 2]),
        (2, "prefer", (0,), [2, 3]),  # pairs first
        (3, "prefer", (0,), [2, 3, 4]),
        (5, "prefer", (0,), [1, 2, 3, 4, 5]),  # as they come
        (2, "prefer", (0, 2, 4), [1, 3]),  # one of each
        (2, "require", (0,), [2, 3]),
        (1, "require", (0, 2), [4]),
        (2, "isolate", (0,), [2, 4]),  # one of each whole core
    ],
)
def test_chosen_cpus(
    number: int, policy: str | None, taken: tuple[int, ...], chosen: list[int]
) -> None:
    """As many threads of each core as will do, the most first."""
    one = threaded(cores=3, pinned_cpus=taken)
    assert chosen_cpus(one, Kind(0, number, 0), policy) == chosen


@pytest.mark.parametrize(
    ("number", "policy", "chosen"),
    [
        (2, None, [0, 1, 2]),
        (3, "require", [0, 1, 2, 3]),
        (2, "isolate", [0, 2, 4]),  # of a core that the instance does not have
        (4, "prefer", [0, 1, 2, 3, 4]),
    ],
)
def test_emulator_threads(number: int, policy: str | None, chosen: list[int]) -> None:
    """One CPU more, which comes last."""
    assert chosen_cpus(threaded(cores=3), Kind(0, number, 0, 1), policy) == chosen


def taken(one: NUMACell, kind: Kind, size: int | None = None, **fields: Any) -> NUMACell:
    """The cell with an instance."""
    return with_instance(one, kind, asked((0, 0, 0), **fields), size)


def test_shared_cpus_are_counted() -> None:
    """Usage grows by what is asked for, beyond what there is if need be."""
    found = taken(cell(cpuset={0}, cpu_usage=1, memory_usage=5), Kind(2, 0, 7))
    assert (found.cpu_usage, found.memory_usage, found.pinned_bits) == (3, 12, 0)


def test_dedicated_cpus_are_pinned() -> None:
    """They join those that are taken; shared ones of ``mixed`` are counted."""
    one = threaded(cores=2, pinned_cpus={0}, cpuset={8})
    found = taken(one, Kind(1, 2, 7), cpu_policy="mixed")
    assert found.pinned_cpus == {0, 2, 3}
    assert found.cpu_usage == 1


def test_isolated_cores_are_taken_whole() -> None:
    """Their siblings are nobody's; the emulator's core likewise."""
    one = threaded(cores=3, cpuset=range(6))
    fields: dict[str, Any] = {"cpu_policy": "dedicated", "cpu_thread_policy": "isolate"}
    assert taken(one, Kind(0, 1, 0), **fields).pinned_cpus == {0, 1}
    assert taken(one, Kind(0, 1, 0, 1), **fields).pinned_cpus == {0, 1, 2, 3}


def test_pages_are_used() -> None:
    """Of the size that was found, as many as the memory needs."""
    one = cell(mempages=[(4, 1000, 5), (2048, 10, 1), (1048576, 2)])
    found = taken(one, Kind(1, 0, 6), 2048, pagesize=LARGE)
    assert [page.used for page in found.mempages] == [5, 4, 0]
    assert [page.used for page in taken(one, Kind(1, 0, 6), 4).mempages] == [1541, 1, 0]
    assert taken(cell(), Kind(1, 0, 6)).mempages == ()
