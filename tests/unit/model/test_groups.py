"""Aggregates and server groups."""

from __future__ import annotations

import pytest

from extender.model.groups import HostAggregate, InstanceGroup, split_values, values_from_key
from tests.builders import aggregate


def test_aggregate_by_host_name() -> None:
    """A host named in the aggregate belongs to it, whatever its labels; case counts."""
    racks = HostAggregate(name="racks", hosts=frozenset({"node-1"}))
    assert racks.has("node-1", {})
    assert not racks.has("node-2", {})
    assert not racks.has("Node-1", {})


def test_aggregate_by_labels() -> None:
    """A node selector asks for all its labels, and for exactly those values."""
    fast = HostAggregate(name="fast", node_selector={"disk": "ssd", "net": "10g"})
    assert fast.has("node-1", {"disk": "ssd", "net": "10g", "more": "x"})
    assert not fast.has("node-1", {"disk": "ssd"})
    assert not fast.has("node-1", {"disk": "ssd", "net": "1g"})


@pytest.mark.parametrize("selector", [None, {}])
def test_empty_selector_selects_nothing(selector: dict[str, str] | None) -> None:
    """An aggregate with neither hosts nor selector has no host at all."""
    assert not HostAggregate(name="none", node_selector=selector).has("node-1", {"a": "b"})


def test_aggregate_by_either() -> None:
    """Hosts by name and hosts by label are united."""
    both = HostAggregate(name="both", hosts=frozenset({"node-1"}), node_selector={"disk": "ssd"})
    assert both.has("node-1", {})
    assert both.has("node-2", {"disk": "ssd"})


def test_aggregates_are_compared_by_identity() -> None:
    """A changed aggregate is a new object, never taken for an old one of equal content."""
    assert aggregate("a", ratio="2") != aggregate("a", ratio="2")
    one = aggregate("a")
    assert {one: 1}[one] == 1


def test_values_from_key() -> None:
    """Raw texts are collected: equal ones collapse, lists stay whole, "2" and "2.0" differ."""
    hosts = (
        aggregate("a", k="2"),
        aggregate("b", k="2.0"),
        aggregate("c", k="2"),
        aggregate("d", k="x, y"),
        aggregate("e", other="9"),
    )
    assert values_from_key(hosts, "k") == {"2", "2.0", "x, y"}
    assert values_from_key(hosts, "missing") == frozenset()
    assert values_from_key((), "k") == frozenset()


def test_split_values() -> None:
    """Comma lists are taken apart and blanks around items dropped; an empty item stays one."""
    assert split_values(frozenset({"a, b", " b ,c"})) == {"a", "b", "c"}
    assert split_values(frozenset({"a b"})) == {"a b"}
    assert split_values(frozenset({"a,"})) == {"a", ""}
    assert split_values(frozenset()) == frozenset()


def test_instance_group_defaults() -> None:
    """Anti-affinity allows one member a host until a rule says more."""
    group = InstanceGroup(name="web", namespace="shop", policy="anti-affinity")
    assert group.max_server_per_host == 1
    assert group.members == frozenset()
    assert group.hosts == {}
