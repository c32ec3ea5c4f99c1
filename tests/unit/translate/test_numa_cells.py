"""Sharing vCPUs and memory out to cells."""

from __future__ import annotations

import pytest

from extender.translate.numa_cells import Amounts, requested_cells
from extender.translate.numa_policies import Policies
from extender.translate.numa_specs import NUMAError, Specs

SHARED = Policies()


def read(
    nodes: int,
    vcpus: int,
    memory: int,
    extra_specs: dict[str, str] | None = None,
    policies: Policies = SHARED,
    **properties: object,
) -> list[tuple[int, int, int]]:
    """Shared CPUs, dedicated CPUs and MiB of each cell; keys without their prefixes."""
    specs = Specs(
        {f"hw:{key}": value for key, value in (extra_specs or {}).items()},
        {f"hw_{name}": value for name, value in properties.items()},
    )
    found = requested_cells(specs, nodes, Amounts(vcpus, memory), policies)
    assert [cell.id for cell in found] == list(range(len(found)))
    return [(cell.shared, cell.dedicated, cell.memory) for cell in found]


def test_evenly() -> None:
    """Whole multiples, and dedicated vCPUs where the mask has them."""
    assert read(1, 3, 5) == [(3, 0, 5)]
    assert read(2, 4, 6) == [(2, 0, 3), (2, 0, 3)]
    assert read(2, 0, 0) == [(0, 0, 0), (0, 0, 0)]
    assert read(2, 4, 6, policies=Policies("dedicated")) == [(0, 2, 3), (0, 2, 3)]
    assert read(2, 4, 6, policies=Policies("mixed", mask=0b1011)) == [(0, 2, 3), (1, 1, 3)]


@pytest.mark.parametrize(("vcpus", "memory"), [(3, 4), (4, 3), (1, 2), (2, 1)])
def test_not_evenly(vcpus: int, memory: int) -> None:
    """Either amount may be what does not divide."""
    wrong = f"{vcpus} vCPUs and {memory} MiB cannot be shared out evenly"
    with pytest.raises(NUMAError, match=wrong):
        read(2, vcpus, memory)


def test_lists() -> None:
    """Each cell as it is listed; a cell may have no vCPUs or no memory."""
    lists = {"numa_cpus.0": "0,2", "numa_cpus.1": "1,3-5", "numa_mem.0": "0", "numa_mem.1": "8"}
    assert read(2, 6, 8, lists) == [(2, 0, 0), (4, 0, 8)]
    mixed = Policies("mixed", mask=0b000110)
    assert read(2, 6, 8, lists, mixed) == [(1, 1, 0), (3, 1, 8)]
    empty = {"numa_cpus.0": "", "numa_cpus.1": "0", "numa_mem.0": "1", "numa_mem.1": "1"}
    assert read(2, 1, 2, empty) == [(0, 0, 1), (1, 0, 1)]


def test_lists_of_an_image() -> None:
    """Typed, and as good; half of them may come from the flavor."""
    assert read(2, 3, 8, numa_cpus=[{0}, {1, 2}], numa_mem=[3, 5]) == [(1, 0, 3), (2, 0, 5)]
    memory = {"numa_mem.0": "3", "numa_mem.1": "5"}
    assert read(2, 3, 8, memory, numa_cpus=[{0}, {1, 2}]) == [(1, 0, 3), (2, 0, 5)]


@pytest.mark.parametrize(
    ("lists", "wrong"),
    [
        ({"numa_cpus.0": "0-1"}, "1 lists of CPUs and 0 of memory; accepted: one of each"),
        ({"numa_mem.0": "4"}, "0 lists of CPUs and 1 of memory"),
        ({"numa_cpus.0": "0-1", "numa_mem.0": "4"}, "one of each for each of the 2 cells"),
        (
            {"numa_cpus.0": "0", "numa_cpus.1": "0-1", "numa_mem.0": "2", "numa_mem.1": "2"},
            "a vCPU is in two cells",
        ),
        (
            {"numa_cpus.0": "0", "numa_cpus.1": "2", "numa_mem.0": "2", "numa_mem.1": "2"},
            "2 vCPUs up to 2 are listed; accepted: each of 0 to 1",
        ),
        (
            {"numa_cpus.0": "0", "numa_cpus.1": "", "numa_mem.0": "2", "numa_mem.1": "2"},
            "1 vCPUs up to 0 are listed; accepted: each of 0 to 1",
        ),
        (
            {"numa_cpus.0": "0", "numa_cpus.1": "1", "numa_mem.0": "2", "numa_mem.1": "1"},
            "they have 3 MiB; accepted: 4 MiB in all",
        ),
        (
            {"numa_cpus.0": "0", "numa_cpus.1": "x", "numa_mem.0": "2", "numa_mem.1": "2"},
            "extra spec hw:numa_cpus.1: 'x' cannot be",
        ),
        (
            {"numa_cpus.0": "0", "numa_cpus.1": "1", "numa_mem.0": "2", "numa_mem.1": "2G"},
            "extra spec hw:numa_mem.1: '2G' cannot be; accepted: whole MiB",
        ),
        (
            {"numa_cpus.0": "0", "numa_cpus.1": "1", "numa_mem.0": "5", "numa_mem.1": "-1"},
            "extra spec hw:numa_mem.1: '-1' cannot be",
        ),
        (
            {"numa_cpus.0": "0-1", "numa_cpus.2": "", "numa_mem.0": "4"},
            "extra spec hw:numa_cpus.N: there is hw:numa_cpus.2; accepted: 0, 1 and so on",
        ),
        ({"numa_mem.1": "4"}, "there is hw:numa_mem.1"),
        ({f"numa_mem.{n}": "0" for n in range(65)}, "there is hw:numa_mem.64"),
    ],
)
def test_wrong_lists(lists: dict[str, str], wrong: str) -> None:
    """Two vCPUs and 4 MiB, for two cells."""
    with pytest.raises(NUMAError) as caught:
        read(2, 2, 4, lists)
    assert wrong in str(caught.value)


def test_lists_of_both() -> None:
    """A list stands in one place."""
    lists = {"numa_cpus.0": "0", "numa_mem.0": "1"}
    with pytest.raises(NUMAError, match="hw:numa_cpus and image property hw_numa_cpus"):
        read(1, 1, 1, lists, numa_cpus=[{0}])
    with pytest.raises(NUMAError, match="hw:numa_mem and image property hw_numa_mem"):
        read(1, 1, 1, lists, numa_mem=[1])
    with pytest.raises(NUMAError, match=r"image property hw_numa_mem\.0: '-1' cannot be"):
        read(1, 1, 1, numa_cpus=[{0}], numa_mem=[-1])
