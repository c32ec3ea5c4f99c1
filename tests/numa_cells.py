"""NUMA cells for tests, in sets of CPUs as Nova has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from extender.model.host_state import HostState
from extender.model.numa import (
    NUMACell,
    NUMAPages,
    NUMARequest,
    NUMARequestCell,
    NUMATopology,
    bits,
)
from extender.model.request_spec import RequestSpec
from tests.builders import host, spec

Pages = tuple[int, ...]
"""Size in KiB, total, and where they are not 0 used and reserved."""


def cell(
    number: int = 0,
    *,
    cpuset: Iterable[int] = (),
    pcpuset: Iterable[int] = (),
    pinned_cpus: Iterable[int] = (),
    siblings: Iterable[Iterable[int]] = (),
    mempages: Iterable[Pages] = (),
    memory: int = 1024,
    **fields: Any,
) -> NUMACell:
    """A host's cell; memory in MiB."""
    return NUMACell(
        id=number,
        shared_bits=bits(cpuset),
        dedicated_bits=bits(pcpuset),
        pinned_bits=bits(pinned_cpus),
        core_bits=tuple(bits(core) for core in siblings),
        memory=memory,
        mempages=tuple(
            NUMAPages(**dict(zip(("size_kb", "total", "used", "reserved"), one, strict=False)))
            for one in mempages
        ),
        **fields,
    )


def threaded(number: int = 0, cores: int = 2, **fields: Any) -> NUMACell:
    """A cell of dedicated CPUs 0 to 2 × cores − 1, two neighbours a core."""
    pairs = [(2 * core, 2 * core + 1) for core in range(cores)]
    return cell(number, **{"pcpuset": range(2 * cores), "siblings": pairs, **fields})


def topology(*cells: NUMACell) -> NUMATopology:
    """A host's cells."""
    return NUMATopology(cells)


def numa_host(*cells: NUMACell, name: str = "node-1", **fields: Any) -> HostState:
    """A host with these cells; without any, one that tells of none."""
    return host(name, reported_numa=NUMATopology(cells) if cells else None, **fields)


def asked(*cells: tuple[int, int, int], **fields: Any) -> NUMARequest:
    """A request for cells of so many shared CPUs, dedicated CPUs and MiB each."""
    return NUMARequest(
        cells=tuple(
            NUMARequestCell(id=number, shared=shared, dedicated=dedicated, memory=memory)
            for number, (shared, dedicated, memory) in enumerate(cells)
        ),
        **fields,
    )


def asking(*cells: tuple[int, int, int], **fields: Any) -> RequestSpec:
    """The same as a request's spec."""
    return spec(numa_topology=asked(*cells, **fields))


def shared(number: int = 1, memory: int = 0, **fields: Any) -> RequestSpec:
    """A request for one cell of shared CPUs."""
    return asking((number, 0, memory), **fields)


def dedicated(number: int = 1, memory: int = 0, **fields: Any) -> RequestSpec:
    """A request for one cell of dedicated CPUs."""
    return asking((0, number, memory), **{"cpu_policy": "dedicated", **fields})
