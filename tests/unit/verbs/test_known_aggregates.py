"""All aggregates are known wherever hosts are judged, also those that no host belongs to."""

from __future__ import annotations

import numpy as np

from extender.model.groups import HostAggregate
from extender.model.host_table import HostTable
from extender.protocol.requests import ExtenderArgs
from extender.verbs.asked import asked
from tests.builders import aggregate, host, table
from tests.unit.verbs.making import engine, kind, node, pod, raw


def names(hosts: HostTable) -> list[str]:
    """The aggregates that the table knows."""
    return [found.name for found in hosts.aggregates]


def test_views_and_copies() -> None:
    """Whatever is made of a table knows what it knows."""
    hosts = table(host("a"), host("b"))
    assert names(hosts) == []
    hosts.aggregates = (aggregate("x"),)
    rows = np.array([1], dtype=np.intp)
    assert names(hosts.take(rows)) == ["x"]
    assert names(hosts.take(rows).take(np.array([0], dtype=np.intp))) == ["x"]
    assert names(hosts.copy()) == ["x"]
    assert names(hosts.take(rows).copy()) == ["x"]


def test_cluster() -> None:
    """The table follows what becomes of the aggregates, by name."""
    made = engine([node("a")])
    cluster = made.cluster
    cluster.put_aggregate(HostAggregate("z", hosts=frozenset({"a"})))
    cluster.put_aggregate(HostAggregate("b"))
    assert names(cluster.table) == ["b", "z"]
    newer = HostAggregate("b", metadata={"k": "v"})
    cluster.put_aggregate(newer)
    assert cluster.table.aggregates[0] is newer
    cluster.remove_aggregate("z")
    assert names(cluster.table) == ["b"]
    cluster.replace_aggregates([HostAggregate("d"), HostAggregate("c")])
    assert names(cluster.table) == ["c", "d"]


def test_nodes_sent_whole() -> None:
    """A stateless question is judged by the same aggregates."""
    made = engine([node("a")], kinds=[kind("empty", "HostAggregate", hosts=["gone"])])
    found = asked(made, ExtenderArgs(raw(pod()), None, [raw(node("new"))]))
    assert names(found.table) == ["empty"]
