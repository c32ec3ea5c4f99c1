"""NUMATopologyFilter: the verdicts on whole tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extender.filters.numa_topology_filter import NUMATopologyFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.numa import ANY, MOST_CELLS, NUMATopology
from extender.model.numa_fit import consumed
from extender.model.pci import PciPool, PciRequest
from extender.model.request_spec import RequestSpec
from tests.builders import host, reason, reasons, spec, table
from tests.numa_cells import asking, cell, dedicated, numa_host, shared, threaded

JUDGE = NUMATopologyFilter()
GPU = PciRequest(1, ((("resource", "example.com/gpu"),),))
NIC = PciRequest(1, ((("resource", "example.com/nic"),),))


def verdict(one: HostState, asked: RequestSpec) -> str | None:
    """The reason one host is refused with."""
    return reason(JUDGE, one, asked)


@pytest.mark.parametrize("asked", [spec(), spec(vcpus=4, memory_mb=512), asking()])
def test_nothing_asked(asked: RequestSpec) -> None:
    """A request without cells passes everywhere, whatever is known of the host."""
    hosts = (host("a"), numa_host(cell(), name="b"), host("c", unreadable=Unreadable.NUMA))
    assert reasons(JUDGE, table(*hosts), asked) == [None, None, None]


def test_hosts_without_cells() -> None:
    """A topology without cells is none."""
    empty = host("empty", reported_numa=NUMATopology())
    hosts = (host("a"), empty, numa_host(cell(cpuset={0}), name="b"))
    found = reasons(JUDGE, table(*hosts), shared())
    assert found == ["no_numa_topology", "no_numa_topology", None]


def test_observed_cells() -> None:
    """What a NodeResourceTopology tells counts where the annotation says nothing."""
    small, large = cell(cpuset={0}), cell(cpuset={0, 1})
    observed = host("a", observed_numa=NUMATopology((large,)))
    both = host("b", observed_numa=NUMATopology((large,)), reported_numa=NUMATopology((small,)))
    assert reasons(JUDGE, table(observed, both), shared(2)) == [None, "numa_does_not_fit"]


def test_too_few_cells() -> None:
    """Two cells do not fit into one, however large."""
    one = numa_host(cell(cpuset=range(8)))
    two = numa_host(cell(cpuset={0}), cell(1, cpuset={1}))
    assert verdict(one, asking((1, 0, 0), (1, 0, 0))) == "too_few_numa_cells"
    assert verdict(two, asking((1, 0, 0), (1, 0, 0))) is None
    assert verdict(two, asking((1, 0, 0), (2, 0, 0))) == "numa_does_not_fit"


def test_hyper_threads() -> None:
    """A host without any is told so, before all that comes after."""
    flat = numa_host(cell(pcpuset=range(4)))
    asked = dedicated(2, cpu_thread_policy="require")
    assert verdict(flat, asked) == "no_hyperthreads"
    assert verdict(numa_host(threaded()), asked) is None
    assert verdict(numa_host(cell(pcpuset={8}), threaded(1)), asked) is None
    two = {"cpu_policy": "dedicated", "cpu_thread_policy": "require"}
    assert verdict(flat, asking((0, 1, 0), (0, 1, 0), **two)) == "no_hyperthreads"
    assert verdict(host(), asked) == "no_numa_topology"


def test_hyper_threads_by_the_words_alone() -> None:
    """Nova looks at flavor and image apart: ``prefer`` there does not undo ``require`` here."""
    asked = dedicated(2, cpu_thread_policy="prefer", threads_required=True)
    assert verdict(numa_host(cell(pcpuset=range(4))), asked) == "no_hyperthreads"
    assert verdict(numa_host(threaded(pinned_cpus={0, 2})), asked) is None


def test_each_cell_its_own() -> None:
    """Both requested cells fit the large one only: it takes but one of them."""
    hosts = numa_host(cell(cpuset=range(8)), cell(1, cpuset={8}))
    assert verdict(hosts, asking((2, 0, 0), (2, 0, 0))) == "numa_does_not_fit"
    assert verdict(hosts, asking((2, 0, 0), (1, 0, 0))) is None


def test_cells_that_find_their_place_only_together() -> None:
    """Three kinds: where each fits somewhere, and yet two of them only in the same cell."""
    cells = (
        cell(0, cpuset=range(8), memory=10),
        cell(1, cpuset=range(4), memory=100),
        cell(2, cpuset=range(2), memory=100),
    )
    fitting = asking((8, 0, 10), (4, 0, 50), (1, 0, 50))
    assert verdict(numa_host(*cells), fitting) is None
    crowded = asking((8, 0, 10), (4, 0, 50), (3, 0, 50))
    assert verdict(numa_host(*cells), crowded) == "numa_does_not_fit"


def test_ratios_of_each_host() -> None:
    """Equal cells, different ratios."""
    full = cell(cpuset=range(4), cpu_usage=4, memory=1024, memory_usage=1024)
    hosts = (
        numa_host(full, name="a"),
        numa_host(full, name="b", cpu_allocation_ratio=2),
        numa_host(full, name="c", cpu_allocation_ratio=2, ram_allocation_ratio="1.5"),
    )
    found = reasons(JUDGE, table(*hosts), shared(4, 512))
    assert found == ["numa_does_not_fit", "numa_does_not_fit", None]


def test_hosts_of_all_sizes() -> None:
    """From one cell to the most that there may be, in one table."""
    sizes = (1, 2, 3, 4, 5, 8, 9, 16, 17, MOST_CELLS)
    hosts = [
        numa_host(*(cell(n, cpuset={n}) for n in range(size)), name=f"node-{size}")
        for size in sizes
    ]
    found = reasons(JUDGE, table(*hosts, host("none")), asking(*[(1, 0, 1)] * 9))
    few = ["too_few_numa_cells"] * 6
    assert found == [*few, None, None, None, None, "no_numa_topology"]
    assert reasons(JUDGE, table(*hosts), asking((1, 0, 1), (2, 0, 1))) == [
        "too_few_numa_cells",
        *["numa_does_not_fit"] * 9,
    ]


def test_unreadable_hosts() -> None:
    """Cells that cannot be read refuse; ratios only those who would share CPUs."""
    bad = numa_host(cell(cpuset={0}, pcpuset={1}))
    for what, floating, pinned in (
        (Unreadable.NUMA, "invalid_host_annotation", "invalid_host_annotation"),
        (Unreadable.CPU_RATIO, "invalid_host_annotation", None),
        (Unreadable.RAM_RATIO, "invalid_host_annotation", None),
        (Unreadable.DISK_RATIO, None, None),
        (Unreadable.PCI, None, None),
    ):
        bad.unreadable = what
        assert verdict(bad, shared()) == floating
        assert verdict(bad, dedicated()) == pinned
    assert verdict(host(unreadable=Unreadable.NUMA), shared()) == "invalid_host_annotation"


def at(node: int | None, resource: str = "gpu") -> PciPool:
    """A pool of devices at a cell."""
    where = () if node is None else (("numa_node", str(node)),)
    return PciPool(f"example.com/{resource}", 2, where)


@pytest.mark.parametrize(
    ("pools", "policy", "found"),
    [
        ((at(0),), "legacy", "numa_does_not_fit"),  # cell 0 has no CPUs
        ((at(1),), "legacy", None),
        ((at(None),), "legacy", None),
        ((at(None),), "required", "numa_does_not_fit"),
        ((at(0),), "preferred", None),
        ((at(0),), "socket", None),  # cell 1 is of the same socket
        ((at(7),), "legacy", "numa_does_not_fit"),
        ((), "required", None),  # for PciPassthroughFilter to refuse
    ],
)
def test_devices(pools: tuple[PciPool, ...], policy: str, found: str | None) -> None:
    """A requested cell must be at the device, as the policy has it."""
    one = numa_host(
        cell(0, socket=0),
        cell(1, cpuset={1}, socket=0),
        cell(2, cpuset={2}, socket=1),
        pci_pools=pools,
    )
    asked = replace(shared(pci_numa_affinity_policy=policy), pci_requests=(GPU,))
    assert verdict(one, asked) == found


def test_devices_of_several_cells() -> None:
    """A single cell cannot be at both devices; two can, if each fits where it must."""
    one = numa_host(
        cell(0, cpuset={0}),
        cell(1, cpuset=range(4)),
        cell(2, cpuset=range(4)),
        pci_pools=(at(0), at(1, "nic")),
    )
    both = (GPU, NIC)
    assert verdict(one, replace(shared(), pci_requests=both)) == "numa_does_not_fit"
    assert verdict(one, replace(asking((1, 0, 0), (1, 0, 0)), pci_requests=both)) is None
    assert verdict(one, replace(asking((1, 0, 0), (2, 0, 0)), pci_requests=both)) is None
    both_large = replace(asking((2, 0, 0), (2, 0, 0)), pci_requests=both)
    assert verdict(one, both_large) == "numa_does_not_fit"
    assert verdict(one, asking((2, 0, 0), (2, 0, 0))) is None


def test_devices_of_hosts_that_do_not_fit_anyway() -> None:
    """The reason stays what it was."""
    one = numa_host(cell(0, cpuset={0}), pci_pools=(at(0),))
    asked = replace(asking((1, 0, 0), (1, 0, 0)), pci_requests=(GPU,))
    assert verdict(one, asked) == "too_few_numa_cells"


def test_consuming() -> None:
    """A host that took an instance has less room, once it is put into the table again."""
    one, other = numa_host(threaded(), name="a"), numa_host(threaded(), name="b")
    hosts = table(one, other)
    asked = dedicated(3, 100)
    assert reasons(JUDGE, hosts, asked) == [None, None]
    cells = consumed(one, asked)
    assert cells is not None
    one.consume(asked.flavor, next(iter(host(num_instances=1).instances.values())), numa=cells)
    hosts.put(one)
    assert reasons(JUDGE, hosts, asked) == ["numa_does_not_fit", None]
    assert verdict(one, dedicated(1, 100)) is None


def test_views_and_changes() -> None:
    """A view judges its own hosts; changes of the table are seen."""
    hosts = [numa_host(cell(cpuset=range(n)), name=f"node-{n}") for n in range(1, 40)]
    whole = table(*hosts)
    assert reasons(JUDGE, whole, shared(38)) == ["numa_does_not_fit"] * 37 + [None, None]
    view = whole.take(np.array([38, 0]))
    assert reasons(JUDGE, view, shared(38)) == [None, "numa_does_not_fit"]
    whole.put(numa_host(cell(cpuset=range(38)), name="node-1"))
    assert reasons(JUDGE, view, shared(38)) == [None, None]
    whole.put(host("node-1"))
    assert reasons(JUDGE, view, shared(38)) == [None, "no_numa_topology"]
    whole.remove("node-39")
    assert len(reasons(JUDGE, whole, shared(1))) == 38


@pytest.mark.parametrize(
    "asked",
    [
        shared(10**30),
        shared(1, 10**30),
        dedicated(10**30, 10**30),
        shared(1, 10**30, pagesize=ANY),
        asking(*[(1, 0, 0)] * (MOST_CELLS + 1)),
        asking(*[(n, 0, 0) for n in range(9)]),
    ],
)
def test_absurd_requests(asked: RequestSpec) -> None:
    """They fit nowhere, and nothing breaks; requests beyond the bounds likewise."""
    cells = [cell(n, cpuset=range(64), pcpuset=range(64), mempages=[(4, 9)]) for n in range(64)]
    found = verdict(numa_host(*cells), asked)
    assert found in ("numa_does_not_fit", "too_few_numa_cells")


def test_numbers_of_other_kinds_of_pages() -> None:
    """Sizes that are no powers of two are divided by all the same."""
    one = numa_host(cell(cpuset={0}, mempages=[(3072, 100)]))
    assert verdict(one, shared(1, 6)) is None
    assert verdict(one, shared(1, 4)) == "numa_does_not_fit"
    assert verdict(one, shared(1, 6, pagesize=3072)) is None
    assert verdict(one, shared(1, 4, pagesize=3072)) == "numa_does_not_fit"


def test_limits() -> None:
    """Nova's are an object of two ratios; ours are whole numbers, and there are none."""
    assert JUDGE.limits(numa_host(cell(cpuset={0})), shared()) == {}
