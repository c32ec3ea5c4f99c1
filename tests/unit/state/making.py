"""A cluster with its sinks, for the tests of each."""

from __future__ import annotations

import threading
from typing import Any

from extender.model.options import TranslateOptions
from extender.state.cluster import Cluster
from extender.state.kind_feed import put_kinds
from extender.state.node_feed import NodeSink, read_node
from extender.state.pod_feed import PodRecord, PodSink, read_pod
from tests.unit.verbs.making import Object, node, pod, raw

OPTIONS = TranslateOptions()


class Feed:
    """A cluster with its sinks, and what was told of."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.told: list[str] = []
        self.lock = lock = threading.RLock()
        self.pods = PodSink(self.cluster, lock)
        self.nodes = NodeSink(self.cluster, lock, self.told.append)

    def pod(self, name: str = "new", **more: Any) -> PodRecord:
        """A pod as read."""
        return read_pod(raw(pod(name, **more)), self.told.append)

    def put_node(self, name: str, **more: Any) -> None:
        """A node, new or changed."""
        self.nodes.upsert(read_node(raw(node(name, **more)), OPTIONS))

    def put_kinds(self, *objects: Object) -> None:
        """All of our own kinds anew."""
        by_kind = {
            name: [raw(o) for o in objects if o["kind"] == name]
            for name in ("HostAggregate", "Flavor", "ServerGroup")
        }
        put_kinds(self.cluster, self.lock, self.told.append, *by_kind.values())

    def used(self, name: str) -> int:
        """Milli-cores used on a host."""
        return int(self.cluster.table.cpu_used[self.cluster.table.index[name]])
