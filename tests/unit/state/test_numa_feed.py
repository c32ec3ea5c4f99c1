"""NodeResourceTopology objects into the cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from extender.model.numa import NUMATopology
from extender.state.node_feed import read_node
from extender.state.numa_feed import AT_ONCE, NodeTopology, NUMASink, read_node_topology
from extender.translate.errors import TranslateError
from tests.numa_cells import cell, topology
from tests.unit.state.making import OPTIONS, Feed
from tests.unit.verbs.making import node, raw

ANNOTATION = {"numa_topology": '{"cells": [{"id": 7, "cpuset": [0]}]}'}


class Topologies(Feed):
    """A cluster with the sink of topologies, and what it told of."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[str] = []
        self.sink = NUMASink(self.cluster, self.lock, self.changes.append)

    def cells(self, name: str) -> NUMATopology | None:
        """The cells of a host, as filters see them."""
        return self.cluster.table.host_state(self.cluster.table.index[name]).numa_topology


@pytest.fixture
def feed() -> Topologies:
    """An empty one."""
    return Topologies()


def of(name: str, *cpus: int, **fields: Any) -> NodeTopology:
    """A node's topology: a cell for each number of CPUs."""
    cells = (cell(n, cpuset=range(number), **fields) for n, number in enumerate(cpus))
    return NodeTopology(name, topology(*cells))


def test_read() -> None:
    """By the node's name."""
    value = {
        "metadata": {"name": "a"},
        "zones": [
            {"name": "node-2", "type": "Node", "resources": [{"name": "cpu", "allocatable": "2"}]}
        ],
    }
    found = read_node_topology(raw(value))
    assert found.host == "a"
    assert [one.id for one in found.topology.cells] == [2]
    with pytest.raises(TranslateError, match="name is missing"):
        read_node_topology(raw({"zones": []}))
    with pytest.raises(TranslateError, match="NodeResourceTopology 'a': zones is"):
        read_node_topology(raw({"metadata": {"name": "a"}, "zones": 5}))


def test_before_and_after_the_node(feed: Topologies) -> None:
    """Whichever comes first, the host has both; each may change without the other."""
    feed.sink.upsert(of("early", 2))
    feed.put_node("early")
    feed.put_node("late")
    feed.sink.upsert(of("late", 4))
    assert feed.cells("early") == of("early", 2).topology
    assert feed.cells("late") == of("late", 4).topology
    feed.put_node("late", cpu="9")
    assert feed.cells("late") == of("late", 4).topology
    assert feed.cluster.table.cpu_total.tolist() == [4000, 9000]
    feed.sink.upsert(of("late", 1, 1))
    assert feed.cells("late") == of("late", 1, 1).topology


def test_the_annotation_wins(feed: Topologies) -> None:
    """As long as it is there."""
    feed.sink.upsert(of("a", 2))
    feed.put_node("a", annotations=ANNOTATION)
    found = feed.cells("a")
    assert found is not None
    assert [one.id for one in found.cells] == [7]
    feed.sink.upsert(of("a", 3))
    assert feed.cells("a") == found
    feed.put_node("a")
    assert feed.cells("a") == of("a", 3).topology


def test_topologies_that_go(feed: Topologies) -> None:
    """A host without one has no cells, until one comes back; a node may go before."""
    feed.put_node("a")
    feed.sink.upsert(of("a", 2))
    feed.sink.delete(of("a", 2))
    assert feed.cells("a") is None
    feed.sink.delete(of("a", 2))
    feed.sink.upsert(of("a", 2))
    feed.nodes.delete(read_node(raw(node("a")), OPTIONS))
    feed.put_node("a")
    assert feed.cells("a") == of("a", 2).topology


def test_a_whole_list(feed: Topologies) -> None:
    """Who is not in it has no cells any more."""
    names = [f"node-{number}" for number in range(2 * AT_ONCE + 1)]
    for name in names:
        feed.put_node(name)
    feed.sink.listing()
    feed.sink.replace([of(name, 2) for name in names])
    assert all(feed.cells(name) is not None for name in names)
    feed.sink.replace([of("node-0", 3), of("stranger", 1)])
    assert feed.cells("node-0") == of("node-0", 3).topology
    assert all(feed.cells(name) is None for name in names[1:])
    assert sorted(feed.cluster.topologies) == ["node-0", "stranger"]


def test_columns_follow(feed: Topologies) -> None:
    """What filters made of the cells is made anew, and only where they changed."""
    feed.put_node("a")

    def seen() -> list[int]:
        column = feed.cluster.table.column_by(
            "cells", lambda host: len(host.numa_topology or ()), np.int64, fixed=True
        )
        return [int(number) for number in column]

    assert seen() == [0]
    feed.sink.upsert(of("a", 1, 1))
    assert seen() == [2]
    feed.sink.delete(of("a"))
    assert seen() == [0]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, of("a", 2), True),
        (None, of("a"), False),
        (of("a", 2), of("a", 2), False),
        (of("a", 2), of("a", 3), True),
        (of("a", 2), of("a", 1), False),
        (of("a", 2), of("a", 2, 1), True),
        (of("a", 2, 3), of("a", 1, 4), True),  # one of them has more
        (of("a", 2, memory_usage=5), of("a", 2, memory_usage=4), True),
        (of("a", 2, memory_usage=4), of("a", 2, memory_usage=5), False),
        (of("a", 2, cpu_usage=1), of("a", 2), True),
        (of("a", 2), of("a", 2, cpu_usage=1), False),
        (of("a", 2, mempages=[(4, 9, 3)]), of("a", 2, mempages=[(4, 9, 2)]), True),
        (of("a", 2, mempages=[(4, 9, 2)]), of("a", 2, mempages=[(4, 9, 3)]), False),
        (of("a", 2), of("a", 2, mempages=[(4, 9)]), True),
    ],
)
def test_more_room_is_told(
    feed: Topologies, before: NodeTopology | None, after: NodeTopology, told: bool
) -> None:
    """kube-scheduler does not know of it; less room, or the same, wakes nobody."""
    if before is not None:
        feed.sink.upsert(before)
    feed.changes.clear()
    feed.sink.upsert(after)
    assert feed.changes == (["NodeResourceTopology a"] if told else [])


def test_a_topology_that_goes_is_not_told(feed: Topologies) -> None:
    """It leaves no room at all."""
    feed.sink.upsert(of("a", 2))
    feed.changes.clear()
    feed.sink.delete(of("a", 2))
    assert feed.changes == []


def test_nobody_needs_to_listen(feed: Topologies) -> None:
    """A file is read without anybody to tell."""
    NUMASink(feed.cluster, feed.lock).upsert(of("a", 2))
    assert list(feed.cluster.topologies) == ["a"]
