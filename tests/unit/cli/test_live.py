"""The watches of a live cluster, against an API server that answers by script."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from extender.cli.live import BLIND, TOPOLOGIES, TOPOLOGY_PATH, Live
from extender.kube.errors import ApiError
from extender.kube.listwatch import INITIAL_EVENTS_END
from extender.observe.watches import WatchMetrics
from extender.verbs.engine import Engine
from tests.unit.verbs.making import Object, engine, node, pod, raw


class Server:
    """A transport whose server streams these lists, then keeps silent; it lacks our kinds."""

    def __init__(
        self,
        nodes: list[Object],
        pods: list[Object],
        *,
        ours: bool = False,
        failed: tuple[Object, ...] = (),
    ) -> None:
        self.lists = {"/api/v1/nodes": nodes, "/api/v1/pods": pods}
        self.ours = ours
        self.failed = list(failed)
        self.lines: dict[str, list[Object]] = {}
        self.end = threading.Event()

    @contextmanager
    def stream(self, path: str, query: Mapping[str, str], **_: Any) -> Iterator[Iterator[bytes]]:
        """One watch."""
        if path not in self.lists and not self.ours:
            raise ApiError(404, "NotFound", "no such resource")
        failed = query.get("fieldSelector") == "status.phase=Failed"
        yield self._lines(self.failed if failed else self.lists.get(path, []))

    def _lines(self, objects: list[Object]) -> Iterator[bytes]:
        for value in objects:
            value["metadata"]["resourceVersion"] = "5"
            yield b'{"type":"ADDED","object":' + bytes(raw(value)) + b"}"
        yield bytes(
            raw(
                {
                    "type": "BOOKMARK",
                    "object": {
                        "metadata": {
                            "resourceVersion": "7",
                            "annotations": {INITIAL_EVENTS_END: "true"},
                        }
                    },
                }
            )
        )
        self.end.wait(10)


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


@contextmanager
def watching(
    server: Server, clock: Clock | None = None, made: Engine | None = None
) -> Iterator[Live]:
    """The watches of an engine, as long as the block lasts."""
    made = made or engine()
    observer = WatchMetrics(CollectorRegistry())
    clock = clock or Clock()
    live = Live(
        made,
        server,  # type: ignore[arg-type]  # a transport by its calls
        observer,
        lambda _: None,
        clock=clock,
    )
    live.start()
    try:
        yield live
    finally:
        server.end.set()
        live.stop()


def settled(live: Live) -> None:
    """Wait until everything is in sync."""
    for reflector in live._reflectors.values():
        assert reflector.wait_synced(5)


def test_everything_is_read() -> None:
    """Nodes and pods are there, and kinds that are not installed are none."""
    server = Server([node("a")], [pod("p", cpu=1, on="a"), pod("waits")])
    with watching(server) as live:
        settled(live)
        assert live.synced
        assert live.missing() == dict.fromkeys(
            ("nodes", "pods", "failed pods", "hostaggregates", "flavors", "servergroups"), ""
        )
        assert live.feeds.flavors.held() == []


def test_what_is_missing() -> None:
    """Each resource that was not listed yet is named."""
    server = Server([], [])
    made = engine()
    live = Live(
        made,
        server,  # type: ignore[arg-type]  # a transport by its calls
        WatchMetrics(CollectorRegistry()),
        lambda _: None,
    )
    assert set(live.missing().values()) == {"has not synced yet"}
    assert not live.synced
    assert live.heard_of_pods() is None


def test_silence() -> None:
    """Nodes or pods that were silent for too long are outdated; our own kinds may be silent."""
    clock = Clock()
    with watching(Server([node("a")], []), clock) as live:
        settled(live)
        clock.now += BLIND
        assert not any(live.missing().values())
        clock.now += 1
        wrong = {name: text for name, text in live.missing().items() if text}
        assert wrong == dict.fromkeys(("nodes", "pods"), "has been silent for 121 s")


def test_failed_pods_count_on_their_nodes() -> None:
    """A pod that a kubelet rejected is a failed build there; one that was evicted is none."""
    failed = [
        pod(reason, on="a", status={"phase": "Failed", "reason": reason})
        for reason in ("OutOfcpu", "Evicted")
    ]
    made = engine()
    with watching(Server([node("a"), node("b")], [], failed=tuple(failed)), made=made) as live:
        settled(live)
        hosts = made.cluster.table.hosts
        assert {host.host: host.failed_builds for host in hosts} == {"a": 1, "b": 0}


NUMA = "{filter_scheduler: {enabled_filters: [NUMATopologyFilter]}}"


def topology_of(name: str) -> Object:
    """A NodeResourceTopology with one cell of two CPUs."""
    cpu = {"name": "cpu", "capacity": "2", "allocatable": "2", "available": "2"}
    zone = {"name": "node-0", "type": "Node", "resources": [cpu]}
    return {"metadata": {"name": name}, "zones": [zone]}


def cells_of(made: Engine, name: str) -> int:
    """How many cells a host has."""
    table = made.cluster.table
    return len(table.host_state(table.index[name]).numa_topology or ())


def test_topologies_are_watched_where_they_are_wanted() -> None:
    """Only NUMATopologyFilter reads them; where nobody writes them there are none."""
    for settings, path, found in (
        (NUMA, TOPOLOGY_PATH, 1),
        (NUMA, "/not/installed", 0),
        ("", TOPOLOGY_PATH, 0),
    ):
        made = engine(settings=settings)
        server = Server([node("a")], [])
        server.lists[path] = [topology_of("a")]
        with watching(server, made=made) as live:
            settled(live)
            assert (TOPOLOGIES in live.missing()) == (settings == NUMA)
            assert not any(live.missing().values())
            assert cells_of(made, "a") == found


def test_a_filter_that_is_enabled_later() -> None:
    """Another configuration begins the watch, or ends it; the same one again changes nothing."""
    made = engine()
    server = Server([node("a")], [])
    server.lists[TOPOLOGY_PATH] = [topology_of("a")]
    with watching(server, made=made) as live:
        live.reconfigured()
        settled(live)
        assert TOPOLOGIES not in live.missing()
        made.scheduler = engine(settings=NUMA).scheduler
        for _ in range(2):
            live.reconfigured()
            settled(live)
            assert live.missing()[TOPOLOGIES] == ""
            assert cells_of(made, "a") == 1
        begun = live._reflectors[TOPOLOGIES]
        made.scheduler = engine().scheduler
        server.end.set()
        live.reconfigured()
        assert TOPOLOGIES not in live.missing()
        assert begun._thread is None
