"""Nodes into the cluster: one translation for a file and for a live API server.

The sink takes them as list/watch delivers them: the whole set, then one change at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import msgspec

from extender.model.host_state import HostState
from extender.model.options import TranslateOptions
from extender.state.cluster import Cluster
from extender.translate.node import host_state
from extender.translate.objects import decode_node

Lock = AbstractContextManager[object]
Tell = Callable[[str], object]


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
