"""Rows of the lists of names that come in: looked up, or remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from extender.model.name_index import NameIndex
from extender.model.names import Names

Rows = npt.NDArray[np.intp]

RECENT: Final = 2
"""Lists remembered: kube-scheduler asks prioritize about just the names that filter has let pass,
and where it has few nodes it names them in the same order again and again."""


class NameLists:
    """Lists of names as JSON, and the rows they stand for in a table.

    Everything known hangs on the table's column of names, which is replaced when a host comes or
    goes.
    """

    __slots__ = ("_column", "_index", "_recent")

    def __init__(self) -> None:
        self._column: Names | None = None
        self._index: NameIndex | None = None
        self._recent: tuple[tuple[Names, bytes, Rows], ...] = ()

    def recent(self, column: Names, json: bytes) -> Rows | None:
        """The rows of a list that was looked up or kept lately."""
        for known, text, rows in self._recent:
            if known is column and text == json:
                return rows
        return None

    def keep(self, column: Names, json: bytes, rows: Rows) -> None:
        """Remember a list. Safe beside other threads: what is out of date is never found."""
        self._recent = ((column, json, rows), *self._recent[: RECENT - 1])

    def find(
        self,
        column: Names,
        hosts: int,
        json: bytes,
        spans: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    ) -> Rows:
        """Look up many names; -1 for one that is not known.

        Args:
            column: the names of the hosts, and room for more.
            hosts: how many hosts there are.
            json: where the names stand.
            spans: where each begins, and how long it is.

        Raises:
            ValueError: a host has a name that no index can hold.
        """
        if self._index is None or self._column is not column:
            names: Sequence[str] = column[:hosts].tolist()
            self._index, self._column = NameIndex(names), column
        return self._index.rows(json, *spans)
