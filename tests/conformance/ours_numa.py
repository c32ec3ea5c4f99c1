"""NUMA cells of a case as the extender's model has them."""

from __future__ import annotations

from extender.model.numa import NUMACell, NUMAPages, NUMATopology, bits
from tests.conformance.case import Case


def topology(numa: Case | None) -> NUMATopology | None:
    """A host's cells."""
    if numa is None:
        return None
    return NUMATopology(tuple(_cell(n, cell) for n, cell in enumerate(numa["cells"])))


def _cell(number: int, cell: Case) -> NUMACell:
    pages = tuple(
        NUMAPages(
            size_kb=page["size_kb"],
            total=page["total"],
            used=page.get("used", 0),
            reserved=page.get("reserved", 0),
        )
        for page in cell.get("mempages", [])
    )
    return NUMACell(
        id=cell.get("id", number),
        shared_bits=bits(cell.get("cpuset", [])),
        dedicated_bits=bits(cell.get("pcpuset", [])),
        pinned_bits=bits(cell.get("pinned_cpus", [])),
        core_bits=tuple(bits(core) for core in cell.get("siblings", [])),
        memory=cell.get("memory", 0),
        cpu_usage=cell.get("cpu_usage", 0),
        memory_usage=cell.get("memory_usage", 0),
        mempages=pages,
        socket=cell.get("socket", 0),
    )
