"""Kubernetes objects into the cluster, as list/watch and files deliver them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from extender.model.contribution import Contribution
from extender.model.host_state import Instance, Unreadable
from extender.model.options import TranslateOptions
from extender.state.cluster import Cluster
from extender.state.feed import NodeSink, PodRecord, PodSink, put_kinds, read_node, read_pod
from extender.translate.errors import TranslateError
from tests.unit.verbs.making import Object, kind, node, pod, raw

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


@pytest.fixture
def feed() -> Feed:
    """An empty one."""
    return Feed()


# -- reading pods -------------------------------------------------------------------------


def test_bound_pod() -> None:
    """A pod on a node is its share of it, and is not kept otherwise."""
    told: list[str] = []
    record = read_pod(raw(pod("p", cpu="1500m", memory="1Mi", disk="1k", on="a")), told.append)
    assert record == PodRecord(
        "uid-p",
        "default",
        "p",
        Contribution(
            instance=Instance("uid-p", "default", "p"),
            host="a",
            milli_vcpus=1500,
            memory=1 << 20,
            disk=1000,
        ),
        None,
    )
    assert told == []


def test_pending_pod() -> None:
    """A pod without a node is its JSON, to be judged when somebody asks."""
    data = raw(pod("p", cpu=1))
    record = read_pod(data, print)
    assert (record.entry, record.pending) == (None, bytes(data))


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
@pytest.mark.parametrize("on", [None, "a"])
def test_ended_pod(phase: str, on: str | None) -> None:
    """A pod that has ended takes nothing and waits for nothing."""
    record = read_pod(raw(pod("p", cpu=1, on=on, status={"phase": phase})), print)
    assert (record.entry, record.pending) == (None, None)


def test_pod_without_uid() -> None:
    """Only in files written by hand: namespace and name stand in, in the ledger too."""
    record = read_pod(raw(pod("p", on="a", uid="")), print)
    assert record.uid == "default/p"
    assert record.entry is not None
    assert record.entry.instance.uuid == "default/p"


def test_pod_with_amounts_that_cannot_be_read() -> None:
    """A bound pod's bad amount counts as 0 and is told of, with its place and what is right."""
    told: list[str] = []
    record = read_pod(raw(pod("p", cpu="many", memory="1Mi", on="a")), told.append)
    assert record.entry is not None
    assert (record.entry.milli_vcpus, record.entry.memory) == (0, 1 << 20)
    (text,) = told
    assert text.startswith("pod default/p: spec.containers['main'].resources.requests.cpu: 'many'")
    assert "accepted: a decimal number" in text
    assert text.endswith("counted as absent")


def test_pod_that_cannot_be_read_at_all() -> None:
    """A wrong type is an error that names the pod and the place."""
    with pytest.raises(TranslateError, match=r"Pod 'default/p': spec is a whole number; accepted"):
        read_pod(raw({**pod("p"), "spec": 5}), print)


# -- pods into the ledger -----------------------------------------------------------------


def test_life_of_a_pod(feed: Feed) -> None:
    """Pending, bound, ended, deleted: where it stands follows each event."""
    feed.put_node("a")
    feed.pods.upsert(feed.pod("p", cpu=1))
    assert set(feed.cluster.pending) == {("default", "p")}
    assert feed.used("a") == 0
    feed.pods.upsert(feed.pod("p", cpu=1, on="a"))
    assert feed.cluster.pending == {}
    assert feed.used("a") == 1000
    feed.pods.upsert(feed.pod("p", cpu=1, on="a", status={"phase": "Succeeded"}))
    assert feed.used("a") == 0
    feed.pods.delete(feed.pod("p", cpu=1, on="a"))
    assert feed.used("a") == 0
    assert len(feed.cluster.ledger) == 0


def test_deleted_pods(feed: Feed) -> None:
    """A deleted pod is gone whether it waited or was bound; once more is no error."""
    feed.put_node("a")
    feed.pods.upsert(feed.pod("waits", cpu=1))
    feed.pods.upsert(feed.pod("runs", cpu=1, on="a"))
    for name in ("waits", "runs", "never-there", "waits"):
        feed.pods.delete(feed.pod(name, on="a"))
    assert feed.cluster.pending == {}
    assert feed.used("a") == 0


def test_changed_pending_pod(feed: Feed) -> None:
    """The newest JSON counts."""
    feed.pods.upsert(feed.pod("p", cpu=1))
    feed.pods.upsert(feed.pod("p", cpu=2))
    assert b'"cpu": 2' in feed.cluster.pending["default", "p"]


def test_pod_made_anew_under_its_name(feed: Feed) -> None:
    """Deleted and created again with another UID: the new one waits."""
    feed.pods.upsert(feed.pod("p", uid="1"))
    feed.pods.delete(feed.pod("p", uid="1"))
    feed.pods.upsert(feed.pod("p", uid="2"))
    assert b'"uid": "2"' in feed.cluster.pending["default", "p"]


def test_late_news_of_a_former_pod(feed: Feed) -> None:
    """What happens to the pod that bore the name before takes nothing from the one that has it."""
    feed.pods.upsert(feed.pod("p", uid="1"))
    feed.pods.upsert(feed.pod("p", uid="2"))
    feed.pods.delete(feed.pod("p", uid="1"))
    assert b'"uid": "2"' in feed.cluster.pending["default", "p"]
    feed.pods.delete(feed.pod("p", uid="2"))
    assert feed.cluster.pending == {}


def test_replaced_pods(feed: Feed) -> None:
    """A whole list anew: whoever is not in it is gone, bound or pending."""
    feed.put_node("a")
    for record in (feed.pod("1", on="a", cpu=1), feed.pod("2", on="a", cpu=2), feed.pod("3")):
        feed.pods.upsert(record)
    feed.pods.replace([feed.pod("2", on="a", cpu=3), feed.pod("4")])
    assert feed.used("a") == 3000
    assert set(feed.cluster.pending) == {("default", "4")}
    feed.pods.delete(feed.pod("4"))
    assert feed.cluster.pending == {}
    feed.pods.replace([])
    assert feed.used("a") == 0


# -- nodes into the table -----------------------------------------------------------------


def test_nodes(feed: Feed) -> None:
    """Nodes come, change, go and come back; what runs on them counts throughout."""
    feed.pods.upsert(feed.pod("p", cpu=1, on="a"))
    feed.put_node("a", cpu="4")
    feed.put_node("a", cpu="8")
    assert feed.used("a") == 1000
    assert feed.cluster.table.cpu_total.tolist() == [8000]
    feed.nodes.delete(read_node(raw(node("a")), OPTIONS))
    assert len(feed.cluster.table) == 0
    feed.put_node("a", cpu="2")
    assert feed.used("a") == 1000
    assert feed.told == []


def test_replaced_nodes(feed: Feed) -> None:
    """A whole list anew: whoever is not in it is gone."""
    for name in ("a", "b", "c"):
        feed.put_node(name)
    feed.nodes.replace([read_node(raw(node(n, cpu="1")), OPTIONS) for n in ("c", "d")])
    assert sorted(feed.cluster.table.index) == ["c", "d"]
    assert feed.cluster.table.cpu_total.tolist() == [1000, 1000]


def test_aggregates_of_new_nodes(feed: Feed) -> None:
    """A node that comes after the aggregates belongs to them, and one that came before."""
    feed.put_node("early")
    feed.put_kinds(kind("ssd", "HostAggregate", hosts=["early", "late"]))
    feed.put_node("late")
    states = feed.cluster.table.hosts
    assert {s.host: [a.name for a in s.aggregates] for s in states} == {
        "early": ["ssd"],
        "late": ["ssd"],
    }


def test_problems_of_a_node_are_told_once_for_each_change(feed: Feed) -> None:
    """Heartbeats do not repeat them; a new problem, and one that comes back, is told."""
    bad = {"annotations": {"cpu_allocation_ratio": "sixteen"}}
    worse = {"annotations": {"cpu_allocation_ratio": "-1"}}
    for changes in (bad, bad, worse, worse, {}, bad):
        feed.put_node("a", **changes)
    told = [text.split(": ")[0] for text in feed.told]
    assert told == ["node a"] * 3
    assert ["'sixteen'" in text for text in feed.told] == [True, False, True]
    assert "accepted: a decimal above 0" in feed.told[0]
    assert feed.cluster.table.host_state(0).unreadable == Unreadable.CPU_RATIO


def test_problems_of_a_node_that_went(feed: Feed) -> None:
    """A node that is gone and comes back as bad as before is told of again."""
    bad = node("a", annotations={"cpu_allocation_ratio": "0"})
    feed.nodes.upsert(read_node(raw(bad), OPTIONS))
    feed.nodes.delete(read_node(raw(bad), OPTIONS))
    feed.nodes.replace([read_node(raw(bad), OPTIONS)])
    feed.nodes.replace([read_node(raw(bad), OPTIONS)])
    assert len(feed.told) == 2


def test_node_that_cannot_be_read_at_all() -> None:
    """A wrong type is an error that names the node and the place."""
    with pytest.raises(TranslateError, match=r"Node 'a': status is a text; accepted: an object"):
        read_node(raw({**node("a"), "status": "fine"}), OPTIONS)


# -- our own kinds ------------------------------------------------------------------------


def test_kinds(feed: Feed) -> None:
    """Aggregates, flavors and server groups are known by their names."""
    feed.put_kinds(
        kind("ssd", "HostAggregate", hosts=["a"], metadata={"x": "y"}),
        kind("m1.small", "Flavor", vcpus=1, ram=2048),
        kind("web", "ServerGroup", "shop", policy="affinity"),
    )
    assert feed.told == []
    assert dict(feed.cluster.aggregates["ssd"].metadata) == {"x": "y"}
    assert feed.cluster.flavors["m1.small"].memory_mb == 2048
    assert feed.cluster.server_groups["shop", "web"].policy == "affinity"
    feed.put_kinds()
    assert (feed.cluster.aggregates, feed.cluster.flavors, feed.cluster.server_groups) == (
        {},
        {},
        {},
    )


def test_kinds_that_cannot_be_read(feed: Feed) -> None:
    """One bad object is told of and left out; the others count."""
    feed.put_kinds(
        kind("Bad Name", "HostAggregate"),
        kind("good", "HostAggregate"),
        kind("m1", "Flavor", vcpus=-1),
        kind("m2", "Flavor", vcpus="two"),
        kind("m3", "Flavor", vcpus=3),
        kind("g1", "ServerGroup", "ns", policy="nearby"),
        kind("g2", "ServerGroup", "ns", policy="affinity"),
    )
    assert set(feed.cluster.aggregates) == {"good"}
    assert set(feed.cluster.flavors) == {"m3"}
    assert set(feed.cluster.server_groups) == {("ns", "g2")}
    assert [text.split(":")[0] for text in feed.told] == [
        "HostAggregate",
        "Flavor m1",
        "Flavor 'm2'",
        "ServerGroup ns/g1",
    ]
    assert all("accepted:" in text for text in feed.told)


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (
            kind("x", "HostAggregate", hosts=["a"]),
            kind("x", "HostAggregate", hosts=["b"]),
            "HostAggregate x",
        ),
        (kind("x", "Flavor", vcpus=1), kind("x", "Flavor", vcpus=2), "Flavor x"),
        (
            kind("x", "ServerGroup", "ns", policy="affinity"),
            kind("x", "ServerGroup", "ns", policy="anti-affinity"),
            "ServerGroup ns/x",
        ),
    ],
)
def test_kinds_that_stand_twice(feed: Feed, first: Object, second: Object, named: str) -> None:
    """Names must not collide: it is told, and the later one counts, as for nodes and pods."""
    feed.put_kinds(first, second)
    assert feed.told == [f"{named} stands twice; the later one counts"]
    known: list[Any] = [
        *feed.cluster.aggregates.values(),
        *feed.cluster.flavors.values(),
        *feed.cluster.server_groups.values(),
    ]
    assert len(known) == 1
    assert "b" in getattr(known[0], "hosts", "b") or known[0].policy == "anti-affinity"


def test_groups_of_two_namespaces(feed: Feed) -> None:
    """The same name in two namespaces is two groups."""
    feed.put_kinds(
        kind("x", "ServerGroup", "one", policy="affinity"),
        kind("x", "ServerGroup", "two", policy="affinity"),
    )
    assert feed.told == []
    assert len(feed.cluster.server_groups) == 2
