"""Who takes what off which host: the one book that the table's use follows from."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from extender.model.contribution import Contribution
from extender.model.host_state import HostState
from extender.model.host_table import HostTable

K = TypeVar("K", bound=Hashable)


class Ledger:
    """Pod UID → what the pod takes off its host, with the table's use kept in step.

    A pod of a host that is not known yet is kept, and counts when the host appears.
    """

    def __init__(self, table: HostTable) -> None:
        self._table = table
        self._entries: dict[str, Contribution] = {}
        self._by_host: dict[str, set[str]] = {}
        self._by_group: dict[tuple[str, str], set[str]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, uid: str) -> Contribution | None:
        """The entry of a pod."""
        return self._entries.get(uid)

    def find(self, namespace: str, name: str) -> Contribution | None:
        """The entry of a pod by its name; slow, for people's questions only."""
        for entry in self._entries.values():
            if entry.instance.name == name and entry.instance.namespace == namespace:
                return entry
        return None

    def on(self, host: str) -> Iterable[Contribution]:
        """The entries of a host."""
        return [self._entries[uid] for uid in self._by_host.get(host, ())]

    def group(self, namespace: str, name: str) -> Mapping[str, str]:
        """The members of a server group: UID → host."""
        uids = self._by_group.get((namespace, name), ())
        return {uid: self._entries[uid].host for uid in uids}

    def put(self, entry: Contribution) -> None:
        """Enter a pod, or change its entry."""
        uid = entry.instance.uuid
        before = self._entries.get(uid)
        if before == entry:
            return
        if before is not None:
            self.remove(uid)
        self._entries[uid] = entry
        self._by_host.setdefault(entry.host, set()).add(uid)
        if entry.group is not None:
            key = (entry.instance.namespace, entry.group)
            self._by_group.setdefault(key, set()).add(uid)
        host = self._host(entry.host)
        if host is not None:
            _add(host, entry)
            self._table.usage_changed(host)

    def remove(self, uid: str) -> Contribution | None:
        """Strike a pod out; ``None`` if it is not in the book."""
        entry = self._entries.pop(uid, None)
        if entry is None:
            return None
        _discard(self._by_host, entry.host, uid)
        if entry.group is not None:
            _discard(self._by_group, (entry.instance.namespace, entry.group), uid)
        host = self._host(entry.host)
        if host is not None:
            _subtract(host, entry)
            self._table.usage_changed(host)
        return entry

    def replace(self, entries: Iterable[Contribution]) -> None:
        """Make the book hold just these entries."""
        wanted = {entry.instance.uuid: entry for entry in entries}
        for uid in [uid for uid in self._entries if uid not in wanted]:
            self.remove(uid)
        for entry in wanted.values():
            self.put(entry)

    def charge(self, host: HostState) -> None:
        """Put on a host that has no use noted yet what its pods take."""
        for entry in self.on(host.host):
            _add(host, entry)

    def _host(self, name: str) -> HostState | None:
        row = self._table.row(name)
        return None if row is None else self._table.host_state(row)


def _add(host: HostState, entry: Contribution) -> None:
    host.cpu.used += entry.milli_vcpus
    host.ram.used += entry.memory
    host.disk.used += entry.disk
    host.num_io_ops += entry.io_op
    host.instances[entry.instance.uuid] = entry.instance


def _subtract(host: HostState, entry: Contribution) -> None:
    host.cpu.used -= entry.milli_vcpus
    host.ram.used -= entry.memory
    host.disk.used -= entry.disk
    host.num_io_ops -= entry.io_op
    del host.instances[entry.instance.uuid]


def _discard(index: dict[K, set[str]], key: K, uid: str) -> None:
    index[key].discard(uid)
    if not index[key]:
        del index[key]
