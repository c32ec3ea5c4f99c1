"""The cells of many hosts as arrays."""

from __future__ import annotations

import numpy as np

from extender.filters.numa_rows import WIDTHS, Cells, Comparison, cells_of
from extender.model.host_state import HostState
from extender.model.numa import MOST_PAGE_SIZES, Kind
from tests.builders import host, table
from tests.numa_cells import asked, cell, numa_host


def sized(*sizes: int) -> list[HostState]:
    """Hosts with so many cells; with none, they tell of no cells."""
    return [
        numa_host(*(cell(n, cpuset={n, 64 + n}) for n in range(size)), name=f"node-{row}")
        for row, size in enumerate(sizes)
    ]


def test_hosts_by_width() -> None:
    """Each host is in one lot, with those that have about as many cells."""
    lots = list(cells_of(table(*sized(1, 0, 9, 2, 4, 64, 3, 8))))
    assert [(lot.width, lot.hosts.tolist()) for lot in lots] == [
        (2, [0, 3]),
        (4, [4, 6]),
        (8, [7]),
        (16, [2]),
        (64, [5]),
    ]
    assert tuple(lot.width for lot in lots) == WIDTHS


def test_equal_hosts_share_a_row() -> None:
    """A row for each distinct host, and hosts with the same numbers are one."""
    (lot,) = cells_of(table(*sized(2, 2, 1, 2)))
    assert lot.codes.tolist() == [0, 0, 1, 0]
    assert lot.count.tolist()[:2] == [2, 1]


def test_cells_that_there_are_not() -> None:
    """They fit nothing, not even a request for nothing."""
    (lot,) = cells_of(table(*sized(1)))
    nothing = Comparison(asked((0, 0, 0)), lot).fits(Kind(0, 0, 0))
    assert nothing[lot.codes].tolist() == [[True, False]]


def test_few_hosts_of_many_values() -> None:
    """The rows of those asked about are gathered, and say the same."""
    hosts = [numa_host(cell(cpuset=range(n)), name=f"node-{n}") for n in range(1, 30)]
    view = table(*hosts).take(np.array([4, 9]))
    (lot,) = cells_of(view)
    assert len(lot.count) == 2
    found = Comparison(asked((8, 0, 0)), lot).fits(Kind(8, 0, 0))
    assert found[lot.codes].tolist() == [[False, False], [True, False]]


def test_page_sizes() -> None:
    """As many as any host has are looked at, up to the most that there may be."""
    pages = [(4 * 2**n, 100) for n in range(MOST_PAGE_SIZES)]
    hosts = table(
        numa_host(cell(cpuset={0}), name="a"), numa_host(cell(cpuset={0}, mempages=pages), name="b")
    )
    (lot,) = cells_of(hosts)
    assert len(lot.page_sizes) == MOST_PAGE_SIZES
    request = asked((1, 0, 0), pagesize=pages[-1][0])
    found = Comparison(request, lot).fits(Kind(1, 0, 0))
    assert found[lot.codes].tolist() == [[False, False], [True, False]]


def test_without_hosts() -> None:
    """No cells, no lots."""
    assert list(cells_of(table())) == []
    assert list(cells_of(table(host()))) == []
    assert isinstance(next(cells_of(table(*sized(1)))), Cells)
