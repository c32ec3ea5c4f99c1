"""Counting anew what is otherwise kept in step: drift is found, told of and mended.

Nothing here should ever find anything. It looks at a few hosts at a time, so that the lock is never
held for long; one pass over all entries of the ledger is its cost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from extender.model.contribution import Contribution
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.state.cluster import Cluster
from extender.state.indexes import Index, K, Tally
from extender.state.ledger import Ledger

COLUMNS = ("cpu_used", "ram_used", "disk_used", "num_instances", "num_io_ops")
"""Those that follow from the pods of a host."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference, mended already.

    Args:
        host: where it was.
        field: what was wrong: of the HostState, a column, or an index.
        have: what stood there.
        right: what stands there now.
    """

    host: str
    field: str
    have: int | str
    right: int | str

    def __str__(self) -> str:
        return f"host {self.host}: {self.field} was {self.have}, counted anew {self.right}"


class Recounter:
    """Recounts all hosts in turn, so many at a time, also while hosts come and go."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._last = ""

    def run(self, cluster: Cluster) -> list[Drift]:
        """Recount the next sample."""
        return recount(cluster, self.sample(cluster.table.index))

    def sample(self, names: Collection[str]) -> list[str]:
        """The next names in order, from the first again after the last; none twice."""
        ordered = sorted(names)
        start = bisect_right(ordered, self._last)
        chosen = (ordered[start:] + ordered[:start])[: self._size]
        if chosen:
            self._last = chosen[-1]
        return chosen


def recount(cluster: Cluster, hosts: Sequence[str]) -> list[Drift]:
    """Compare what is kept of these hosts with a sum over all entries, and mend what differs.

    Of the indexes, that by host, and where the pods of these hosts are in the others. Hosts that
    the table does not have are skipped. Whoever shares the cluster holds its lock, outside of any
    ``apart`` or ``along``.
    """
    on: dict[str, list[Contribution]] = {name: [] for name in hosts if name in cluster.table.index}
    for entry in cluster.ledger.entries():
        if entry.host in on:
            on[entry.host].append(entry)
    found: list[Drift] = []
    for name, entries in on.items():
        state = cluster.table.host_state(cluster.table.index[name])
        found += _mend_host(state, entries)
        found += _mend_columns(cluster.table, state)
        found += _mend_indexes(cluster.ledger, name, entries)
    return found


def _mend_host(state: HostState, entries: Sequence[Contribution]) -> list[Drift]:
    """The amounts and the instances."""
    found: list[Drift] = []
    used = (
        ("cpu", sum(entry.milli_vcpus for entry in entries)),
        ("ram", sum(entry.memory for entry in entries)),
        ("disk", sum(entry.disk for entry in entries)),
    )
    for position, (resource, amount) in enumerate(used):
        virtual = sum(entry.virtual[position] for entry in entries if entry.virtual is not None)
        inventory: Inventory = getattr(state, resource)
        for field, right in (("used", amount), ("virtual", virtual)):
            have = getattr(inventory, field)
            if have != right:
                found.append(Drift(state.host, f"{resource}.{field}", have, right))
                setattr(inventory, field, right)
    io_ops = sum(entry.io_op for entry in entries)
    if state.num_io_ops != io_ops:
        found.append(Drift(state.host, "num_io_ops", state.num_io_ops, io_ops))
        state.num_io_ops = io_ops
    instances = {entry.instance.uuid: entry.instance for entry in entries}
    if state.instances != instances:
        wrong = state.instances.items() - instances.items()
        missing = instances.items() - state.instances.items()
        have, right_ones = _shown(uid for uid, _ in wrong), _shown(uid for uid, _ in missing)
        found.append(Drift(state.host, "instances", have, right_ones))
        state.instances = instances
    return found


def _mend_columns(table: HostTable, state: HostState) -> list[Drift]:
    """The columns, by a HostState that is right."""
    row = table.index[state.host]
    pairs = [
        (name, int(table.values(name)[row]), int(getattr(HostTable, name).read(state)))
        for name in COLUMNS
    ]
    found = [
        Drift(state.host, f"column {name}", have, right)
        for name, have, right in pairs
        if have != right
    ]
    if found:
        table.usage_changed(state)
    return found


def _mend_indexes(ledger: Ledger, host: str, entries: Sequence[Contribution]) -> list[Drift]:
    """The index by host, and in the others what the pods of the host should be found by."""
    found: list[Drift] = []
    indexes = ledger.indexes
    have, right = set(indexes.host.of(host)), {entry.instance.uuid for entry in entries}
    if have != right:
        found.append(Drift(host, "index host", _shown(have - right), _shown(right - have)))
    for uid in have - right:
        indexes.host.discard(host, uid)
    for uid in right - have:
        indexes.host.add(host, uid)
    tenants: Counter[str] = Counter()
    groups: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        uid, namespace = entry.instance.uuid, entry.instance.namespace
        tenants[namespace] += 1
        found += _mend_index(host, "names", ledger.names, (namespace, entry.instance.name), uid)
        if entry.group is not None:
            key = (namespace, entry.group)
            groups[key] += 1
            found += _mend_index(host, "group", indexes.group, key, uid)
        if entry.owner:
            found += _mend_index(host, "owner", indexes.owner, entry.owner, uid)
            waits = entry.started is None
            found += _mend_index(
                host, "unstarted", indexes.unstarted, entry.owner, uid, wanted=waits
            )
    found += _mend_tally(host, "tenant", indexes.tenant, tenants)
    found += _mend_tally(host, "group_hosts", indexes.group_hosts, groups)
    return found


def _mend_index(
    host: str, field: str, index: Index[K], key: K, uid: str, *, wanted: bool = True
) -> list[Drift]:
    there = uid in index.of(key)
    if there == wanted:
        return []
    if wanted:
        index.add(key, uid)
    else:
        index.discard(key, uid)
    return [Drift(host, f"index {field} {key}", _shown([uid] * there), _shown([uid] * wanted))]


def _mend_tally(host: str, field: str, tally: Tally[K], right: Counter[K]) -> list[Drift]:
    found = []
    for key, number in right.items():
        have = tally.count(key, host)
        if have != number:
            found.append(Drift(host, f"index {field} {key}", have, number))
            tally.add(key, host, number - have)
    return found


def _shown(uids: Iterable[str]) -> str:
    """Some of the UIDs that only one side has."""
    first, *more = sorted(uids) or ["nothing"]
    return f"{first} and {len(more)} more" if more else first
