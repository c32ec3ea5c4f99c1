"""Our own kinds into the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.state.making import Feed
from tests.unit.verbs.making import Object, kind


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
