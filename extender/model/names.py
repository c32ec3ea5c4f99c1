"""Hosts' names, as many as a cluster has, without touching each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Names = npt.NDArray[np.object_]
"""Hosts' names. An array, which unlike a list the garbage collector does not walk: thousands of
names stay with each attempt that is remembered."""


@dataclass(frozen=True, slots=True)
class NamesAt:
    """The names in some rows of a table, looked up only if somebody wants to see them.

    Args:
        column: the table's names, which do not change any more (``HostTable.names``).
        rows: whose.
    """

    column: Names
    rows: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def array(self) -> Names:
        """The names themselves."""
        return self.column[self.rows]


HostNames = Names | NamesAt


def as_names(names: Sequence[str] | HostNames) -> Names:
    """Names in whatever form as an array; an array is itself."""
    if isinstance(names, np.ndarray):
        return names
    if isinstance(names, NamesAt):
        return names.array
    array = np.empty(len(names), dtype=np.object_)
    array[:] = names
    return array


def host_names(names: Sequence[str] | HostNames) -> HostNames:
    """Names in the form that costs least to keep: those in rows of a table stay so."""
    return names if isinstance(names, NamesAt) else as_names(names)


def at(names: HostNames, places: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> HostNames:
    """The names at some places, in the same form."""
    if isinstance(names, NamesAt):
        return NamesAt(names.column, names.rows[places])
    return names[places]
