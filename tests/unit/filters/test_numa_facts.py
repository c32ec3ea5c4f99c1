"""What NUMATopologyFilter tells people."""

from __future__ import annotations

from typing import Any

from extender.filters.numa_topology_filter import NUMATopologyFilter
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.numa import ANY
from extender.model.request_spec import RequestSpec
from tests.builders import host, spec
from tests.numa_cells import asking, cell, dedicated, numa_host, shared, threaded

JUDGE = NUMATopologyFilter()


def facts(one: HostState, asked: RequestSpec) -> tuple[Any, Any, dict[str, str]]:
    """Need, have, and the sources' values by name."""
    found = JUDGE.explain(one, asked)
    assert all(source.where for source in found.sources)
    return found.need, found.have, {source.name: source.value for source in found.sources}


def test_explained() -> None:
    """What is asked for, where it would go, and what each cell has."""
    one = numa_host(
        cell(3, cpuset=range(4), cpu_usage=3, memory=100, memory_usage=40),
        cell(5, cpuset=range(4), memory=100, mempages=[(4, 25600)]),
        cpu_allocation_ratio="1.5",
    )
    need, have, sources = facts(one, shared(4, 50))
    assert need == "1 × 4 shared CPUs, 50 MiB"
    assert have == "fits cells 5"
    assert sources == {
        "hw:numa_nodes": "1",
        "hw:cpu_policy": "none",
        "hw:cpu_thread_policy": "none",
        "hw:mem_page_size": "none",
        "cells": "2",
        "cpu ratio": "1.5",
        "ram ratio": "1",
        "cell 3": "3 of 4 shared CPUs used, 40 of 100 MiB used: does not fit",
        "cell 5": "0 of 4 shared CPUs used, 0 of 100 MiB used, 102400 KiB free in pages of 4 KiB: "
        "fits",
    }


def test_explained_refusal() -> None:
    """How many cells each kind fits, and what threads and pages were asked for."""
    fields = {
        "cpu_policy": "dedicated",
        "cpu_thread_policy": "isolate",
        "pagesize": 2048,
        "emulator_threads_isolated": True,
    }
    one = numa_host(threaded(cpuset=range(4)), threaded(1, cores=1, cpuset=range(2)))
    need, have, sources = facts(one, asking((0, 1, 2), (0, 1, 2), **fields))
    first = "1 × 1 dedicated CPUs + 1 for emulator threads, 2 MiB"
    assert need == f"{first}; 1 × 1 dedicated CPUs, 2 MiB"
    assert have == f"{first}: fits 0 of 2 cells; 1 × 1 dedicated CPUs, 2 MiB: fits 0 of 2 cells"
    assert sources["hw:mem_page_size"] == "2048 KiB"
    assert sources["cell 0"].startswith("4 dedicated CPUs free, 2 whole cores free, ")
    assert "cpu ratio" not in sources


def test_explained_without_cells() -> None:
    """Neither host nor request needs to have any."""
    need, have, sources = facts(host(), shared())
    assert (need, have, sources["cells"]) == ("1 × 1 shared CPUs, 0 MiB", "no NUMA cells", "none")
    assert facts(host(), spec())[:2] == (None, None)
    bad = facts(host(unreadable=Unreadable.NUMA), shared())
    assert bad[2]["cells"] == "not readable"
    require = dedicated(2, cpu_thread_policy="require", pagesize=ANY)
    _, _, sources = facts(numa_host(threaded(memory=2**40)), require)
    assert sources["hw:mem_page_size"] == "any"
    assert sources["cell 0"].startswith("4 dedicated CPUs free, 4 CPUs free beside a sibling, ")
    assert "memory not told" in sources["cell 0"]


def test_many_cells() -> None:
    """The first few are shown one by one."""
    one = numa_host(*(cell(n, cpuset={n}) for n in range(20)))
    _, have, sources = facts(one, shared())
    assert have == "fits cells 0"
    assert [name for name in sources if name.startswith("cell ")] == [f"cell {n}" for n in range(8)]


def test_where_cells_come_from() -> None:
    """The node's annotation, or the object that an agent writes."""
    cells = numa_host(cell(cpuset={0})).reported_numa
    for one, where in (
        (host(reported_numa=cells), "node annotation nova-extender.io/numa_topology"),
        (host(observed_numa=cells), "NodeResourceTopology of the node"),
    ):
        found = JUDGE.explain(one, shared())
        assert {s.name: s.where for s in found.sources}["cells"] == where
