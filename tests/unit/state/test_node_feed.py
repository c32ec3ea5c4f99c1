"""Nodes into the cluster, as list/watch and files deliver them."""

from __future__ import annotations

import pytest

from extender.model.host_parts import Unreadable
from extender.state.node_feed import read_node
from extender.translate.errors import TranslateError
from tests.unit.state.making import OPTIONS, Feed
from tests.unit.verbs.making import kind, node, raw


@pytest.fixture
def feed() -> Feed:
    """An empty one."""
    return Feed()


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
