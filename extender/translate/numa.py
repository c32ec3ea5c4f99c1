"""A node's NUMA cells as its annotation ``numa_topology`` tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extender.model.numa import (
    MOST_CELLS,
    MOST_CPUS,
    MOST_MEMORY,
    MOST_PAGE_SIZES,
    NUMACell,
    NUMAPages,
    NUMATopology,
    bits,
)
from extender.translate import annotations as table
from extender.translate.errors import shown_json
from extender.translate.readers import AnnotationError, read_object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extender.translate.readers import Annotations

MOST_ID = 10**6
"""Numbers of cells and sockets lie below."""

MOST_PAGE_KB = 2**30
"""KiB of the largest page, 1 TiB."""

_SHOWN = 80


def read_topology(annotations: Annotations) -> NUMATopology | None:
    """Annotation ``numa_topology``; ``None`` where it is absent or empty.

    An annotation with an empty list of cells says that there are none. Names that are not known
    are skipped: an agent may be newer than the extender.

    Raises:
        AnnotationError: a number of the wrong type or out of bounds, a cell, core or page size
            that stands twice, or no list of cells.
    """
    given = read_object(annotations, table.NUMA_TOPOLOGY)
    return topology(given) if given else None


def topology(given: object) -> NUMATopology:
    """A host's cells from the JSON value of the annotation.

    Raises:
        AnnotationError: as ``read_topology``.
    """
    cells = given.get("cells") if isinstance(given, dict) else None
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        wrong = "there is no list of cells"
        if isinstance(cells, list):
            wrong = f"there are {len(cells)} cells"
        raise _wrong(wrong, f"cells, a list of at most {MOST_CELLS}")
    found = tuple(_cell(position, cell) for position, cell in enumerate(cells))
    twice = _twice(cell.id for cell in found)
    if twice is not None:
        raise _wrong(f"cell {twice} stands twice", "each id once")
    return made(found)


def made(cells: tuple[NUMACell, ...]) -> NUMATopology:
    """The topology of these cells, worked out as far as filters will ask for it.

    A translation has time; the request that first asks would have to wait.
    """
    whole = NUMATopology(cells)
    if whole:
        assert whole.columns  # noqa: S101 - for its effect: they are kept
    return whole


def _cell(position: int, given: Any) -> NUMACell:
    """One cell; ``id`` is its position where it has none."""
    where = f"cells[{position}]"
    if not isinstance(given, dict):
        raise _wrong(f"{where} is {shown_json(given, _SHOWN)}", "an object")
    reading = _Reading(where, given)
    socket = given.get("socket")
    return NUMACell(
        id=reading.number("id", MOST_ID, position),
        shared_bits=reading.cpus("cpuset"),
        dedicated_bits=reading.cpus("pcpuset"),
        pinned_bits=reading.cpus("pinned_cpus"),
        core_bits=reading.cores(),
        memory=reading.number("memory", MOST_MEMORY),
        cpu_usage=reading.number("cpu_usage", MOST_MEMORY),
        memory_usage=reading.number("memory_usage", MOST_MEMORY),
        mempages=reading.pages(),
        socket=None if socket is None else reading.number("socket", MOST_ID),
    )


class _Reading:
    """One object, read field by field."""

    def __init__(self, where: str, given: dict[str, Any]) -> None:
        self.where = where
        self.given = given

    def number(self, name: str, most: int, default: int = 0) -> int:
        """A whole number from 0 on; null is absent."""
        value = self.given.get(name)
        if value is None:
            return default
        if not _is_number(value, most):
            raise self._wrong(name, value, f"a whole number from 0 to {most}")
        return int(value)

    def cpus(self, name: str) -> int:
        """A list of CPUs, as bits."""
        value = self.given.get(name)
        return 0 if value is None else self._cpus(name, value)

    def cores(self) -> tuple[int, ...]:
        """The lists of CPUs that are threads of one core, as bits."""
        value = self.given.get("siblings")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(value):
            raise self._wrong("siblings", value, "a list of lists of CPUs")
        found = tuple(self._cpus(f"siblings[{n}]", core) for n, core in enumerate(value))
        seen = 0
        for core in found:
            if seen & core:
                raise self._wrong("siblings", value, "each CPU in one core")
            seen |= core
        return found

    def pages(self) -> tuple[NUMAPages, ...]:
        """Pages by size, the smallest first."""
        value = self.given.get("mempages")
        if value is None:
            return ()
        many = not isinstance(value, list) or len(value) > MOST_PAGE_SIZES
        if many or not all(isinstance(one, dict) for one in value):
            raise self._wrong("mempages", value, f"a list of at most {MOST_PAGE_SIZES} objects")
        found = [_pages(f"{self.where}.mempages[{n}]", one) for n, one in enumerate(value)]
        twice = _twice(one.size_kb for one in found)
        if twice is not None:
            raise self._wrong("mempages", value, "each size_kb once")
        return tuple(sorted(found, key=lambda one: one.size_kb))

    def _cpus(self, name: str, value: Any) -> int:
        if not isinstance(value, list) or not all(_is_number(cpu, MOST_CPUS - 1) for cpu in value):
            raise self._wrong(name, value, f"CPUs, a list of whole numbers below {MOST_CPUS}")
        return bits(value)

    def _wrong(self, name: str, value: Any, accepted: str) -> AnnotationError:
        return _wrong(f"{self.where}.{name} is {shown_json(value, _SHOWN)}", accepted)


def _pages(where: str, given: dict[str, Any]) -> NUMAPages:
    reading = _Reading(where, given)
    size = reading.number("size_kb", MOST_PAGE_KB)
    if size == 0:
        raise _wrong(f"{where}.size_kb is {shown_json(given.get('size_kb'), _SHOWN)}", "1 or more")
    return NUMAPages(
        size_kb=size,
        total=reading.number("total", most := MOST_MEMORY * 1024 // size),
        used=reading.number("used", most),
        reserved=reading.number("reserved", most),
    )


def _is_number(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _twice(found: Iterable[int]) -> int | None:
    """The first number that stands twice."""
    seen: set[int] = set()
    for number in found:
        if number in seen:
            return number
        seen.add(number)
    return None


def _wrong(wrong: str, accepted: str) -> AnnotationError:
    return AnnotationError(table.NUMA_TOPOLOGY.key, wrong, accepted)
