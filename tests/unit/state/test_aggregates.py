"""The aggregates by name, and the hosts that a changed one reaches."""

from __future__ import annotations

import pytest

from extender.model.groups import HostAggregate
from extender.model.host_state import HostState
from extender.state.aggregates import AggregateBook
from extender.state.cluster import Cluster
from tests.builders import aggregate, host


def selecting(name: str, **labels: str) -> HostAggregate:
    """An aggregate by labels."""
    return HostAggregate(name, node_selector=labels)


def names(cluster: Cluster) -> dict[str, list[str]]:
    """The aggregates of each host."""
    return {h.host: [a.name for a in h.aggregates] for h in cluster.table.hosts}


@pytest.fixture
def cluster() -> Cluster:
    """Three hosts, two of them of a pool."""
    made = Cluster()
    made.put_host(host("a", labels={"pool": "x", "disk": "ssd"}))
    made.put_host(host("b", labels={"pool": "x"}))
    made.put_host(host("c"))
    return made


def test_book_is_a_mapping_in_order_of_names() -> None:
    """Whatever the order of coming, and whatever goes."""
    book = AggregateBook()
    for name in ("m", "z", "a"):
        assert book.put(aggregate(name)) is None
    assert list(book) == ["a", "m", "z"]
    assert (len(book), "m" in book, book.get("q")) == (3, True, None)
    assert book.remove("m") is not None
    assert book.remove("m") is None
    assert list(book) == ["a", "z"]
    one, other = aggregate("x", hosts=["h"]), aggregate("x", hosts=["i"])
    book.replace([one, aggregate("b"), other])
    assert list(book) == ["b", "x"]
    assert book["x"] is other
    assert (book.of("h", {}), book.of("i", {})) == ((), (other,))


def test_every_label_of_a_selector_must_match() -> None:
    """Under whichever of its labels an aggregate is looked for."""
    book = AggregateBook()
    both = selecting("both", os="linux", pool="x")
    book.replace([selecting("linux", os="linux"), both, selecting("empty")])
    found = [a.name for a in book.of("h", {"os": "linux", "pool": "y"})]
    assert found == ["linux"]
    assert [a.name for a in book.of("h", {"pool": "x"})] == []
    assert [a.name for a in book.of("h", {"pool": "x", "os": "linux"})] == ["both", "linux"]
    assert book.of("h", {}) == ()


def test_one_host_named_and_selected_belongs_once() -> None:
    """By name and by label is not twice."""
    book = AggregateBook()
    book.put(HostAggregate("one", frozenset({"h"}), {"pool": "x"}))
    assert [a.name for a in book.of("h", {"pool": "x"})] == ["one"]


def test_put_replaces_what_the_name_had() -> None:
    """Hosts and labels of the one before lead nowhere any more."""
    book = AggregateBook()
    before = HostAggregate("one", frozenset({"h"}), {"pool": "x"})
    book.put(before)
    assert book.put(HostAggregate("one", frozenset({"i"}), {"pool": "y"})) is before
    assert book.of("h", {"pool": "x"}) == ()
    assert [a.name for a in book.of("i", {})] == ["one"]
    assert [a.name for a in book.of("h", {"pool": "y"})] == ["one"]
    book.remove("one")
    assert book.of("i", {"pool": "y"}) == ()


def test_an_aggregate_reaches_its_hosts_and_leaves_them(cluster: Cluster) -> None:
    """By name, by label, changed from one to the other, and gone."""
    cluster.put_aggregate(aggregate("one", hosts=["c", "nowhere"]))
    assert names(cluster) == {"a": [], "b": [], "c": ["one"]}
    cluster.put_aggregate(selecting("one", pool="x"))
    assert names(cluster) == {"a": ["one"], "b": ["one"], "c": []}
    cluster.put_aggregate(selecting("one", pool="x", disk="ssd"))
    assert names(cluster) == {"a": ["one"], "b": [], "c": []}
    cluster.put_aggregate(aggregate("two", hosts=["a"]))
    cluster.remove_aggregate("one")
    cluster.remove_aggregate("one")
    assert names(cluster) == {"a": ["two"], "b": [], "c": []}


def test_columns_follow_one_aggregate(cluster: Cluster) -> None:
    """What filters judge by is in step at once, without being built anew."""
    assert cluster.table.encoded("zones").isin([frozenset({"nova"})]).all()
    cluster.put_aggregate(aggregate("one", hosts=["b"], availability_zone="z1"))
    zones = cluster.table.encoded("zones")
    assert zones.isin([frozenset({"z1"})]).tolist() == [False, True, False]
    cluster.put_aggregate(aggregate("one", hosts=["b"], availability_zone="z2"))
    zones = cluster.table.encoded("zones")
    assert zones.isin([frozenset({"z1"})]).tolist() == [False, False, False]
    assert zones.isin([frozenset({"z2"})]).tolist() == [False, True, False]


def test_other_hosts_are_left_alone(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only hosts that an aggregate touches, or touched, are written anew."""
    written: list[str] = []
    put = cluster.table.put

    def noted(changed: HostState) -> int:
        written.append(changed.host)
        return put(changed)

    monkeypatch.setattr(cluster.table, "put", noted)
    cluster.put_aggregate(aggregate("one", hosts=["b"]))
    assert written == ["b"]
    cluster.put_aggregate(selecting("one", disk="ssd"))
    assert sorted(written[1:]) == ["a", "b"]
    del written[:]
    kept = cluster.aggregates["one"]
    cluster.replace_aggregates([kept, aggregate("two", hosts=["c"])])
    assert written == ["c"]
    cluster.remove_aggregate("two")
    assert written == ["c", "c"]


def test_use_stays(cluster: Cluster) -> None:
    """A host that joins an aggregate keeps what its pods take."""
    cluster.table.hosts[1].cpu.used = 700
    cluster.put_aggregate(aggregate("one", hosts=["b"]))
    assert cluster.table.cpu_used.tolist() == [0, 700, 0]


def test_an_aggregate_of_very_many_hosts() -> None:
    """Above 64 hosts the columns are built anew instead of written one by one; it is the same."""
    cluster = Cluster()
    for n in range(100):
        cluster.put_host(host(f"n{n}", labels={"pool": "x" if n % 10 else "y"}))
    cluster.table.encoded("zones")
    in_x = [n % 10 != 0 for n in range(100)]
    for zone in ("z1", "z2"):
        selector = {"pool": "x"}
        found = HostAggregate("one", node_selector=selector, metadata={"availability_zone": zone})
        cluster.put_aggregate(found)
        column = cluster.table.encoded("zones").isin([frozenset({zone})])
        assert column.tolist() == in_x
    cluster.remove_aggregate("one")
    assert cluster.table.encoded("zones").isin([frozenset({"nova"})]).all()
