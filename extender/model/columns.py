"""The building stones of HostTable: numeric columns and dictionary-encoded ones."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from extender.model.host_state import HostState
    from extender.model.host_table import HostTable

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
S = TypeVar("S", bound=np.generic)

LARGEST = 2**62 - 1
"""Columns hold int64; absurd amounts are cut here so that no sum of two can overflow."""


def clamp(amount: int) -> int:
    """An exact amount cut to what a column can hold."""
    return max(-LARGEST, min(LARGEST, amount))


class Column(Generic[S]):
    """A numeric column of HostTable, filled from a HostState by ``read``.

    Reading the attribute gives one value a host, in the table's order.
    """

    def __init__(self, dtype: type[S], read: Callable[[HostState], Any]) -> None:
        self.dtype = dtype
        self.read = read
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, table: None, owner: type) -> Column[S]: ...
    @overload
    def __get__(self, table: HostTable, owner: type) -> npt.NDArray[S]: ...
    def __get__(self, table: HostTable | None, owner: type) -> Column[S] | npt.NDArray[S]:
        """The column's values, or the column itself when read off the class."""
        if table is None:
            return self
        return table.values(self.name)


class Vocabulary:
    """The distinct values of an encoded column, by code."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._codes: dict[Hashable, int] = {}
        self._memo: dict[Hashable, list[Any]] = {}
        self._arrays: dict[Hashable, npt.NDArray[Any]] = {}
        self._filled: dict[Hashable, int] = {}

    def encode(self, value: Hashable) -> int:
        """The code of a value, given out at first sight."""
        code = self._codes.get(value)
        if code is None:
            code = self._codes[value] = len(self.values)
            self.values.append(value)
        return code

    def code(self, value: Hashable) -> int:
        """The code of a value; -1 for one never seen."""
        return self._codes.get(value, -1)

    def memo(self, key: Hashable, function: Callable[[Any], Any]) -> list[Any]:
        """``function`` of each value; worked out once for a value and a key.

        The key must not stem from a request, or the memory would grow with requests.
        """
        known = self._memo.setdefault(key, [])
        for value in self.values[len(known) :]:
            known.append(function(value))
        return known

    def array(
        self, key: Hashable, function: Callable[[Any], Any], dtype: type[S], width: int = 0
    ) -> npt.NDArray[S]:
        """``function`` of each value as an array, worked out once for a value and a key.

        Args:
            key: as for ``memo``; ``dtype`` and ``width`` go with it.
            function: value → result; with a width, a row of so many.
            dtype: NumPy type of the results.
            width: 0 for one result a value, else the array has a row of so many a value.
        """
        filled, size = self._filled.get(key, 0), len(self.values)
        array = self._arrays.get(key)
        if array is None or size > len(array):
            shape = (max(16, 2 * size), width) if width else max(16, 2 * size)
            grown: npt.NDArray[S] = np.zeros(shape, dtype=dtype)
            if array is not None:
                grown[:filled] = array[:filled]
            array = self._arrays[key] = grown
        for code in range(filled, size):
            array[code] = function(self.values[code])
        self._filled[key] = size
        return read_only(array[:size])


def read_only(array: npt.NDArray[S]) -> npt.NDArray[S]:
    """The array, closed to ``+=`` and the like: a filter must not change what others judge by."""
    array.setflags(write=False)
    return array


class Encoded:
    """A dictionary-encoded column: int32 codes and their vocabulary."""

    def __init__(self, codes: Int32, vocabulary: Vocabulary) -> None:
        self.codes = codes
        self.vocabulary = vocabulary

    def isin(self, values: Iterable[Hashable]) -> Bool:
        """Which hosts have one of the values."""
        codes = np.fromiter(map(self.vocabulary.code, values), dtype=np.intp)
        # One place more, for the -1 of values never seen.
        among: Bool = np.zeros(len(self.vocabulary.values) + 1, dtype=np.bool_)
        among[codes] = True
        mask: Bool = among[self.codes]
        return mask

    def spread(
        self, function: Callable[[Any], Any], dtype: type[S], memo: Hashable = None
    ) -> npt.NDArray[S]:
        """``function`` run once for each distinct value, spread to one result a host.

        Args:
            function: value → result.
            dtype: NumPy type of the results.
            memo: where the function does not depend on the request, a key to remember it by.
        """
        if memo is not None:
            results = self.vocabulary.memo(memo, function)
        else:
            results = [function(value) for value in self.vocabulary.values]
        spread: npt.NDArray[S] = np.array(results, dtype=dtype)[self.codes]
        return spread

    def numbers(self, by_value: Mapping[Any, int], dtype: type[S]) -> npt.NDArray[S]:
        """A number for each host by its value, 0 where the mapping has none.

        Costs by the size of the mapping, not by the number of distinct values.
        """
        codes = np.fromiter(map(self.vocabulary.code, by_value), dtype=np.intp)
        found: npt.NDArray[S] = np.zeros(len(self.vocabulary.values) + 1, dtype=dtype)
        found[codes] = np.fromiter(by_value.values(), dtype=dtype)
        return found[self.codes]
