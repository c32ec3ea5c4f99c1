"""The watches of a live cluster: everything the API server tells, into the engine's cluster."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from extender.kube.reflector import Reflector
from extender.kube.sink import Observer, Sink
from extender.kube.transport import Transport
from extender.model.host_state import HostState
from extender.model.rejection import Rejection
from extender.state.cluster import Cluster
from extender.state.failed_feed import FAILED_PODS, FailedPodSink, read_failed
from extender.state.kind_feed import KindFeeds
from extender.state.kind_record import read_aggregate, read_flavor, read_group
from extender.state.node_feed import Lock, NodeSink, read_node
from extender.state.numa_feed import NUMASink, read_node_topology
from extender.state.pod_feed import PodRecord, PodSink, read_pod
from extender.verbs.engine import Engine

NODES = "nodes"
PODS = "pods"
FAILED = "failed pods"
TOPOLOGIES = "noderesourcetopologies"

BLIND = 120.0
"""Seconds of silence after which what is known counts as outdated. Bookmarks come once a minute,
and a watch without any is replaced after ``kube.reflector.READ_TIMEOUT``."""

GROUP_PATH = "/apis/nova-extender.io/v1alpha1"
TOPOLOGY_PATH = f"/apis/topology.node.k8s.io/v1alpha2/{TOPOLOGIES}"

TOPOLOGY_READER = "NUMATopologyFilter"
"""The filter that is the only one to want NodeResourceTopology objects."""

# The scheduler's own selector: ended pods take nothing off a node.
_LIVING = "status.phase!=Succeeded,status.phase!=Failed"

Tell = Callable[[str], object]


def _ignore(_: object) -> None:
    pass


class Live:
    """The watches of a live cluster.

    Args:
        engine: whose cluster is kept in step.
        transport: the way to the API server; it is the caller's to close.
        observer: told of restarts and relists.
        tell: told of objects that cannot be read.
        on_change: told of changes of our own kinds that may turn a verdict.
        on_rejection: told of each pod that a kubelet would not take.
        on_news: told of nodes that changed and pods that went: others may fit there now.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        observer: Observer,
        tell: Tell,
        on_change: Tell = _ignore,
        on_rejection: Callable[[Rejection], object] = _ignore,
        on_news: Tell = _ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._heard = _Heard(observer, clock)
        self._rng = random.Random()  # noqa: S311 - jitter, not a secret
        self._transport = transport
        self._tell = tell
        self._engine = engine
        cluster, lock = engine.cluster, engine.lock
        self._topologies = NUMASink(cluster, lock, on_change)
        self.feeds = feeds = KindFeeds(cluster, lock, tell, on_change)

        def decode_node(raw: bytes | msgspec.Raw) -> HostState:
            return read_node(raw, engine.options)

        def decode_pod(raw: bytes | msgspec.Raw) -> PodRecord:
            return read_pod(raw, tell)

        failed = FailedPodSink(
            cluster.retries, lock, engine.now, on_rejection, cluster.build_failed
        )
        self._nodes = self._reflector(
            NODES, "/api/v1/nodes", decode_node, _Nodes(cluster, lock, tell, on_news)
        )
        self._reflectors: Mapping[str, Reflector[Any]] = {
            NODES: self._nodes,
            PODS: self._reflector(
                PODS, "/api/v1/pods", decode_pod, _Pods(cluster, lock, on_news), selector=_LIVING
            ),
            FAILED: self._reflector(
                FAILED, "/api/v1/pods", read_failed, failed, selector=FAILED_PODS
            ),
            "hostaggregates": self._kind("hostaggregates", read_aggregate, feeds.aggregates),
            "flavors": self._kind("flavors", read_flavor, feeds.flavors),
            "servergroups": self._kind("servergroups", read_group, feeds.groups),
        }
        if self._wants_topologies():
            self._reflectors = {**self._reflectors, TOPOLOGIES: self._topology_reflector()}

    def start(self) -> None:
        """Start watching."""
        for reflector in self._reflectors.values():
            reflector.start()

    def reconfigured(self) -> None:
        """Another scheduler may want to know other things: begin or end to watch them."""
        reflectors = dict(self._reflectors)
        watched = reflectors.pop(TOPOLOGIES, None)
        if self._wants_topologies() == (watched is not None):
            return
        if watched is not None:
            self._reflectors = reflectors
            watched.stop()
            return
        begun = self._topology_reflector()
        # Others may be looking through the mapping, so it is replaced as a whole.
        self._reflectors = {**reflectors, TOPOLOGIES: begun}
        begun.start()

    def stop(self) -> None:
        """Stop watching."""
        for reflector in self._reflectors.values():
            reflector.stop()

    def read_nodes_again(self) -> None:
        """List the nodes anew: what they are translated by has changed."""
        self._nodes.relist()

    def missing(self) -> Mapping[str, str]:
        """By resource, what is wrong with what is known of it; "" where nothing is."""
        return {name: self._wrong_with(name, found) for name, found in self._reflectors.items()}

    @property
    def synced(self) -> bool:
        """Whether everything has been listed once."""
        return all(reflector.synced for reflector in self._reflectors.values())

    def wait(self, seconds: float) -> bool:
        """Whether everything is in sync within the time."""
        end = self._clock() + seconds
        return all(
            reflector.wait_synced(max(0.0, end - self._clock()))
            for reflector in self._reflectors.values()
        )

    def heard_of_pods(self) -> float | None:
        """When the watch of pods last said anything, on our clock; ``None`` if it never did."""
        return self._heard.watched.get(PODS)

    def _wants_topologies(self) -> bool:
        return TOPOLOGY_READER in self._engine.scheduler.plugins

    def _topology_reflector(self) -> Reflector[Any]:
        return self._reflector(
            TOPOLOGIES, TOPOLOGY_PATH, read_node_topology, self._topologies, optional=True
        )

    def _wrong_with(self, name: str, reflector: Reflector[Any]) -> str:
        if not reflector.synced:
            return "has not synced yet"
        if name not in (NODES, PODS):
            return ""
        silent = self._clock() - self._heard.last[name]
        return "" if silent <= BLIND else f"has been silent for {silent:.0f} s"

    def _kind(self, resource: str, decode: Callable[[Any], Any], sink: Sink[Any]) -> Reflector[Any]:
        return self._reflector(resource, f"{GROUP_PATH}/{resource}", decode, sink, optional=True)

    def _reflector(
        self,
        resource: str,
        path: str,
        decode: Callable[[Any], Any],
        sink: Sink[Any],
        *,
        selector: str = "",
        optional: bool = False,
    ) -> Reflector[Any]:
        return Reflector(
            self._transport,
            resource,
            path,
            decode=decode,
            sink=sink,
            on_problem=self._tell,
            observer=self._heard,
            rng=self._rng,
            selectors={"fieldSelector": selector} if selector else None,
            optional=optional,
        )


class _Nodes(NodeSink):
    """Tells of nodes that are new or changed."""

    def __init__(self, cluster: Cluster, lock: Lock, tell: Tell, on_news: Tell) -> None:
        super().__init__(cluster, lock, tell)
        self._on_news = on_news

    def upsert(self, obj: HostState) -> None:
        super().upsert(obj)
        self._on_news(f"node {obj.host}")


class _Pods(PodSink):
    """Tells of pods that are gone, or have ended."""

    def __init__(self, cluster: Cluster, lock: Lock, on_news: Tell) -> None:
        super().__init__(cluster, lock)
        self._on_news = on_news

    def delete(self, obj: PodRecord) -> None:
        super().delete(obj)
        if obj.entry is not None:
            self._on_news("the end of a pod")


class _Heard:
    """Passes on what reflectors tell, and notes when."""

    def __init__(self, observer: Observer, clock: Callable[[], float]) -> None:
        self._observer = observer
        self._clock = clock
        self.last: dict[str, float] = {}
        self.watched: dict[str, float] = {}

    def restarted(self, resource: str, cause: str, /) -> None:
        self._observer.restarted(resource, cause)

    def relisted(self, resource: str, /) -> None:
        self.last[resource] = self._clock()
        self._observer.relisted(resource)

    def synced(self, resource: str, /) -> None:
        self.last[resource] = self._clock()
        self._observer.synced(resource)

    def opened(self, resource: str, /) -> None:
        self.last[resource] = self._clock()
        self._observer.opened(resource)

    def event(self, resource: str, /) -> None:
        self.last[resource] = self.watched[resource] = self._clock()
        self._observer.event(resource)
