"""A node's NUMA cells as its NodeResourceTopology tells them.

The object is written by an agent on the node (NFD's topology updater, or another exporter) from
what the kubelet tells it: the CPUs and the memory that the kubelet gives to pods for themselves
alone, and how much of them is left. CPUs have no numbers there; any will do, only counts matter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from extender.model.flavor import MIB
from extender.model.numa import (
    MOST_CELLS,
    MOST_CPUS,
    MOST_MEMORY,
    MOST_PAGE_SIZES,
    NUMACell,
    NUMAPages,
    NUMATopology,
)
from extender.translate import quantity
from extender.translate.errors import TranslateError, shown
from extender.translate.numa import made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import msgspec

    from extender.translate.schema_numa import NodeResourceTopology, Zone, ZoneResource

ZONE_TYPE = "Node"
"""Of the zones that are NUMA cells; others are sockets, caches and the like."""

HUGE_PAGES = "hugepages-"
"""Before the size of pages in the name of their resource."""

ORDINARY_KB = 4
"""KiB of ordinary pages, which no resource tells."""

_NUMBER = re.compile(r".*?([0-9]{1,6})")
_KIB = 1024


class _Amount(NamedTuple):
    """One resource of a zone, in nano units; what is left is never more than there is."""

    capacity: int
    allocatable: int
    available: int


_NOTHING = _Amount(0, 0, 0)


def zones_topology(obj: NodeResourceTopology) -> NUMATopology:
    """The cells of a node, by their numbers.

    Raises:
        TranslateError: a zone without a number, a number that stands twice, too many zones or CPUs,
            or a quantity that is none.
    """
    named = f"NodeResourceTopology {shown(obj.name, 80)}"
    zones = [zone for zone in obj.zones or () if zone.type == ZONE_TYPE]
    if len(zones) > MOST_CELLS:
        raise TranslateError(f"{named} has {len(zones)} zones; accepted: at most {MOST_CELLS}")
    by_id: dict[int, Zone] = {}
    for zone in zones:
        match = _NUMBER.fullmatch(zone.name or "")
        if match is None or int(match[1]) in by_id:
            what = "has no number" if match is None else "has the number of another"
            accepted = "names such as node-0, each number once"
            raise TranslateError(
                f"{named}: zone {shown(zone.name or '', 80)} {what}; accepted: {accepted}"
            )
        by_id[int(match[1])] = zone
    return made(tuple(_cells(named, by_id)))


def _cells(named: str, zones: Mapping[int, Zone]) -> Iterator[NUMACell]:
    """The cells by number, their CPUs numbered on from one to the next.

    A kubelet whose CPU manager is not static gives no CPU to a pod alone, and tells of none that it
    could give: all its CPUs are shared then. One whose memory manager is not static tells of no
    memory, and binds none to a cell: a cell has as much as one likes then.
    """
    where = {number: f"{named}: zone {number}" for number in sorted(zones)}
    amounts = {number: _amounts(where[number], zones[number]) for number in where}
    cpus = {number: found.get("cpu", _NOTHING) for number, found in amounts.items()}
    static = any(cpu.allocatable for cpu in cpus.values())
    accounted = any("memory" in found for found in amounts.values())
    first = 0
    for number, cpu in cpus.items():
        count = (cpu.allocatable if static else cpu.capacity) // quantity.NANO
        if first + count > MOST_CPUS:
            raise TranslateError(f"{named} has too many CPUs; accepted: at most {MOST_CPUS}")
        taken = count - cpu.available // quantity.NANO if static else 0
        every, pinned = (((1 << upto) - 1) << first for upto in (count, taken))
        pages = _pages(where[number], amounts[number]) if accounted else ()
        memory, usage = _memory(where[number], amounts[number]) if accounted else (MOST_MEMORY, 0)
        yield NUMACell(
            id=number,
            shared_bits=every & ~pinned,
            dedicated_bits=every if static else 0,
            pinned_bits=pinned,
            memory=memory,
            memory_usage=usage,
            mempages=pages,
        )
        first += count


def _memory(where: str, amounts: Mapping[str, _Amount]) -> tuple[int, int]:
    """MiB that there are and that are given away, huge pages too, as in Nova."""
    counted = [a for name, a in amounts.items() if name == "memory" or name.startswith(HUGE_PAGES)]
    memory = sum(amount.allocatable for amount in counted) // quantity.NANO // MIB
    left = sum(amount.available for amount in counted) // quantity.NANO // MIB
    if memory > MOST_MEMORY:
        raise TranslateError(f"{where} has {memory} MiB; accepted: at most {MOST_MEMORY}")
    return memory, memory - left


def _pages(where: str, amounts: Mapping[str, _Amount]) -> tuple[NUMAPages, ...]:
    """Pages by size, the smallest first."""
    sizes = {ORDINARY_KB: amounts.get("memory", _NOTHING)}
    for name, amount in amounts.items():
        if name.startswith(HUGE_PAGES):
            size = _parsed(where, name, name.removeprefix(HUGE_PAGES)) // quantity.NANO // _KIB
            if size < 1 or size in sizes:
                raise TranslateError(f"{where}: {shown(name, 80)} is no size of huge pages")
            sizes[size] = amount
    if len(sizes) > MOST_PAGE_SIZES:
        raise TranslateError(f"{where} has too many page sizes; accepted: {MOST_PAGE_SIZES}")
    return tuple(_of_size(size, sizes[size]) for size in sorted(sizes))


def _of_size(size: int, amount: _Amount) -> NUMAPages:
    page = size * _KIB * quantity.NANO
    total = amount.allocatable // page
    return NUMAPages(size_kb=size, total=total, used=total - amount.available // page)


def _amounts(where: str, zone: Zone) -> dict[str, _Amount]:
    """What the zone has of each resource; resources of which it has nothing are left out."""
    found = {}
    for resource in zone.resources or ():
        amount = _amount(where, resource)
        if amount != _NOTHING:
            found[resource.name or ""] = amount
    return found


def _amount(where: str, resource: ZoneResource) -> _Amount:
    name = resource.name or ""
    allocatable = _quantity(where, name, resource.allocatable)
    available = _quantity(where, name, resource.available)
    return _Amount(
        _quantity(where, name, resource.capacity), allocatable, min(available, allocatable)
    )


def _quantity(where: str, name: str, raw: msgspec.Raw) -> int:
    """An amount in nano units, 0 where it is absent or below 0."""
    return max(0, _parsed(where, name, quantity.json_text(raw))) if bytes(raw) else 0


def _parsed(where: str, name: str, text: str) -> int:
    if text == "null":
        return 0
    try:
        return quantity.parse(text)
    except quantity.QuantityError as error:
        raise TranslateError(f"{where}: {shown(name, 80)}: {error}") from error
