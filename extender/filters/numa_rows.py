"""The cells of all hosts as arrays, and requested cells compared with them at once.

Hosts are taken together by how many cells they have, so that one host of 64 cells does not make
every row as long as its own. What a request compares is a row of numbers for each distinct host,
remembered as long as the host's cells stay the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator
from fractions import Fraction
from functools import partial

import numpy as np
import numpy.typing as npt

from extender.model.columns import Bool, Encoded, Int64, clamp
from extender.model.host_state import HostState
from extender.model.host_table import HostTable, Rows
from extender.model.numa import ANY, LARGE, MOST_CELLS, MOST_PAGE_SIZES, SMALL, Kind, NUMARequest
from extender.model.numa_room import KIB

WIDTHS = (2, 4, 8, 16, MOST_CELLS)
"""Cells in a row: hosts with at most so many, and more than the width before."""

_FEW = 3
"""Where so many times more values are known than hosts are asked about, theirs are gathered."""

_KEY = "numa"
_COUNT, _THREADS, _SIZES, _HEAD = range(4)
_SHARED, _LOOSE, _PAIRED, _WHOLE, _STARTED, _MEMORY, _TOTAL, _FREE, _UNIT, _PAGES = range(10)
_PER_CELL = _PAGES + 2 * MOST_PAGE_SIZES


class Cells:
    """The cells of some hosts: arrays with a row for each distinct host and a column for each cell.

    Args:
        hosts: the hosts' rows in the table.
        column: the table's column of the rows of numbers.
        width: cells in a row.
    """

    def __init__(self, hosts: Rows, column: Encoded, width: int) -> None:
        self.hosts = hosts
        self.width = width
        self._vocabulary = column.vocabulary
        self.codes = column.codes[hosts].astype(np.intp)
        """Which row of the arrays is a host's."""
        self._gathered: npt.NDArray[np.intp] | None = None
        if len(column.vocabulary.values) > _FEW * len(hosts):
            self._gathered, self.codes = self.codes, np.arange(len(hosts))
        head = self._array("head", slice(_HEAD), _HEAD)
        self.count = head[:, _COUNT]
        """How many cells each has."""
        self.threads = head[:, _THREADS] > 0
        """Whether each has hyper-threads."""
        self.there: Bool = self.count[:, None] > np.arange(width)
        """Which cells there are: those that there are not fit nothing."""

    def number(self, number: int) -> Int64:
        """One number of all cells."""
        start = _HEAD + number * self.width
        return self._array(number, slice(start, start + self.width), self.width)

    @property
    def page_sizes(self) -> range:
        """As many as any host has."""
        sizes = self._array("head", slice(_HEAD), _HEAD)[:, _SIZES]
        return range(int(sizes.max(initial=0)))

    def _array(self, key: Hashable, part: slice, width: int) -> Int64:
        values = self._vocabulary.array((_KEY, key), partial(_part, part), np.int64, width)
        return values if self._gathered is None else values[self._gathered]


def cells_of(hosts: HostTable) -> Iterator[Cells]:
    """The cells of all hosts that have any, some hosts at a time."""
    for width in WIDTHS:
        column = hosts.encoded_by((_KEY, width), _READERS[width], fixed=True)
        here = np.flatnonzero(column.codes != column.vocabulary.code(None))
        if len(here):
            yield Cells(here, column, width)


class Comparison:
    """The cells of some hosts, to compare a request's kinds with.

    As ``extender.model.numa_fit.fits``; what does not depend on the kind is found once.
    """

    def __init__(self, request: NUMARequest, cells: Cells) -> None:
        self._request = request
        self._cells = cells
        self._powers: dict[int, int] = {}

    def fits(self, kind: Kind) -> Bool:
        """Which cells a requested cell fits into: one row a distinct host, one column a cell."""
        request, cells = self._request, self._cells
        memory = clamp(kind.memory * KIB)
        found: Bool = cells.there.copy()
        if request.pinned:
            self._pin(found, kind)
        if request.floating:
            found &= cells.number(_SHARED) >= clamp(kind.shared)
            found &= cells.number(_MEMORY) >= memory
        if request.pagesize is None:
            found &= cells.number(_FREE if request.pinned else _TOTAL) >= memory
            self._multiple(found, memory, _UNIT)
        else:
            found &= self._in_pages(memory, request.pagesize)
        return found

    def _pin(self, found: Bool, kind: Kind) -> None:
        """Strike out cells that have not the dedicated CPUs."""
        cells, dedicated = self._cells, clamp(kind.dedicated)
        alone = clamp(kind.dedicated + kind.reserved)
        policy = self._request.cpu_thread_policy
        if not dedicated and (kind.reserved or not kind.shared or policy == "isolate"):
            found[:] = False
        elif policy == "isolate":
            found &= cells.number(_WHOLE) >= dedicated
            found &= cells.number(_STARTED) >= alone
        else:
            found &= cells.number(_LOOSE) >= alone
            if policy == "require":
                found &= cells.number(_PAIRED) >= max(dedicated, 1)

    def _in_pages(self, memory: int, wanted: int) -> Bool:
        """Where there are pages of a size that will do, and enough of them free."""
        found = np.zeros_like(self._cells.there)
        for slot in self._cells.page_sizes:
            if (wanted == SMALL and slot > 0) or (wanted == LARGE and slot == 0):
                continue
            size = self._cells.number(_PAGES + 2 * slot)
            right = size > 0 if wanted in (SMALL, LARGE, ANY) else size == wanted
            right &= self._cells.number(_PAGES + 2 * slot + 1) >= memory
            self._multiple(right, memory, _PAGES + 2 * slot)
            found |= right
        return found

    def _multiple(self, found: Bool, memory: int, unit: int) -> None:
        """Strike out cells of whose unit the memory is no multiple.

        Units are powers of two as a rule, and then one look at the greatest will do: divisions are
        slow. 0 where there is no unit.
        """
        sizes = self._cells.number(unit)
        if unit not in self._powers:
            power = not (sizes & (sizes - 1)).any()
            self._powers[unit] = int(sizes.max(initial=1)) if power else 0
        greatest = self._powers[unit]
        if memory and not (greatest and memory % greatest == 0):
            found &= memory % np.maximum(sizes, 1) == 0


def _part(part: slice, value: bytes | None) -> Int64:
    """A part of a host's row; zeros for all hosts that do not belong here."""
    if value is None:
        return np.zeros(part.stop - (part.start or 0), dtype=np.int64)
    found: Int64 = np.frombuffer(value, dtype=np.int64)[part]
    return found


def _read(width: int, host: HostState) -> Hashable:
    """A host's cells as the bytes of its row; ``None`` where it has more or far fewer cells."""
    topology = host.numa_topology
    count = 0 if topology is None else len(topology)
    if topology is None or not _NARROWER[width] < count <= width:
        return None
    cpus, cpu_usage, *pinning, memory, memory_usage = topology.columns[:8]
    numbers = (
        map(min, cpus, _left(cpus, cpu_usage, host.cpu.ratio)),
        *pinning,
        (clamp(KIB * number) for number in _left(memory, memory_usage, host.ram.ratio)),
        *topology.columns[8 : 11 + 2 * MOST_PAGE_SIZES],
    )
    row = array("q", (count, topology.has_threads, (len(numbers) - _PAGES) // 2))
    padding = (0,) * (width - count)
    for column in numbers:
        row.extend(column)
        row.extend(padding)
    row.extend((0,) * (width * (_PER_CELL - len(numbers))))
    return row.tobytes()


def _left(amounts: Iterable[int], used: Iterable[int], ratio: Fraction) -> list[int]:
    """What is left of amounts times a ratio, floored: whole numbers are compared with it."""
    over, under = ratio.numerator, ratio.denominator
    return [clamp(amount * over // under - use) for amount, use in zip(amounts, used, strict=True)]


_NARROWER = dict(zip(WIDTHS, (0, *WIDTHS), strict=False))
_READERS = {width: partial(_read, width) for width in WIDTHS}
