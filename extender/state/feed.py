"""Kubernetes objects into the cluster: one translation for a file and for a live API server.

The sinks take objects as list/watch delivers them: the whole set, then one change at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from extender.model.contribution import Contribution
from extender.model.host_state import HostState
from extender.model.options import TranslateOptions
from extender.state.cluster import Cluster
from extender.translate.errors import TranslateError
from extender.translate.kinds import aggregate, flavor, server_group
from extender.translate.node import host_state
from extender.translate.objects import (
    decode_aggregate,
    decode_flavor,
    decode_node,
    decode_pod,
    decode_server_group,
)
from extender.translate.pod import contribution

Lock = AbstractContextManager[object]
Tell = Callable[[str], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PodRecord:
    """What is kept of a pod: its share of its host, or its JSON while it is pending."""

    uid: str
    namespace: str
    name: str
    entry: Contribution | None
    pending: bytes | None


def read_pod(raw: bytes | msgspec.Raw, tell: Tell) -> PodRecord:
    """A pod from its JSON; amounts that cannot be read count as 0 and are told of.

    Raises:
        TranslateError: the object cannot be read at all.
    """
    pod = decode_pod(raw)
    entry = contribution(pod)
    if entry is not None and entry.problems:
        tell(f"pod {pod.namespace}/{pod.name}: {'; '.join(entry.problems)}; counted as absent")
    waiting = not pod.node_name and not pod.terminal
    uid = pod.uid
    if not uid:
        # Only in files written by hand; the API server gives every pod one.
        uid = f"{pod.namespace}/{pod.name}"
        if entry is not None:
            entry = replace(entry, instance=replace(entry.instance, uuid=uid))
    return PodRecord(uid, pod.namespace, pod.name, entry, bytes(raw) if waiting else None)


class PodSink:
    """Pods into the ledger, and pending ones aside for explanations."""

    def __init__(self, cluster: Cluster, lock: Lock) -> None:
        self._cluster = cluster
        self._lock = lock
        self._waiting: dict[tuple[str, str], str] = {}

    def listing(self) -> None:
        """A list begins."""

    def replace(self, objects: Sequence[PodRecord]) -> None:
        """Make the cluster hold just these pods."""
        with self._lock:
            self._waiting.clear()
            self._cluster.pending.clear()
            self._cluster.ledger.replace(o.entry for o in objects if o.entry is not None)
            for record in objects:
                if record.pending is not None:
                    self._wait(record)

    def upsert(self, obj: PodRecord) -> None:
        """Take in a pod that is new or changed."""
        with self._lock:
            self._forget(obj)
            if obj.entry is not None:
                self._cluster.put_pod(obj.entry)
            else:
                self._cluster.remove_pod(obj.uid)
            if obj.pending is not None:
                self._wait(obj)

    def delete(self, obj: PodRecord) -> None:
        """Forget a pod that is gone."""
        with self._lock:
            self._forget(obj)
            self._cluster.remove_pod(obj.uid)

    def _wait(self, record: PodRecord) -> None:
        key = (record.namespace, record.name)
        if record.pending is not None:
            self._waiting[key] = record.uid
            self._cluster.pending[key] = record.pending

    def _forget(self, record: PodRecord) -> None:
        """No longer pending; a later pod of the same name still is."""
        key = (record.namespace, record.name)
        if self._waiting.get(key) == record.uid:
            del self._waiting[key]
            self._cluster.pending.pop(key, None)


def read_node(raw: bytes | msgspec.Raw, options: TranslateOptions) -> HostState:
    """A node from its JSON; its aggregates are for the sink to say, which knows them.

    Raises:
        TranslateError: the object cannot be read at all.
    """
    return host_state(decode_node(raw), (), options)


class NodeSink:
    """Nodes into the table; what of a node cannot be read is told of once for each change."""

    def __init__(self, cluster: Cluster, lock: Lock, tell: Tell) -> None:
        self._cluster = cluster
        self._lock = lock
        self._tell = tell
        self._told: dict[str, tuple[str, ...]] = {}

    def listing(self) -> None:
        """A list begins; nothing depends on when."""

    def replace(self, objects: Sequence[HostState]) -> None:
        """Make the cluster hold just these nodes."""
        with self._lock:
            kept = {host.host for host in objects}
            for name in [name for name in self._cluster.table.index if name not in kept]:
                self._remove(name)
            for host in objects:
                self._put(host)

    def upsert(self, obj: HostState) -> None:
        """Take in a node that is new or changed."""
        with self._lock:
            self._put(obj)

    def delete(self, obj: HostState) -> None:
        """Forget a node that is gone."""
        with self._lock:
            self._remove(obj.host)

    def _put(self, host: HostState) -> None:
        host.aggregates = self._cluster.aggregates_of(host)
        if host.problems != self._told.get(host.host, ()):
            self._told[host.host] = host.problems
            for problem in host.problems:
                self._tell(f"node {host.host}: {problem}")
        self._cluster.put_host(host)

    def _remove(self, name: str) -> None:
        self._told.pop(name, None)
        self._cluster.remove_host(name)


def put_kinds(
    cluster: Cluster,
    lock: Lock,
    tell: Tell,
    aggregates: Iterable[msgspec.Raw] = (),
    flavors: Iterable[msgspec.Raw] = (),
    server_groups: Iterable[msgspec.Raw] = (),
) -> None:
    """Take in our own kinds, all of them anew.

    One that cannot be read is told of and left out; of two with the same name the later one counts.
    """
    read_aggregates = _read(
        "HostAggregate",
        aggregates,
        lambda raw: aggregate(decode_aggregate(raw)),
        lambda found: found.name,
        tell,
    )
    read_flavors = _read(
        "Flavor", flavors, lambda raw: flavor(decode_flavor(raw)), lambda found: found.name, tell
    )
    read_groups = _read(
        "ServerGroup",
        server_groups,
        lambda raw: server_group(decode_server_group(raw)),
        lambda found: f"{found.namespace}/{found.name}",
        tell,
    )
    with lock:
        cluster.replace_aggregates(read_aggregates)
        cluster.flavors = {found.name: found for found in read_flavors}
        cluster.server_groups = {(found.namespace, found.name): found for found in read_groups}


def _read(
    kind: str,
    raws: Iterable[msgspec.Raw],
    make: Callable[[msgspec.Raw], T],
    name_of: Callable[[T], str],
    tell: Tell,
) -> list[T]:
    """What could be read, each name once; the rest is told of."""
    found: dict[str, T] = {}
    for raw in raws:
        try:
            made = make(raw)
        except TranslateError as error:
            tell(str(error))
            continue
        name = name_of(made)
        if name in found:
            tell(f"{kind} {name} stands twice; the later one counts")
        found[name] = made
    return list(found.values())
