"""Whether requested cells can all be placed at once, for many hosts.

Cells that ask for the same are one kind, and host cells that fit the same kinds are one sort: by
Hall's theorem it is enough to count, for each set of kinds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from extender.model.columns import Bool

Positions = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int8]
"""By set of kinds (bits) and host: at most 64 cells."""


def placeable(fits: Sequence[Bool], wanted: Sequence[int]) -> Bool:
    """Which hosts can take all requested cells, each in a cell of its own.

    That is where for each set of kinds enough cells fit one of them.

    Args:
        fits: for each kind, which cells it fits: one row a host, one column a cell.
        wanted: for each kind, how many cells are asked for.
    """
    if len(fits) == 1:
        enough: Bool = np.count_nonzero(fits[0], axis=1) >= wanted[0]
        return enough
    within, needs = _within(fits, np.ones_like(fits[0])), _needs(wanted)
    # The cells that fit no kind but the others are all that do not fit one of these.
    return _every(within[::-1] <= fits[0].shape[1] - needs)


def coverable(fits: Sequence[Bool], wanted: Sequence[int], needed: Bool) -> Bool:
    """Which hosts' needed cells can all be taken by requested ones, each by one of its own.

    Args:
        fits: see ``placeable``.
        wanted: see ``placeable``.
        needed: which cells are needed: one row a host, one column a cell.
    """
    return _every(_within(fits, needed) <= _needs(wanted))


def positions(masks: Positions, width: int) -> Bool:
    """Positions given as bits, as one column each."""
    shifts = np.arange(width, dtype=np.uint64)
    found: Bool = (masks[:, None] >> shifts & np.uint64(1)).astype(np.bool_)
    return found


def _every(holds: Bool) -> Bool:
    """For which hosts it holds of every set of kinds."""
    found: Bool = np.logical_and.reduce(holds, axis=0)
    return found


def _within(fits: Sequence[Bool], counted: Bool) -> Counts:
    """By set of kinds and host, how many counted cells fit no kind but these."""
    hosts, cells = counted.shape
    sorts = np.zeros((hosts, cells), dtype=np.uint8)
    for kind, fit in enumerate(fits):
        sorts |= fit.view(np.uint8) << np.uint8(kind)
    by_cell = sorts.T.astype(np.intp) * hosts + np.arange(hosts)
    found = np.zeros(hosts << len(fits), dtype=np.int8)
    for cell in range(cells):
        found[by_cell[cell]] += counted[:, cell]
    # Sums over all subsets, one kind after the other.
    for kind in range(len(fits)):
        halves = found.reshape(1 << (len(fits) - kind - 1), 2, hosts << kind)
        halves[:, 1] += halves[:, 0]
    return found.reshape(1 << len(fits), hosts)


def _needs(wanted: Sequence[int]) -> Counts:
    """By set of kinds, how many cells are asked for; a column."""
    needs = [0]
    for number in wanted:
        needs += [need + number for need in needs]
    return np.array(needs, dtype=np.int8)[:, None]
