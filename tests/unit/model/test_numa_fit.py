"""Fitting requested cells into those of one host: Nova's rules, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from extender.model.numa import ANY, LARGE, SMALL, NUMACell
from extender.model.numa_fit import (
    assign,
    compatible_cells,
    consumed,
    fits,
    page_size,
    preference,
)
from extender.model.numa_fit import fit as fit_host
from extender.model.numa_room import room
from extender.model.pci import PciPool, PciRequest
from extender.model.request_spec import RequestSpec
from tests.numa_cells import asked, asking, cell, dedicated, numa_host, shared, threaded, topology

MIXED = {"cpu_policy": "mixed"}
DEDICATED = {"cpu_policy": "dedicated"}
PAGES = [(4, 262144), (2048, 100, 40, 20), (1048576, 4, 1)]
"""1 GiB of 4 KiB; 40 pages of 2 MiB free; 3 pages of 1 GiB free."""


def fit(one: NUMACell, want: tuple[int, int, int], ratio: str = "1", **fields: Any) -> bool:
    """Whether a request for one cell fits, with the same ratio for CPUs and memory."""
    request = asked(want, **fields)
    return fits(request.needs[0], request, room(one), Fraction(ratio), Fraction(ratio))


@pytest.mark.parametrize(
    ("memory", "policy", "usage", "passes"),
    [
        (1024, None, 0, True),
        (1025, None, 0, False),  # not even alone
        (1024, "dedicated", 0, True),
        (1024, "dedicated", 1, False),  # never overcommitted
        (1023, "dedicated", 1, True),
        (1023, "mixed", 1, True),
        (1024, "mixed", 1, False),
    ],
)
def test_memory_without_pages(memory: int, policy: str | None, usage: int, passes: bool) -> None:
    """All of the cell's memory for shared CPUs, what is left of it for dedicated ones."""
    one = cell(cpuset={0}, pcpuset={1}, memory=1024, memory_usage=usage)
    want = (1, 0, memory) if policy is None else (int(policy == "mixed"), 1, memory)
    assert fit(one, want, "2", cpu_policy=policy) == passes


@pytest.mark.parametrize(
    ("memory", "policy", "passes"),
    [
        (8, None, True),  # 8 MiB in all, 2 used, 2 reserved
        (9, None, False),
        (4, "dedicated", True),
        (5, "dedicated", False),
        (4, "mixed", True),
        (5, "mixed", False),
    ],
)
def test_memory_in_the_hosts_smallest_pages(memory: int, policy: str | None, passes: bool) -> None:
    """All pages for shared CPUs, free ones for dedicated; a larger size does not help."""
    pages = [(1048576, 9), (4, 2048, 512, 512)]
    one = cell(cpuset={0}, pcpuset={1}, memory=16384, mempages=pages)
    want = (1, 0, memory) if policy is None else (int(policy == "mixed"), 1, memory)
    assert fit(one, want, cpu_policy=policy) == passes


def test_memory_is_a_multiple_of_the_hosts_smallest_page() -> None:
    """Also where no page size is asked for."""
    one = cell(cpuset={0}, mempages=[(2048, 512)])
    assert fit(one, (1, 0, 2))
    assert not fit(one, (1, 0, 3))


@pytest.mark.parametrize(
    ("asked_for", "memory", "size"),
    [
        (SMALL, 1024, 4),
        (SMALL, 1025, None),
        (LARGE, 1024, 1048576),  # larger sizes first
        (LARGE, 3072, 1048576),
        (LARGE, 4096, None),  # three of four are free, and 80 MiB in the other size
        (LARGE, 80, 2048),  # no multiple of 1 GiB; 40 pages of 2 MiB are free
        (LARGE, 82, None),  # used and reserved pages are not free
        (LARGE, 81, None),  # an odd number of MiB
        (ANY, 81, 4),  # the smallest will do
        (ANY, 80, 2048),
        (ANY, 1024, 1048576),
        (4, 81, 4),
        (2048, 80, 2048),
        (2048, 82, None),
        (2048, 81, None),
        (1048576, 1024, 1048576),
        (1048576, 512, None),
        (64, 64, None),  # no such size
    ],
)
def test_page_size_asked_for(asked_for: int, memory: int, size: int | None) -> None:
    """Enough free pages of a suitable size, and a whole number of them."""
    one = cell(cpuset={0}, memory=16384, mempages=PAGES)
    request = asked((1, 0, memory), pagesize=asked_for)
    assert page_size(request.needs[0], request, room(one)) == size
    assert fit(one, (1, 0, memory), pagesize=asked_for) == (size is not None)


@pytest.mark.parametrize("asked_for", [SMALL, LARGE, ANY, 4])
def test_page_size_on_a_host_that_tells_of_none(asked_for: int) -> None:
    """Nothing fits, not even nothing."""
    assert not fit(cell(cpuset={0}), (1, 0, 0), pagesize=asked_for)


def test_one_size_is_small_and_never_large() -> None:
    """Large is any size but the smallest."""
    one = cell(cpuset={0}, mempages=[(2048, 512)])
    assert fit(one, (1, 0, 2), pagesize=SMALL)
    assert not fit(one, (1, 0, 2), pagesize=LARGE)


@pytest.mark.parametrize(
    ("cpus", "usage", "ratio", "passes"),
    [
        (4, 0, "1", True),
        (5, 0, "16", False),  # not against itself
        (4, 4, "2", True),  # 8 of 8
        (4, 5, "2", False),  # 9 of 8
        (1, 5, "1.5", True),  # 6 of 6
        (2, 5, "1.5", False),
        (1, 1, "0.3", False),  # 2 of 1.2
        (1, 0, "0.3", True),  # 1 of 1.2
    ],
)
def test_shared_cpus(cpus: int, usage: int, ratio: str, passes: bool) -> None:
    """As many as the cell has, and with those in use as many as its ratio lets."""
    one = cell(cpuset=range(4), pcpuset={4, 5}, cpu_usage=usage)
    assert fit(one, (cpus, 0, 0), ratio) == passes
    assert fit(one, (cpus, 0, 0), ratio, cpu_policy="shared") == passes
    assert fit(one, (cpus, 1, 0), ratio, **MIXED) == passes


def test_ratio_of_shared_cpus_is_no_matter_of_dedicated_ones() -> None:
    """Dedicated CPUs are neither overcommitted nor held back."""
    one = cell(cpuset=range(4), pcpuset={4, 5}, cpu_usage=100, memory_usage=0)
    assert fit(one, (0, 2, 1024), "0.001", **DEDICATED)
    assert not fit(one, (0, 3, 1024), "16", **DEDICATED)


@pytest.mark.parametrize(
    ("memory", "usage", "ratio", "passes"),
    [
        (1024, 512, "1.5", True),  # 1536 of 1536
        (1024, 513, "1.5", False),
        (512, 512, "1", True),
        (513, 512, "1", False),
        (512, 0, "0.5", True),
        (513, 0, "0.5", False),
    ],
)
def test_memory_beside_shared_cpus(memory: int, usage: int, ratio: str, passes: bool) -> None:
    """Memory in use and asked for together are held to the cell's memory times the ratio."""
    one = cell(cpuset={0, 1}, memory=1024, memory_usage=usage)
    assert fit(one, (1, 0, memory), ratio) == passes


def test_memory_ratio_counts_whatever_the_pages() -> None:
    """Free pages do not lift it."""
    one = cell(cpuset={0}, memory=1024, memory_usage=1024, mempages=[(4, 262144)])
    assert not fit(one, (1, 0, 4), pagesize=4)
    assert fit(one, (1, 0, 4), "1.5", pagesize=4)


@pytest.mark.parametrize(
    ("policy", "number", "passes"),
    [
        # Cores (0,1) (2,3) (4,5), of which 0 is taken: 5 free, 4 of them beside a sibling.
        (None, 5, True),
        ("prefer", 5, True),
        ("prefer", 6, False),
        ("require", 4, True),
        ("require", 3, True),
        ("require", 5, False),
        ("isolate", 1, False),  # the host's siblings cannot be kept free
    ],
)
def test_thread_policies(policy: str | None, number: int, passes: bool) -> None:
    """How many dedicated CPUs each policy can have on a host with hyper-threads."""
    one = threaded(cores=3, pinned_cpus={0})
    want = (0, number, 0)
    assert fit(one, want, cpu_thread_policy=policy, **DEDICATED) == passes


@pytest.mark.parametrize(
    ("policy", "number", "passes"),
    [
        ("isolate", 2, True),  # cores (2,3) and (4,5) are whole
        ("isolate", 3, False),
        ("require", 4, True),
        (None, 5, True),
    ],
)
def test_thread_policies_on_hosts_of_the_old_configuration(
    policy: str | None, number: int, passes: bool
) -> None:
    """Where shared and dedicated CPUs are the same, whole cores can be had."""
    one = threaded(cores=3, cpuset=range(6), pinned_cpus={0})
    assert fit(one, (0, number, 0), cpu_thread_policy=policy, **DEDICATED) == passes


@pytest.mark.parametrize(
    ("policy", "number", "passes"),
    [(None, 2, True), ("isolate", 2, True), ("isolate", 3, False), ("require", 1, False)],
)
def test_thread_policies_without_hyper_threads(
    policy: str | None, number: int, passes: bool
) -> None:
    """Each CPU is a core: nothing to keep free, and no sibling to be had."""
    one = cell(cpuset={0}, pcpuset={4, 5, 6}, siblings=[{4}, {5}, {6}], pinned_cpus={5})
    assert fit(one, (0, number, 0), cpu_thread_policy=policy, **DEDICATED) == passes
    same = cell(cpuset={0}, pcpuset={4, 5, 6}, pinned_cpus={5})
    assert fit(same, (0, number, 0), cpu_thread_policy=policy, **DEDICATED) == passes


@pytest.mark.parametrize(
    ("policy", "legacy", "number", "passes"),
    [
        (None, False, 5, True),  # and one for the emulator: 6 of 6
        (None, False, 6, False),
        ("require", False, 5, True),
        ("require", False, 6, False),
        ("isolate", True, 2, True),  # the third core is the emulator's
        ("isolate", True, 3, False),
    ],
)
def test_isolated_emulator_threads(
    policy: str | None, legacy: bool, number: int, passes: bool
) -> None:
    """They take one dedicated CPU more; with ``isolate`` of a core that nobody else has."""
    one = threaded(cores=3, cpuset=range(6) if legacy else ())
    fields: dict[str, Any] = {"cpu_thread_policy": policy, "emulator_threads_isolated": True}
    assert fit(one, (0, number, 0), **fields, **DEDICATED) == passes


def test_the_emulator_threads_are_the_first_cells() -> None:
    """Two cells of two CPUs need a host with three and with two, in this order or that."""
    request = asked((0, 2, 0), (0, 2, 0), emulator_threads_isolated=True, **DEDICATED)
    host_cells = topology(cell(0, pcpuset={0, 1}), cell(1, pcpuset={2, 3, 4}))
    assert compatible_cells(host_cells, request, Fraction(1), Fraction(1)) == [0b10, 0b11]


@pytest.mark.parametrize(
    ("want", "fields", "passes"),
    [
        ((1, 0, 0), MIXED, True),  # no dedicated CPU of its own: nothing to pin
        ((1, 0, 0), {**MIXED, "emulator_threads_isolated": True}, False),
        ((1, 0, 0), {**MIXED, "cpu_thread_policy": "isolate"}, False),
        ((1, 0, 0), {**MIXED, "cpu_thread_policy": "require"}, True),
        ((0, 0, 0), MIXED, False),
        ((0, 0, 0), DEDICATED, False),
        ((0, 0, 0), {}, True),
    ],
)
def test_cells_without_cpus_of_one_sort(
    want: tuple[int, int, int], fields: dict[str, Any], passes: bool
) -> None:
    """Nova's answers (34.0.0), some of them for no better reason than its lists being empty."""
    one = threaded(cores=2, cpuset=range(4))
    assert fit(one, want, **fields) == passes


def test_required_threads_want_a_pair_even_for_nothing() -> None:
    """A cell without dedicated CPUs needs a core with two free ones, as in Nova."""
    taken = threaded(cores=2, cpuset=range(4), pinned_cpus={0, 2})
    assert not fit(taken, (1, 0, 0), cpu_thread_policy="require", **MIXED)


@pytest.mark.parametrize(
    ("compatible", "found"),
    [
        ([], ()),
        ([0b1], (0,)),
        ([0], None),
        ([0b11, 0b01], (1, 0)),  # the second has one place only
        ([0b01, 0b01], None),
        ([0b011, 0b110, 0b001], (1, 2, 0)),
        ([0b011, 0b011, 0b011], None),  # three for two places
        ([0b1111, 0b1111], (0, 1)),  # the first permutation
    ],
)
def test_assignment(compatible: list[int], found: tuple[int, ...] | None) -> None:
    """Each requested cell in a host cell of its own, tried in the order of permutations."""
    assert assign(compatible, range(4)) == found


def test_assignment_prefers_cells_in_order() -> None:
    """Of several the ones in front, as long as the rest still fits."""
    assert assign([0b111, 0b111], (2, 0, 1)) == (2, 0)
    assert assign([0b111, 0b100], (2, 0, 1)) == (0, 2)


@pytest.mark.parametrize(
    ("compatible", "wanted", "found"),
    [
        ([0b111], 0b100, (2,)),
        ([0b011], 0b100, None),  # nobody can take what must be taken
        ([0b111, 0b011], 0b110, (2, 1)),
        ([0b111, 0b011], 0b111, None),  # three must be taken by two
        ([0b110, 0b011, 0b111], 0b101, (1, 0, 2)),
    ],
)
def test_assignment_with_cells_that_must_be_taken(
    compatible: list[int], wanted: int, found: tuple[int, ...] | None
) -> None:
    """The first permutation that takes them all."""
    assert assign(compatible, range(3), wanted) == found


GPU = PciRequest(1, ((("resource", "example.com/gpu"),),))
NIC = PciRequest(1, ((("resource", "example.com/nic"),),))


def pool(resource: str, node: int | None, total: int = 4) -> PciPool:
    """A pool at a cell."""
    at = () if node is None else (("numa_node", str(node)),)
    return PciPool(f"example.com/{resource}", total, at)


def test_cells_that_devices_bind_to() -> None:
    """Those of pools at one cell, all of them together; where there is no such cell, none fits."""
    cells = tuple(cell(number, cpuset={number}) for number in (5, 6, 7))
    host = numa_host(*cells, pci_pools=(pool("gpu", 7), pool("nic", 5), pool("far", 9)))

    def places(*devices: PciRequest) -> tuple[int, ...] | None:
        asked_for = replaced(asking((1, 0, 0), (1, 0, 0)), *devices)
        request = asked_for.numa_topology
        assert request is not None
        return fit_host(host, asked_for, topology(*cells), request, range(3))

    assert places() == (0, 1)
    assert places(GPU) == (0, 2)
    assert places(NIC) == (0, 1)
    assert places(GPU, NIC) == (0, 2)
    assert places(PciRequest(1, ((("resource", "example.com/far"),),))) is None
    either = PciRequest(1, (*GPU.spec, *NIC.spec))
    assert places(either) == (0, 1)


def replaced(request: RequestSpec, *devices: PciRequest) -> RequestSpec:
    """The same request with devices."""
    return replace(request, pci_requests=devices)


def test_order_of_cells() -> None:
    """Fewer shared CPUs in use come first, and of those alike the one with more free memory."""
    cells = (
        cell(0, cpuset=range(4), cpu_usage=2, memory_usage=0),
        cell(1, cpuset=range(4), cpu_usage=0, memory_usage=900),
        cell(2, cpuset=range(4), cpu_usage=0, memory_usage=100),
        cell(3, cpuset=range(4), cpu_usage=0, memory_usage=100),
    )
    host = numa_host(*cells)
    request = asked((1, 0, 0))
    order = preference(host, topology(*cells), request, False, devices_asked=False)
    assert order == [2, 3, 1, 0]
    packed = preference(host, topology(*cells), request, True, devices_asked=False)
    assert packed == [0, 1, 2, 3]


def test_order_of_cells_for_dedicated_cpus() -> None:
    """More free dedicated CPUs come first; packing takes the fewest."""
    cells = (
        cell(0, pcpuset=range(4), pinned_cpus=range(3)),
        cell(1, pcpuset=range(4)),
        cell(2, pcpuset=range(4), pinned_cpus={0}, memory_usage=1),
        cell(3, pcpuset=range(4), pinned_cpus={0}),
    )
    host = numa_host(*cells)
    request = asked((0, 1, 0), **DEDICATED)
    order = preference(host, topology(*cells), request, False, devices_asked=False)
    assert order == [1, 3, 2, 0]
    packed = preference(host, topology(*cells), request, True, devices_asked=False)
    assert packed == [0, 2, 3, 1]


def test_order_of_cells_by_devices() -> None:
    """Cells with free devices are kept for those who ask for some, packing or not."""
    cells = tuple(cell(n, cpuset={n}, memory_usage=n) for n in range(3))
    pools = (pool("gpu", 0, 2), pool("nic", 1, 3), pool("fpga", None, 9))
    host = numa_host(*cells, pci_pools=pools, extended_used={"example.com/nic": 2})
    request = asked((1, 0, 0))
    for packing, without, with_devices in (
        (False, [2, 1, 0], [0, 1, 2]),
        (True, [2, 1, 0], [0, 1, 2]),
    ):
        order = preference(host, topology(*cells), request, packing, devices_asked=False)
        assert order == without
        order = preference(host, topology(*cells), request, packing, devices_asked=True)
        assert order == with_devices


def test_consumed_shared_cpus() -> None:
    """CPUs and memory in use grow on the emptier cell, the other cell stays as it was."""
    busy = cell(0, cpuset=range(4), cpu_usage=3, memory_usage=10)
    idle = cell(1, cpuset=range(4, 8), cpu_usage=1, memory_usage=10)
    found = consumed(numa_host(busy, idle), shared(2, 100))
    assert found is not None
    assert found.cells[0] == busy
    assert (found.cells[1].cpu_usage, found.cells[1].memory_usage) == (3, 110)
    packed = consumed(numa_host(busy, idle, cpu_allocation_ratio=2), shared(2, 100), packing=True)
    assert packed is not None
    assert (packed.cells[0].cpu_usage, packed.cells[1]) == (5, idle)


def test_consumed_to_the_end() -> None:
    """Instance after instance, until nothing fits."""
    host = numa_host(cell(0, pcpuset={0, 1}), cell(1, pcpuset={2, 3, 4}))
    request = dedicated(2, 100)
    for taken in ({2, 3}, {0, 1, 2, 3}):
        found = consumed(host, request)
        assert found is not None
        assert set().union(*(one.pinned_cpus for one in found.cells)) == taken
        host.reported_numa = found
    assert consumed(host, request) is None


def test_consumed_takes_what_two_cells_ask_for() -> None:
    """Each requested cell in its own place: the large one where only it fits."""
    host = numa_host(cell(0, cpuset=range(8)), cell(1, cpuset={8, 9}))
    found = consumed(host, asking((2, 0, 10), (4, 0, 20)))
    assert found is not None
    assert [(one.cpu_usage, one.memory_usage) for one in found.cells] == [(4, 20), (2, 10)]


def test_consumed_by_devices() -> None:
    """The cell with the device is taken, though another one is emptier."""
    cells = cell(0, cpuset=range(4)), cell(1, cpuset=range(4), cpu_usage=3)
    host = numa_host(*cells, pci_pools=(pool("gpu", 1),))
    found = consumed(host, replaced(shared(), GPU))
    assert found is not None
    assert [one.cpu_usage for one in found.cells] == [0, 4]


def test_nothing_to_consume() -> None:
    """No cells asked for, none there, or none that will do."""
    assert consumed(numa_host(cell(cpuset={0})), asking()) is None
    assert consumed(numa_host(), shared()) is None
    assert consumed(numa_host(cell(cpuset={0})), shared(2)) is None
    host = numa_host(cell(cpuset={0}))
    assert host.numa_topology is not None
    assert consumed(host, dedicated()) is None
