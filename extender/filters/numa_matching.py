"""Whether requested cells can all be placed at once, for many hosts.

Cells that ask for the same are one kind. By Hall's theorem it is enough to count: for each set of
kinds, the cells that fit one of them. A host's cells are the bits of one number, so that a set of
kinds costs two operations on a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from extender.model.columns import Bool

Words = npt.NDArray[np.uint64]
"""Some of each host's cells, as bits by position."""

_BYTES = 8


def packed(marks: Bool) -> Words:
    """Cells that are marked, of one row a host and one column a cell, at most 64."""
    found = np.zeros((len(marks), _BYTES), dtype=np.uint8)
    bits = np.packbits(marks, axis=1, bitorder="little")
    found[:, : bits.shape[1]] = bits
    words: Words = found.view("<u8")[:, 0].astype(np.uint64, copy=False)
    return words


def placeable(fits: Sequence[Words], wanted: Sequence[int]) -> Bool:
    """Which hosts can take all requested cells, each in a cell of its own.

    That is where for each set of kinds as many cells fit one of them as are asked for.

    Args:
        fits: for each kind, which cells it fits.
        wanted: for each kind, how many cells are asked for.
    """
    found = np.ones(len(fits[0]), dtype=np.bool_)
    for kinds, union in _unions(fits):
        found &= np.bitwise_count(union) >= _sum(wanted, kinds)
    return found


def coverable(fits: Sequence[Words], wanted: Sequence[int], needed: Words) -> Bool:
    """Which hosts' needed cells can all be taken by requested ones, each by one of its own.

    That is where for each set of kinds no more needed cells fit none but these than are asked for.

    Args:
        fits: see ``placeable``.
        wanted: see ``placeable``.
        needed: which cells are needed.
    """
    every = (1 << len(fits)) - 1
    found: Bool = np.bitwise_count(needed) <= sum(wanted)
    for kinds, union in _unions(fits):
        found &= np.bitwise_count(needed & ~union) <= _sum(wanted, every ^ kinds)
    return found


def _unions(
    fits: Sequence[Words], kinds: int = 0, union: Words | None = None
) -> Iterator[tuple[int, Words]]:
    """Each set of kinds, as bits and not the empty one, and the cells that fit one of them.

    Sets with these kinds and some that come after them; few of them are held at a time.
    """
    for kind in range(kinds.bit_length(), len(fits)):
        joined = fits[kind] if union is None else union | fits[kind]
        yield kinds | 1 << kind, joined
        yield from _unions(fits, kinds | 1 << kind, joined)


def _sum(wanted: Sequence[int], kinds: int) -> int:
    return sum(number for kind, number in enumerate(wanted) if kinds >> kind & 1)
