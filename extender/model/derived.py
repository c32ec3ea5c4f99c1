"""Columns of a table that are made when somebody first asks for them, and kept up from then on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from extender.model.columns import Encoded, Int32, S, Vocabulary, read_only

if TYPE_CHECKING:
    from extender.model.host_state import HostState

Read = Callable[["HostState"], Any]

SPARE = 64
"""Values that hosts no longer have: kept up to one a host and this many, then let go."""

MOST_KEYED = 64
"""Columns whose keys may stem from requests: beyond this the one unused for longest is let go."""


@dataclass(slots=True)
class _Codes:
    """An encoded column: what it is read by, one code a row, and what the codes stand for."""

    read: Read
    fixed: bool
    codes: Int32
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    def write(self, row: int, host: HostState) -> None:
        self.codes = _roomy(self.codes, row)
        self.codes[row] = self.vocabulary.encode(self.read(host))

    def fill(self, hosts: Sequence[HostState]) -> None:
        self.vocabulary = Vocabulary()
        values = map(self.vocabulary.encode, map(self.read, hosts))
        self.codes = _with_spare(np.fromiter(values, np.int32, len(hosts)))


@dataclass(slots=True)
class _Numbers:
    """A column of numbers."""

    read: Read
    fixed: bool
    values: npt.NDArray[Any]

    def write(self, row: int, host: HostState) -> None:
        self.values = _roomy(self.values, row)
        self.values[row] = self.read(host)

    def fill(self, hosts: Sequence[HostState]) -> None:
        found = np.fromiter(map(self.read, hosts), self.values.dtype, len(hosts))
        self.values = _with_spare(found)


class Derived:
    """The derived columns of one table. ``hosts`` is the table's own list, in row order.

    A column that is ``fixed`` does not follow from the pods on a host, and is left alone when only
    these change.
    """

    def __init__(self, hosts: Sequence[HostState]) -> None:
        self._hosts = hosts
        self._columns: dict[Hashable, _Codes | _Numbers] = {}
        self._keyed: dict[Hashable, None] = {}

    def encoded(self, key: Hashable, read: Read, *, fixed: bool, keyed: bool) -> Encoded:
        """A dictionary-encoded column; with ``keyed``, one that may be let go again."""
        column = self._columns.get(key)
        if not isinstance(column, _Codes):
            column = _Codes(read, fixed, np.zeros(0, dtype=np.int32))
            column.fill(self._hosts)
            self._columns[key] = column
        if keyed:
            self._used(key)
        return Encoded(read_only(column.codes[: len(self._hosts)]), column.vocabulary)

    def numbers(self, key: Hashable, read: Read, dtype: type[S], *, fixed: bool) -> npt.NDArray[S]:
        """A column of numbers, which may be let go again."""
        column = self._columns.get(key)
        if not isinstance(column, _Numbers):
            column = _Numbers(read, fixed, np.zeros(0, dtype=dtype))
            column.fill(self._hosts)
            self._columns[key] = column
        self._used(key)
        return read_only(column.values[: len(self._hosts)])

    def write(self, row: int, *, usage_only: bool = False) -> None:
        """Bring a row into step with its host."""
        host = self._hosts[row]
        for column in self._columns.values():
            if usage_only and column.fixed:
                continue
            column.write(row, host)
            if isinstance(column, _Codes) and self._wasteful(column):
                column.fill(self._hosts)

    def clear(self) -> None:
        """Drop all, to be built anew: what they are made of has changed."""
        self._columns.clear()
        self._keyed.clear()

    def _wasteful(self, column: _Codes) -> bool:
        return len(column.vocabulary.values) > 2 * len(self._hosts) + SPARE

    def _used(self, key: Hashable) -> None:
        self._keyed.pop(key, None)
        self._keyed[key] = None
        if len(self._keyed) > MOST_KEYED:
            oldest = next(iter(self._keyed))
            del self._keyed[oldest], self._columns[oldest]


def _roomy(array: npt.NDArray[S], row: int) -> npt.NDArray[S]:
    """The array, or a larger one, with a place for the row."""
    return array if row < len(array) else _with_spare(array)


def _with_spare(array: npt.NDArray[S]) -> npt.NDArray[S]:
    """The same with room for as many rows again, and a few more."""
    return np.concatenate([array, np.zeros(max(16, len(array)), dtype=array.dtype)])
