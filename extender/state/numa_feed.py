"""NodeResourceTopology objects into the cluster: NUMA cells that were observed from outside.

A node's own annotation ``numa_topology`` wins over them; ``HostState`` keeps both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import msgspec

from extender.model.numa import NUMATopology
from extender.state.cluster import Cluster
from extender.translate.errors import TranslateError
from extender.translate.numa_zones import zones_topology
from extender.translate.objects import decode_node_topology

Lock = AbstractContextManager[object]
Tell = Callable[[str], object]

AT_ONCE = 100
"""Hosts written while the lock is held: some milliseconds."""

_USED = (1, 7)
"""Positions in ``NUMATopology.columns`` of what is used, of which less is more room."""


class NodeTopology(NamedTuple):
    """The cells of a node, under the node's name."""

    host: str
    topology: NUMATopology


def read_node_topology(raw: bytes | msgspec.Raw) -> NodeTopology:
    """A NodeResourceTopology from its JSON.

    Raises:
        TranslateError: the object cannot be read, or has no name.
    """
    obj = decode_node_topology(raw)
    if not obj.name:
        raise TranslateError("NodeResourceTopology: metadata.name is missing; accepted: a node's")
    return NodeTopology(obj.name, zones_topology(obj))


def _ignore(_: object) -> None:
    pass


class NUMASink:
    """Takes node topologies as list/watch delivers them.

    A node that comes or changes later gets its cells from the cluster, which keeps those of nodes
    that it does not know as well.

    Args:
        cluster: whose hosts are written.
        lock: the cluster's.
        on_change: told of a host that has more room than before, as "NodeResourceTopology node-a":
            kube-scheduler does not try pods again for that. Called without the lock.
    """

    def __init__(self, cluster: Cluster, lock: Lock, on_change: Tell = _ignore) -> None:
        self._cluster = cluster
        self._lock = lock
        self._on_change = on_change

    def listing(self) -> None:
        """A list begins; nothing depends on when."""

    def replace(self, objects: Sequence[NodeTopology]) -> None:
        """Make the API server's topologies just these, some hosts at a time."""
        found = {obj.host: obj.topology for obj in objects}
        with self._lock:
            names = list({**self._cluster.topologies, **found})
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            self._settle((name, found.get(name)) for name in some)

    def upsert(self, obj: NodeTopology) -> None:
        """Take in a topology that is new or changed."""
        self._settle([obj])

    def delete(self, obj: NodeTopology) -> None:
        """Forget a topology that is gone."""
        self._settle([(obj.host, None)])

    def _settle(self, changes: Iterable[tuple[str, NUMATopology | None]]) -> None:
        with self._lock:
            roomier = [name for name, topology in changes if self._put(name, topology)]
        for name in roomier:
            self._on_change(f"NodeResourceTopology {name}")

    def _put(self, name: str, topology: NUMATopology | None) -> bool:
        """Write one host's cells; whether it has more room now."""
        before = self._cluster.put_topology(name, topology)
        return topology is not None and _grown(before, topology)


def _grown(before: NUMATopology | None, after: NUMATopology) -> bool:
    """Whether something might fit that did not before."""
    if not before or not after:
        return bool(after)
    if before == after:
        return False
    then, now = before.columns, after.columns
    if len(before) != len(after) or len(then) != len(now):
        return True
    return any(
        new < old if position in _USED else new > old
        for position, columns in enumerate(zip(then, now, strict=True))
        for old, new in zip(*columns, strict=True)
    )
