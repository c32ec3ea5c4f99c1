"""Writing statuses: what differs, a bounded number of it, and never in a circle."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from extender.kube.errors import ApiError, TransportError
from extender.state.kind_feed import KindFeeds
from extender.state.kind_record import read_kind
from extender.state.pod_feed import PodSink, read_pod
from extender.verbs.engine import Engine
from extender.verbs.statuses import StatusWriter
from tests.unit.verbs.making import Object, engine, kind, node, pod, raw

PREFIX = "/apis/nova-extender.io/v1alpha1"


class Server:
    """An API server's part: it keeps objects, takes patches of statuses, and shows them again."""

    def __init__(self) -> None:
        self.engine: Engine = engine([node("a"), node("b")])
        self.told: list[str] = []
        self.kinds = KindFeeds(self.engine.cluster, self.engine.lock, self.told.append)
        self.sinks = {sink.kind.name: sink for sink in self.kinds}
        self.objects: dict[str, Object] = {}
        self.version = 100
        self.patches: list[tuple[str, dict[str, Any]]] = []
        self.watching = True
        self.dropped = ""
        self.failing: dict[str, Exception] = {}
        self.clock = 1000.0
        self.ready = True
        self.writer = self.another()

    def another(self) -> StatusWriter:
        """A writer that knows nothing of what others wrote."""
        return StatusWriter(
            self.engine,
            self.kinds,
            self.patch,
            self.told.append,
            ready=lambda: self.ready,
            clock=lambda: self.clock,
        )

    def put(self, obj: Object) -> str:
        """Create or change an object; gives its path."""
        meta = obj["metadata"]
        plural = self.sinks[obj["kind"]].kind.plural
        where = f"namespaces/{meta['namespace']}/" if "namespace" in meta else ""
        path = f"{PREFIX}/{where}{plural}/{meta['name']}"
        before = self.objects.get(path, {"metadata": {"generation": 0}})
        meta |= {"uid": path, "generation": before["metadata"]["generation"] + 1}
        self.objects[path] = {**obj, "status": before.get("status")}
        self.show(path)
        return path

    def show(self, path: str) -> None:
        """The watch shows the object as it is."""
        self.version += 1
        found = self.objects[path]
        found["metadata"]["resourceVersion"] = str(self.version)
        if self.watching:
            sink = self.sinks[found["kind"]]
            sink.upsert(read_kind(sink.kind, raw(found)))

    def patch(self, path: str, status: Mapping[str, Any]) -> None:
        """Merge a status, as JSON merge patch does; one that is the same changes no version."""
        if path in self.failing:
            raise self.failing[path]
        self.patches.append((path, dict(status)))
        before = self.objects[path].get("status") or {}
        after = {**before, **status}
        after.pop(self.dropped, None)
        if after != before:
            self.objects[path]["status"] = after
            self.show(path)

    def bind(self, name: str, on: str, group: str) -> None:
        """A pod of a group is on a node."""
        found = pod(name, on=on, annotations={"server_group": group})
        record = read_pod(raw(found), self.told.append)
        PodSink(self.engine.cluster, self.engine.lock).upsert(record)

    def round(self) -> list[str]:
        """One round; gives the paths that were written."""
        before = len(self.patches)
        written = self.writer.run_once()
        paths = [path for path, _ in self.patches[before:]]
        assert written == len(paths)
        return paths


@pytest.fixture
def server() -> Server:
    """One with two nodes and none of our kinds."""
    return Server()


def test_each_kind_gets_its_status_once(server: Server) -> None:
    """A round writes what is missing; what comes back through the watch ends it."""
    listed = ["a", "ghost"]
    aggregate = server.put(kind("az1", "HostAggregate", hosts=listed, metadata={"k": "v"}))
    flavor = server.put(kind("m1", "Flavor", vcpus=1))
    group = server.put(kind("web", "ServerGroup", "default", policy="affinity"))
    server.bind("p1", "a", "web")
    server.bind("p2", "a", "web")
    server.bind("p3", "b", "web")
    assert server.round() == [aggregate, flavor, group]
    first = server.objects[aggregate]["status"]
    assert (first["hosts"], first["unknownHosts"], first["observedGeneration"]) == (1, ["ghost"], 1)
    last = server.objects[group]["status"]
    assert (last["members"], last["hosts"]) == (3, 2)
    # The engine of these tests starts its seconds at 1000.
    assert first["conditions"][0]["lastTransitionTime"].startswith("1970-01-01T00:16:")
    for _ in range(3):
        server.clock += 60
        assert server.round() == []
    # Nor does one that was started anew, or has just become the leader.
    server.writer = server.another()
    assert server.round() == []
    assert server.told == []


def test_nothing_is_written_twice_while_the_watch_lags(server: Server) -> None:
    """What was written counts until it comes back, also when the clock goes on."""
    path = server.put(kind("az1", "HostAggregate", hosts=["a"]))
    server.watching = False
    assert server.round() == [path]
    assert server.round() == []
    server.watching = True
    server.show(path)
    assert server.round() == []


def test_a_node_that_comes_changes_the_count(server: Server) -> None:
    """Statuses follow the cluster, not only their own object."""
    path = server.put(kind("az1", "HostAggregate", hosts=["a", "b"]))
    server.round()
    server.engine.cluster.remove_host("b")
    assert server.round() == [path]
    status = server.objects[path]["status"]
    assert (status["hosts"], status["unknownHosts"]) == (1, ["b"])


def test_a_status_that_somebody_else_changed_is_put_right(server: Server) -> None:
    """It is ours to say."""
    path = server.put(kind("az1", "HostAggregate", hosts=["a"]))
    server.round()
    server.objects[path]["status"] = {**server.objects[path]["status"], "hosts": 77}
    server.show(path)
    assert server.round() == [path]
    assert server.objects[path]["status"]["hosts"] == 1


def test_an_api_server_that_drops_a_field_is_not_written_to_for_ever(server: Server) -> None:
    """With older definitions installed, the status that comes back is never the one wanted."""
    path = server.put(kind("az1", "HostAggregate", hosts=["a"]))
    server.dropped = "unknownHosts"
    written = [server.round() for _ in range(5)]
    assert written == [[path], [path], [], [], []]


def test_groups_are_written_every_ten_seconds_at_most(server: Server) -> None:
    """Members come and go with every pod; the counts in a status may be that old."""
    path = server.put(kind("web", "ServerGroup", "default", policy="affinity"))
    assert server.round() == [path]
    server.bind("p1", "a", "web")
    server.clock += 9.9
    assert server.round() == []
    server.clock += 0.1
    assert server.round() == [path]
    assert server.objects[path]["status"]["members"] == 1


def test_a_round_is_bounded(server: Server) -> None:
    """Fifty at a time; the others have their turn in the next round."""
    paths = {server.put(kind(f"m{n}", "Flavor", vcpus=1)) for n in range(120)}
    rounds = [server.round() for _ in range(4)]
    assert [len(found) for found in rounds] == [50, 50, 20, 0]
    assert {path for found in rounds for path in found} == paths


def test_a_failure_is_told_once_and_stops_nobody(server: Server) -> None:
    """It is tried again after half a minute; a new error is told anew."""
    bad = server.put(kind("bad", "Flavor", vcpus=1))
    good = server.put(kind("good", "Flavor", vcpus=1))
    server.failing[bad] = ApiError(403, "Forbidden", "flavors is forbidden")
    assert server.round() == [good]
    assert server.told == [
        "the status of Flavor bad cannot be written: 403 Forbidden: flavors is forbidden"
    ]
    for _ in range(4):
        server.clock += 20
        server.round()
    assert len(server.told) == 1
    server.failing[bad] = TransportError("no answer within 10 s", "timeout")
    server.clock += 30
    server.round()
    assert server.told[1:] == ["the status of Flavor bad cannot be written: no answer within 10 s"]
    server.failing.clear()
    assert server.round() == []
    server.clock += 30
    assert server.round() == [bad]


def test_many_failures_are_one_line(server: Server) -> None:
    """Without the right to write, a hundred objects are not a hundred lines."""
    for n in range(100):
        path = server.put(kind(f"m{n:03}", "Flavor", vcpus=1))
        server.failing[path] = ApiError(403, "Forbidden", "no")
    server.round()
    assert server.told == [
        "the status of Flavor m000 cannot be written: 403 Forbidden: no; and 49 more"
    ]


def test_failures_take_nobodys_place(server: Server) -> None:
    """Fifty that fail again and again come after those that were not tried yet."""
    for n in range(50):
        path = server.put(kind(f"a{n}", "Flavor", vcpus=1))
        server.failing[path] = ApiError(422, "Invalid", "no")
    assert server.round() == []
    good = server.put(kind("z", "Flavor", vcpus=1))
    server.clock += 30
    assert server.round() == [good]


def test_an_object_that_is_just_gone_is_no_failure(server: Server) -> None:
    """The watch has not told of it yet; one that is still not found later is told of."""
    path = server.put(kind("m1", "Flavor", vcpus=1))
    server.failing[path] = ApiError(404, "NotFound", 'flavors "m1" not found')
    server.round()
    assert server.told == []
    for _ in range(3):
        server.clock += 30
        server.round()
    assert server.told == [
        'the status of Flavor m1 cannot be written: 404 NotFound: flavors "m1" not found'
    ]


def test_what_is_gone_is_forgotten(server: Server) -> None:
    """An object of the same name that comes later starts from nothing."""
    path = server.put(kind("m1", "Flavor", vcpus=1))
    server.failing[path] = ApiError(500, "InternalError", "no")
    server.round()
    sink = server.kinds.flavors
    sink.delete(read_kind(sink.kind, raw(server.objects[path])))
    server.round()
    server.failing.clear()
    server.show(path)
    assert server.round() == [path]


def test_one_that_cannot_be_read_says_so(server: Server) -> None:
    """The status carries the error; what an aggregate last was still has its hosts."""
    path = server.put(kind("az1", "HostAggregate", hosts=["a"]))
    server.put(kind("az1", "HostAggregate", hosts=5))
    never = server.put(kind("az2", "HostAggregate", hosts=5))
    assert server.round() == [path, never]
    first, second = (server.objects[each]["status"] for each in (path, never))
    assert [s["conditions"][0]["reason"] for s in (first, second)] == [
        "LastUnderstoodStays",
        "NotUnderstood",
    ]
    assert (first["hosts"], second["hosts"]) == (1, 0)
    assert first["observedGeneration"] == 2


def test_nothing_is_written_before_all_is_known(server: Server) -> None:
    """Until the nodes are in, every host would be unknown."""
    path = server.put(kind("az1", "HostAggregate", hosts=["a"]))
    server.ready = False
    assert server.round() == []
    server.ready = True
    assert server.round() == [path]


def test_the_lock_is_free_while_writing(server: Server) -> None:
    """A slow API server must not hold up the verbs."""
    server.put(kind("m1", "Flavor", vcpus=1))
    free: list[bool] = []

    def attempt() -> None:
        free.append(server.engine.lock.acquire(blocking=False))
        if free[-1]:
            server.engine.lock.release()

    def patch(*_: object) -> None:
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()

    StatusWriter(server.engine, server.kinds, patch, server.told.append).run_once()
    assert free == [True]
