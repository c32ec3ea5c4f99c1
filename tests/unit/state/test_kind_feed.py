"""Our own kinds into the cluster: all at once from a file, or as the watch brings them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from extender.model.groups import HostAggregate
from extender.state.kind_feed import KindFeeds
from extender.state.kind_record import KindRecord, read_aggregate, read_flavor, read_group
from tests.builders import aggregate, flavor
from tests.unit.state.making import Feed
from tests.unit.verbs.making import Object, kind, raw


@pytest.fixture
def feed() -> Feed:
    """An empty one."""
    return Feed()


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
    assert not feed.cluster.aggregates
    assert (feed.cluster.flavors, feed.cluster.server_groups) == ({}, {})


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


# -- as the watch brings them -----------------------------------------------------------------


class Live(Feed):
    """A cluster with the sinks of our kinds, and what they called for."""

    def __init__(self, **static: Any) -> None:
        super().__init__()
        self.changes: list[str] = []
        self.kinds = KindFeeds(
            self.cluster, self.lock, self.told.append, self.changes.append, **static
        )
        for name in ("a", "b", "c"):
            self.put_node(name)

    def zones(self) -> dict[str, list[str]]:
        """The aggregates of each host."""
        return {h.host: [a.name for a in h.aggregates] for h in self.cluster.table.hosts}


def seen(
    name: str = "az1", uid: str = "u1", status: Any = None, **spec: Any
) -> KindRecord[HostAggregate]:
    """A HostAggregate as the API server shows it."""
    found = kind(name, "HostAggregate", **spec)
    found["metadata"]["uid"] = uid
    return read_aggregate(raw({**found, "status": status}))


def broken(name: str = "az1", uid: str = "u1", hosts: Any = 5) -> KindRecord[HostAggregate]:
    """One that cannot be read."""
    return seen(name, uid, hosts=hosts)


@pytest.fixture
def live() -> Live:
    """Three nodes, none of our kinds."""
    return Live()


def test_an_aggregate_comes_changes_and_goes(live: Live) -> None:
    """Each step reaches the hosts, and is called out."""
    sink = live.kinds.aggregates
    sink.listing()
    sink.replace([])
    assert live.changes == []
    sink.upsert(seen(hosts=["a"]))
    assert live.zones() == {"a": ["az1"], "b": [], "c": []}
    sink.upsert(seen(hosts=["b"]))
    assert live.zones() == {"a": [], "b": ["az1"], "c": []}
    sink.upsert(seen(hosts=["b"], metadata={"k": "v"}))
    assert dict(live.cluster.aggregates["az1"].metadata) == {"k": "v"}
    sink.delete(seen(hosts=["b"], metadata={"k": "v"}))
    assert live.zones() == {"a": [], "b": [], "c": []}
    assert live.changes == ["HostAggregate az1"] * 4
    assert live.told == []


def test_flavors_and_groups_come_change_and_go(live: Live) -> None:
    """Likewise; groups by namespace and name."""
    live.kinds.flavors.upsert(read_flavor(raw(kind("m1", "Flavor", vcpus=1))))
    live.kinds.flavors.upsert(read_flavor(raw(kind("m1", "Flavor", vcpus=2))))
    assert live.cluster.flavors["m1"].vcpus == 2
    group = read_group(raw(kind("web", "ServerGroup", "shop", policy="affinity")))
    live.kinds.groups.upsert(group)
    assert live.cluster.server_groups["shop", "web"].policy == "affinity"
    live.kinds.groups.delete(group)
    live.kinds.flavors.delete(read_flavor(raw(kind("m1", "Flavor", vcpus=2))))
    assert (live.cluster.flavors, live.cluster.server_groups) == ({}, {})
    assert live.changes == [
        "Flavor m1",
        "Flavor m1",
        "ServerGroup shop/web",
        "ServerGroup shop/web",
        "Flavor m1",
    ]


def test_a_group_made_anew_is_another(live: Live) -> None:
    """Its uid is Nova's uuid of the group, even if all else is the same."""
    for uid in ("u1", "u2"):
        found = kind("web", "ServerGroup", "shop", policy="affinity")
        found["metadata"]["uid"] = uid
        live.kinds.groups.upsert(read_group(raw(found)))
    assert live.cluster.server_groups["shop", "web"].uuid == "u2"
    assert len(live.changes) == 2


def test_a_status_alone_changes_nothing(live: Live) -> None:
    """The aggregate stays the same object, so nothing worked out for it is lost; nobody is woken.

    Otherwise each status that we write would wake all waiting pods.
    """
    sink = live.kinds.aggregates
    sink.upsert(seen(hosts=["a"], nodeSelector={"x": "y"}, metadata={"k": "v"}))
    known = live.cluster.aggregates["az1"]
    same = seen(hosts=["a"], nodeSelector={"x": "y"}, metadata={"k": "v"}, status={"hosts": 1})
    sink.upsert(same)
    sink.replace([same])
    assert live.cluster.aggregates["az1"] is known
    assert live.cluster.table.host_state(0).aggregates == (known,)
    assert live.changes == ["HostAggregate az1"]
    (held,) = sink.held()
    assert held.record.status == {"hosts": 1}
    assert held.effective is known


def test_a_whole_list(live: Live) -> None:
    """Whoever is not in it is gone; what changed is called out once, by the first of it."""
    sink = live.kinds.aggregates
    sink.replace([seen("z", hosts=["a"]), seen("m", hosts=["b"]), seen("y", hosts=["c"])])
    assert live.changes == ["HostAggregate m and 2 more"]
    kept = live.cluster.aggregates["y"]
    sink.replace([seen("z", hosts=["b"]), seen("y", hosts=["c"])])
    assert live.zones() == {"a": [], "b": ["z"], "c": ["y"]}
    assert live.cluster.aggregates["y"] is kept
    assert live.changes[1:] == ["HostAggregate m and 1 more"]
    sink.replace([seen("y", hosts=["c"]), seen("z", hosts=["b"])])
    assert len(live.changes) == 2


def test_a_list_in_which_much_is_new(live: Live) -> None:
    """Above 16 changes the whole is taken in at once; it is the same."""
    sink = live.kinds.aggregates
    sink.replace([seen(f"x{n:02}", hosts=["a"]) for n in range(20)])
    sink.replace([seen(f"x{n:02}", hosts=["b" if n % 2 else "a"]) for n in range(40)])
    names = [f"x{n:02}" for n in range(40)]
    assert live.zones() == {"a": names[::2], "b": names[1::2], "c": []}
    # Ten of the first twenty went to another host, twenty more are new.
    assert live.changes == ["HostAggregate x00 and 19 more", "HostAggregate x01 and 29 more"]
    sink.replace([])
    assert live.zones() == {"a": [], "b": [], "c": []}
    flavors = [read_flavor(raw(kind(f"m{n}", "Flavor", vcpus=n))) for n in range(20)]
    live.kinds.flavors.replace(flavors)
    assert len(live.cluster.flavors) == 20
    groups = [
        read_group(raw(kind(f"g{n}", "ServerGroup", "ns", policy="affinity"))) for n in range(20)
    ]
    live.kinds.groups.replace(groups)
    assert len(live.cluster.server_groups) == 20


def test_an_edit_that_cannot_be_read_leaves_the_last_good_one(live: Live) -> None:
    """A slip must not free the hosts of an aggregate; it is told once, and mended by the next."""
    sink = live.kinds.aggregates
    sink.upsert(seen(hosts=["a"], metadata={"filter_tenant_id": "shop"}))
    known = live.cluster.aggregates["az1"]
    sink.upsert(broken())
    sink.upsert(broken())
    sink.replace([broken()])
    assert live.cluster.aggregates["az1"] is known
    assert live.zones()["a"] == ["az1"]
    assert live.told == [
        (
            "HostAggregate 'az1': spec.hosts is a whole number; accepted: a list; "
            "it counts as it last could be read"
        )
    ]
    assert live.changes == ["HostAggregate az1"]
    (held,) = sink.held()
    assert (held.record.parsed, held.effective) == (None, known)
    sink.upsert(broken(hosts=[""]))
    assert len(live.told) == 2
    sink.upsert(seen(hosts=["b"]))
    assert live.zones() == {"a": [], "b": ["az1"], "c": []}
    sink.upsert(broken())
    sink.delete(broken())
    assert live.zones() == {"a": [], "b": [], "c": []}
    assert sink.held() == []


def test_one_that_never_could_be_read(live: Live) -> None:
    """It is told of, left out and remembered; the others are unharmed."""
    sink = live.kinds.aggregates
    sink.replace([broken("bad"), seen("good", hosts=["a"])])
    assert list(live.cluster.aggregates) == ["good"]
    assert [text.rpartition("; ")[2] for text in live.told] == ["it is left out"]
    assert {h.record.name: h.effective is None for h in sink.held()} == {
        "bad": True,
        "good": False,
    }
    assert live.changes == ["HostAggregate good"]
    sink.delete(broken("bad"))
    assert [h.record.name for h in sink.held()] == ["good"]
    assert live.changes == ["HostAggregate good"]


def test_one_made_anew_inherits_nothing(live: Live) -> None:
    """The watch may skip the deletion; another uid is another object."""
    sink = live.kinds.aggregates
    sink.upsert(seen(hosts=["a"]))
    sink.upsert(broken(uid="u2"))
    assert live.zones()["a"] == []
    assert not live.cluster.aggregates
    assert live.told[0].endswith("; it is left out")
    assert live.changes == ["HostAggregate az1"] * 2


def test_kinds_that_are_not_installed(live: Live) -> None:
    """Without its definition a kind is an empty list, and nothing is said."""
    for sink in live.kinds:
        sink.listing()
        sink.replace(())
    assert (live.told, live.changes) == ([], [])
    assert [sink.kind.plural for sink in live.kinds] == [
        "hostaggregates",
        "flavors",
        "servergroups",
    ]


# -- beside those of a file -------------------------------------------------------------------


@pytest.fixture
def both() -> Live:
    """Nodes, and an aggregate and a flavor of a file."""
    return Live(
        aggregates=[aggregate("az1", hosts=["c"]), aggregate("file", hosts=["c"])],
        flavors=[flavor("m1", vcpus=4)],
    )


def test_a_file_counts_where_the_api_server_has_nothing(both: Live) -> None:
    """Also when the kinds are not installed, and after a list."""
    assert both.zones() == {"a": [], "b": [], "c": ["az1", "file"]}
    for sink in both.kinds:
        sink.replace(())
    assert both.zones() == {"a": [], "b": [], "c": ["az1", "file"]}
    assert both.cluster.flavors["m1"].vcpus == 4
    assert (both.told, both.changes) == ([], [])


def test_the_api_server_counts_before_the_file(both: Live) -> None:
    """A name in both is told of once; when the API server's goes, the file's is back."""
    sink = both.kinds.aggregates
    sink.replace([seen(hosts=["a"])])
    sink.replace([seen(hosts=["a"])])
    sink.upsert(seen(hosts=["b"]))
    assert both.zones() == {"a": [], "b": ["az1"], "c": ["file"]}
    assert both.told == [
        "HostAggregate az1 stands in the file and at the API server; the API server's counts"
    ]
    sink.delete(seen(hosts=["b"]))
    assert both.zones() == {"a": [], "b": [], "c": ["az1", "file"]}
    assert both.changes == ["HostAggregate az1"] * 3


def test_an_unreadable_one_does_not_hide_the_file(both: Live) -> None:
    """What the file says is the best there is, until the API server's can be read."""
    sink = both.kinds.aggregates
    sink.upsert(broken())
    assert both.zones()["c"] == ["az1", "file"]
    assert [text.rpartition("; ")[2] for text in both.told] == ["the one in the file counts"]
    sink.upsert(seen(hosts=["a"]))
    assert both.zones() == {"a": ["az1"], "b": [], "c": ["file"]}
    assert both.told[1].endswith("; the API server's counts")


# -- when something goes wrong ----------------------------------------------------------------


def test_a_fault_is_made_good_by_the_next_list(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reflector lists again when a sink raises; the list must then find the difference."""
    sink = live.kinds.aggregates
    with monkeypatch.context() as patched:
        patched.setattr(live.cluster, "put_aggregate", _fail)
        with pytest.raises(ZeroDivisionError):
            sink.upsert(seen(hosts=["a"]))
        with pytest.raises(ZeroDivisionError):
            sink.replace([seen(hosts=["a"])])
    assert live.changes == []
    sink.replace([seen(hosts=["a"])])
    assert live.zones()["a"] == ["az1"]
    assert live.changes == ["HostAggregate az1"]


def test_nobody_is_called_with_the_lock_held(live: Live) -> None:
    """Whoever wakes pods or writes a log may take its time; the verbs must not wait for it."""
    free: list[bool] = []

    def attempt() -> None:
        free.append(live.lock.acquire(blocking=False))
        if free[-1]:
            live.lock.release()

    def look(_: str) -> None:
        """Try the lock from another thread."""
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()

    kinds = KindFeeds(live.cluster, live.lock, look, look)
    kinds.aggregates.upsert(broken("bad"))
    kinds.aggregates.upsert(seen(hosts=["a"]))
    assert free == [True, True]


def _fail(_: object) -> None:
    raise ZeroDivisionError
