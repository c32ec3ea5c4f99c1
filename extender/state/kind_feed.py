"""Our own kinds into the cluster: HostAggregate, Flavor, ServerGroup.

Like nodes and pods they come from a file or are kept in step with the API server; one of the API
server's hides one of the same name from a file.

A change that cannot be read leaves the last state that could be in effect: a slip in an aggregate
must not free the hosts that it sets apart. Only the process remembers that state, so an object that
is unreadable when the extender starts is left out. The schemas of the chart (``files/crds``) let no
such change in; it takes an API server with other ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from extender.model.flavor import Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.state.cluster import Cluster
from extender.state.kind_record import (
    FLAVOR,
    HOST_AGGREGATE,
    SERVER_GROUP,
    Key,
    Kind,
    KindRecord,
)
from extender.translate.errors import TranslateError

_FEW = 16
"""Objects of a list that differ from what is known, up to which they are taken in one by one: a
list that tells nothing new must not hold up the verbs."""

Lock = AbstractContextManager[object]
Tell = Callable[[str], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """An object as the API server last showed it, and what of it is in effect.

    Args:
        record: the object.
        effective: what was made of it when it could last be read; ``None`` if it never could.
    """

    record: KindRecord[T]
    effective: T | None


@dataclass(frozen=True, slots=True)
class _Store(Generic[T]):
    """Where the objects of a kind are kept in the cluster."""

    replace: Callable[[Mapping[Key, T]], object]
    put: Callable[[Key, T], object]
    remove: Callable[[Key], object]


def _aggregate_store(cluster: Cluster) -> _Store[HostAggregate]:
    return _Store(
        lambda found: cluster.replace_aggregates(found.values()),
        lambda _, found: cluster.put_aggregate(found),
        lambda key: cluster.remove_aggregate(key[1]),
    )


def _flavor_store(cluster: Cluster) -> _Store[Flavor]:
    def replace(found: Mapping[Key, Flavor]) -> None:
        cluster.flavors = {name: flavor for (_, name), flavor in found.items()}

    return _Store(
        replace,
        lambda key, found: cluster.flavors.update({key[1]: found}),
        lambda key: cluster.flavors.pop(key[1], None),
    )


def _group_store(cluster: Cluster) -> _Store[InstanceGroup]:
    def replace(found: Mapping[Key, InstanceGroup]) -> None:
        cluster.server_groups = dict(found)

    return _Store(
        replace,
        lambda key, found: cluster.server_groups.update({key: found}),
        lambda key: cluster.server_groups.pop(key, None),
    )


class KindSink(Generic[T]):
    """The objects of one kind into the cluster, as list/watch delivers them.

    Args:
        kind: which kind.
        store: where they go.
        lock: the cluster's.
        tell: told of objects that cannot be read, once for each error, and of names that stand
            in a file as well.
        on_change: told after a change that may turn a verdict, such as "HostAggregate az1"; not
            after one of the status alone. Called without the lock.
        static: objects from a file, which count where the API server has none of their name.
    """

    def __init__(
        self,
        kind: Kind[T],
        store: _Store[T],
        lock: Lock,
        tell: Tell,
        on_change: Tell,
        static: Iterable[T] = (),
    ) -> None:
        self.kind = kind
        self._store = store
        self._lock = lock
        self._tell = tell
        self._on_change = on_change
        self._static: dict[Key, T] = {kind.key(found): found for found in static}
        self._live: dict[Key, Held[T]] = {}
        if self._static:
            with lock:
                store.replace(self._static)

    def held(self) -> list[Held[T]]:
        """The API server's objects as last seen; the caller has the lock."""
        return list(self._live.values())

    def listing(self) -> None:
        """A list begins; nothing depends on when."""

    def replace(self, objects: Sequence[KindRecord[T]]) -> None:
        """Make the API server's objects just these; those of a file stay."""
        told: list[str] = []
        with self._lock:
            live = {record.key: self._hold(record, told) for record in objects}
            before, after = self._effective(self._live), self._effective(live)
            changed = sorted(
                key for key in {**before, **after} if before.get(key) is not after.get(key)
            )
            if len(changed) > _FEW:
                self._store.replace(after)
            else:
                for key in changed:
                    self._apply(key, after.get(key))
            self._live = live
        self._report(told, changed)

    def upsert(self, obj: KindRecord[T]) -> None:
        """Take in an object that is new or changed."""
        told: list[str] = []
        with self._lock:
            changed = self._settle(obj.key, self._hold(obj, told))
        self._report(told, changed)

    def delete(self, obj: KindRecord[T]) -> None:
        """Forget an object that is gone; one of a file of the same name counts again."""
        with self._lock:
            changed = self._settle(obj.key, None)
        self._report([], changed)

    def _hold(self, record: KindRecord[T], told: list[str]) -> Held[T]:
        """The object with what of it is in effect, which is the object known before if it can be.

        What was worked out for an aggregate is kept as long as the aggregate is the same one.
        """
        known = self._live.get(record.key)
        before = None if known is None else known.effective
        static = self._static.get(record.key)
        effective = record.parsed
        if effective is not None:
            effective = self._same(effective, static, before)
        elif known is not None and known.record.uid == record.uid:
            # One that was made anew under the name has nothing to do with the one before.
            effective = before
        if record.error and (known is None or known.record.error != record.error):
            left = "it is left out" if static is None else "the one in the file counts"
            if effective is not None:
                left = "it counts as it last could be read"
            told.append(f"{record.error}; {left}")
        if static is not None and before is None and effective is not None:
            told.append(
                f"{record.title} stands in the file and at the API server; the API server's counts"
            )
        return Held(record, effective)

    def _same(self, found: T, *known: T | None) -> T:
        """The one among those known that means the same, else the one found."""
        content = self.kind.content(found)
        for one in known:
            if one is not None and self.kind.content(one) == content:
                return one
        return found

    def _settle(self, key: Key, held: Held[T] | None) -> list[Key]:
        """Bring the cluster into step with one object; the key if that changed anything."""
        before = self._effective_of(key, self._live.get(key))
        after = self._effective_of(key, held)
        if after is not before:
            self._apply(key, after)
        # Only now: if that went wrong, the list that follows is to find the difference again.
        if held is None:
            self._live.pop(key, None)
        else:
            self._live[key] = held
        return [] if after is before else [key]

    def _apply(self, key: Key, found: T | None) -> None:
        if found is None:
            self._store.remove(key)
        else:
            self._store.put(key, found)

    def _effective_of(self, key: Key, held: Held[T] | None) -> T | None:
        if held is not None and held.effective is not None:
            return held.effective
        return self._static.get(key)

    def _effective(self, live: Mapping[Key, Held[T]]) -> dict[Key, T]:
        found = dict(self._static)
        for key, held in live.items():
            if held.effective is not None:
                found[key] = held.effective
        return found

    def _report(self, told: Iterable[str], changed: Sequence[Key]) -> None:
        for text in told:
            self._tell(text)
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            self._on_change(f"{self.kind.title(changed[0])}{more}")


class KindFeeds:
    """The sinks of our three kinds.

    Args:
        cluster: where they go.
        lock: the cluster's.
        tell: see ``KindSink``.
        on_change: see ``KindSink``.
        aggregates: from a file.
        flavors: from a file.
        groups: from a file.
    """

    def __init__(
        self,
        cluster: Cluster,
        lock: Lock,
        tell: Tell,
        on_change: Tell = lambda _: None,
        *,
        aggregates: Iterable[HostAggregate] = (),
        flavors: Iterable[Flavor] = (),
        groups: Iterable[InstanceGroup] = (),
    ) -> None:
        self.aggregates = KindSink(
            HOST_AGGREGATE, _aggregate_store(cluster), lock, tell, on_change, aggregates
        )
        self.flavors = KindSink(FLAVOR, _flavor_store(cluster), lock, tell, on_change, flavors)
        self.groups = KindSink(SERVER_GROUP, _group_store(cluster), lock, tell, on_change, groups)

    def __iter__(self) -> Iterator[KindSink[Any]]:
        return iter((self.aggregates, self.flavors, self.groups))


def put_kinds(
    cluster: Cluster,
    lock: Lock,
    tell: Tell,
    aggregates: Iterable[msgspec.Raw] = (),
    flavors: Iterable[msgspec.Raw] = (),
    server_groups: Iterable[msgspec.Raw] = (),
) -> None:
    """Take in our own kinds from a file, all of them anew.

    One that cannot be read is told of and left out; of two with the same name the later one counts.
    """
    read_aggregates = _read(HOST_AGGREGATE, aggregates, tell)
    read_flavors = _read(FLAVOR, flavors, tell)
    read_groups = _read(SERVER_GROUP, server_groups, tell)
    with lock:
        _aggregate_store(cluster).replace(read_aggregates)
        _flavor_store(cluster).replace(read_flavors)
        _group_store(cluster).replace(read_groups)


def _read(kind: Kind[T], raws: Iterable[msgspec.Raw], tell: Tell) -> dict[Key, T]:
    """What could be read, each name once; the rest is told of."""
    found: dict[Key, T] = {}
    for raw in raws:
        try:
            made = kind.parse(raw)
        except TranslateError as error:
            tell(str(error))
            continue
        key = kind.key(made)
        if key in found:
            tell(f"{kind.title(key)} stands twice; the later one counts")
        found[key] = made
    return found
