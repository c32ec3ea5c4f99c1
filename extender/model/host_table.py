"""The cluster as columns: all hosts judged at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from extender.model.columns import Bool, Column, Encoded, S, clamp, read_only
from extender.model.derived import Derived
from extender.model.groups import Aggregates
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.name_lists import NameLists
from extender.model.names import Names

Rows = npt.NDArray[np.intp]

FIXED = frozenset(
    {
        "aggregates",
        "cell_uuid",
        "folded_host",
        "host",
        "host_ip",
        "nodename",
        "supported_instances",
        "traits",
        "trust_lvl",
        "zones",
    }
)
"""Attributes that the pods on a host do not change."""


class HostTable:
    """HostStates and their columns, kept in step by ``put``, ``remove`` and ``usage_changed``.

    A table owns its hosts; ``take`` gives a view of some of them, which gathers a column only
    when it is read. Rows are dense: removing a host moves the last one into its place.
    """

    name = Column(np.object_, lambda h: h.host)
    cpu_total = Column(np.int64, lambda h: clamp(h.cpu.total))
    cpu_reported = Column(np.bool_, lambda h: h.cpu.reported)
    cpu_used = Column(np.int64, lambda h: clamp(h.cpu.used))
    cpu_limit = Column(np.int64, lambda h: clamp(h.cpu.limit))
    ram_total = Column(np.int64, lambda h: clamp(h.ram.total))
    ram_used = Column(np.int64, lambda h: clamp(h.ram.used))
    ram_limit = Column(np.int64, lambda h: clamp(h.ram.limit))
    disk_total = Column(np.int64, lambda h: clamp(h.disk.total))
    disk_used = Column(np.int64, lambda h: clamp(h.disk.used))
    disk_limit = Column(np.int64, lambda h: clamp(h.disk.limit))
    num_instances = Column(np.int64, lambda h: h.num_instances)
    num_io_ops = Column(np.int64, lambda h: h.num_io_ops)
    failed_builds = Column(np.int64, lambda h: h.failed_builds)
    hypervisor_version = Column(np.int64, lambda h: h.hypervisor_version or 0)
    disabled = Column(np.bool_, lambda h: h.service.disabled)
    unschedulable = Column(np.bool_, lambda h: h.service.unschedulable)
    forced_down = Column(np.bool_, lambda h: h.service.forced_down)
    ready = Column(np.bool_, lambda h: h.service.ready)
    unreadable = Column(np.int64, lambda h: int(h.unreadable))

    _COLUMNS: dict[str, Column[Any]] = {}  # noqa: RUF012 - filled once, just below the class
    _NUMBERS: tuple[str, ...] = ()
    _USAGE = ("cpu_used", "ram_used", "disk_used", "num_instances", "num_io_ops", "failed_builds")

    def __init__(self, hosts: Iterable[HostState] = ()) -> None:
        self.hosts: list[HostState] = []
        self.index: dict[str, int] = {}
        self.aggregates: Aggregates = ()
        """All that there are, by name; also those that no host of the table belongs to."""
        self._arrays: dict[str, npt.NDArray[Any]] = {
            name: np.zeros(16, dtype=column.dtype) for name, column in self._COLUMNS.items()
        }
        self._derived = Derived(self.hosts)
        self._lists = NameLists()
        for host in hosts:
            self.put(host)

    def __len__(self) -> int:
        return len(self.hosts)

    # -- reading ---------------------------------------------------------------------------

    def values(self, name: str) -> npt.NDArray[Any]:
        """A numeric column by name, to read only."""
        return read_only(self._arrays[name][: len(self.hosts)])

    def encoded(self, attribute: str) -> Encoded:
        """A HostState attribute, dictionary-encoded; built at first use, then kept up.

        Raises:
            AttributeError: HostState has no such attribute.
        """
        return self._derived.encoded(
            attribute, attrgetter(attribute), fixed=attribute in FIXED, keyed=False
        )

    def encoded_by(
        self, key: Hashable, read: Callable[[HostState], Hashable], *, fixed: bool
    ) -> Encoded:
        """What ``read`` gives of each host, dictionary-encoded.

        Built at first use and kept up; of many keys the least used are forgotten, so a key may
        stem from a request.

        Args:
            key: names the column; the same key must always go with the same ``read``.
            read: HostState → a value that can be hashed.
            fixed: whether it is the same whatever pods are on the host.
        """
        return self._derived.encoded(key, read, fixed=fixed, keyed=True)

    def column_by(
        self, key: Hashable, read: Callable[[HostState], Any], dtype: type[S], *, fixed: bool
    ) -> npt.NDArray[S]:
        """What ``read`` gives of each host as a column of numbers; as ``encoded_by``."""
        return self._derived.numbers(key, read, dtype, fixed=fixed)

    def cannot_read(self, what: Unreadable) -> Bool:
        """Which hosts' nodes say something of this kind that cannot be understood."""
        # An int: NumPy takes ten times as long over a Flag.
        mask: Bool = (self.unreadable & int(what)) != 0
        return mask

    def host_state(self, row: int) -> HostState:
        """The host in a row."""
        return self.hosts[row]

    def row(self, host: str) -> int | None:
        """The row of a host by name, if the table has it."""
        return self.index.get(host)

    def rows(self, names: Sequence[str] | npt.NDArray[np.object_]) -> Rows:
        """The rows of hosts by name; -1 for a name that is not known."""
        if len(names) > 1:
            try:
                return np.array(itemgetter(*names)(self.index), dtype=np.intp)
            except KeyError:
                pass  # a name that is not known: rare, and worth a slower way
        found = map(self.index.get, names, repeat(-1))
        return np.fromiter(found, dtype=np.intp, count=len(names))

    @property
    def names(self) -> Names:
        """The name in each row, and room for more; an array that never changes any more."""
        names = self._arrays["name"]
        names.setflags(write=False)  # from now on ``_rename`` replaces it
        return names

    def recent(self, json: bytes) -> Rows | None:
        """The rows of a JSON array of names that was looked up or kept lately."""
        return self._lists.recent(self._arrays["name"], json)

    def keep(self, names: Names, json: bytes, rows: Rows) -> None:
        """Remember that an array of names means these rows, as long as ``names`` holds."""
        self._lists.keep(names, json, read_only(rows))

    def find(self, json: bytes, spans: tuple[Rows, Rows]) -> Rows:
        """The rows of the plain names of a JSON array; as ``rows``, but made for thousands.

        Args:
            json: the array.
            spans: where in it each name begins, and how many bytes it has.

        Raises:
            ValueError: a host has a name that no index can hold.
        """
        return self._lists.find(self.names, len(self.hosts), json, spans)

    def take(self, rows: Rows) -> HostTable:
        """A view of some rows, in the order given.

        Raises:
            IndexError: a row is negative (``rows`` says so of a name that is not known).
        """
        return _View(self, _checked(rows))

    def copy(self) -> HostTable:
        """A table of independent copies, to consume on."""
        twin = HostTable(self.host_state(row).copy() for row in range(len(self)))
        twin.aggregates = self.aggregates
        return twin

    # -- writing ---------------------------------------------------------------------------

    def put(self, host: HostState) -> int:
        """Add a host, or replace the one of its name; returns its row."""
        row = self.index.get(host.host)
        if row is None:
            row = len(self.hosts)
            self._grow(row + 1)
            self.hosts.append(host)
            self.index[host.host] = row
            self._rename(row)
        else:
            self.hosts[row] = host
        self._write(row, self._NUMBERS)
        self._derived.write(row)
        return row

    def remove(self, name: str) -> None:
        """Take a host out; no error if it is not there."""
        row = self.index.pop(name, None)
        if row is None:
            return
        last = self.hosts.pop()
        self._rename(len(self.hosts))
        if last.host != name:
            self.hosts[row] = last
            self.index[last.host] = row
            self._rename(row)
            self._write(row, self._NUMBERS)
            self._derived.write(row)

    def usage_changed(self, host: HostState) -> None:
        """Bring the columns into step after a host's use changed."""
        row = self.index[host.host]
        self._write(row, self._USAGE)
        self._derived.write(row, usage_only=True)

    def forget_encodings(self) -> None:
        """Drop the encoded columns, to be built anew: what they are made of has changed."""
        self._derived.clear()

    def _rename(self, row: int) -> None:
        """Note that a row has another host, or none any more."""
        names = self._arrays["name"]
        if not names.flags.writeable:
            names = self._arrays["name"] = names.copy()
        names[row] = self.hosts[row].host if row < len(self.hosts) else ""

    def _write(self, row: int, names: Iterable[str]) -> None:
        host = self.hosts[row]
        for name in names:
            self._arrays[name][row] = self._COLUMNS[name].read(host)

    def _grow(self, size: int) -> None:
        have = len(self._arrays["cpu_total"])
        if size <= have:
            return
        for name, array in self._arrays.items():
            self._arrays[name] = np.concatenate([array, np.zeros_like(array)])


HostTable._COLUMNS.update(  # noqa: SLF001 - the class's own declaration, read off itself
    {name: value for name, value in vars(HostTable).items() if isinstance(value, Column)}
)
HostTable._NUMBERS = tuple(name for name in HostTable._COLUMNS if name != "name")  # noqa: SLF001


def _checked(rows: Rows) -> Rows:
    """Rows, none of them negative: NumPy would count those from the end and judge another host."""
    if len(rows) and rows.min() < 0:
        raise IndexError("a view was asked for a row that no host is in")
    return rows


class _View(HostTable):
    """Some rows of another table; columns are gathered when they are read."""

    def __init__(self, parent: HostTable, rows: Rows) -> None:
        self._parent = parent
        self.aggregates = parent.aggregates
        self._rows = rows
        self._gathered: dict[str, npt.NDArray[Any]] = {}
        self._encoded: dict[str, Encoded] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def values(self, name: str) -> npt.NDArray[Any]:
        if name not in self._gathered:
            self._gathered[name] = read_only(self._parent.values(name)[self._rows])
        return self._gathered[name]

    def encoded(self, attribute: str) -> Encoded:
        found = self._encoded.get(attribute)
        if found is None:
            whole = self._parent.encoded(attribute)
            found = Encoded(whole.codes[self._rows], whole.vocabulary)
            self._encoded[attribute] = found
        return found

    def encoded_by(
        self, key: Hashable, read: Callable[[HostState], Hashable], *, fixed: bool
    ) -> Encoded:
        whole = self._parent.encoded_by(key, read, fixed=fixed)
        return Encoded(whole.codes[self._rows], whole.vocabulary)

    def column_by(
        self, key: Hashable, read: Callable[[HostState], Any], dtype: type[S], *, fixed: bool
    ) -> npt.NDArray[S]:
        return read_only(self._parent.column_by(key, read, dtype, fixed=fixed)[self._rows])

    def host_state(self, row: int) -> HostState:
        return self._parent.host_state(int(self._rows[row]))

    def row(self, host: str) -> int | None:
        parent_row = self._parent.row(host)
        if parent_row is None:
            return None
        found = np.flatnonzero(self._rows == parent_row)
        return int(found[0]) if len(found) else None

    def rows(self, names: Sequence[str] | npt.NDArray[np.object_]) -> Rows:
        found = (self.row(name) for name in names)
        return np.fromiter((-1 if r is None else r for r in found), dtype=np.intp)

    def take(self, rows: Rows) -> HostTable:
        return _View(self._parent, self._rows[_checked(rows)])

    def put(self, host: HostState) -> int:
        raise TypeError(f"a view cannot take in {host.host}: write to the table it is a view of")

    def remove(self, name: str) -> None:
        raise TypeError(f"a view cannot lose {name}: write to the table it is a view of")

    def usage_changed(self, host: HostState) -> None:
        self._parent.usage_changed(host)
        for name in self._USAGE:
            self._gathered.pop(name, None)
        self._encoded.clear()

    def forget_encodings(self) -> None:
        self._parent.forget_encodings()
        self._encoded.clear()
