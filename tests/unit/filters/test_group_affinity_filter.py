"""GroupAffinityFilter: ServerGroupAffinityFilter for the policy legacy."""

from __future__ import annotations

import pytest

from extender.filters.group_affinity_filter import GroupAffinityFilter
from extender.filters.server_group_affinity_filter import ServerGroupAffinityFilter
from extender.model.groups import InstanceGroup
from extender.translate.kinds import POLICIES
from tests.builders import host, reasons, spec, table

AWAY = "not_with_server_group"


def group(policy: str, **hosts: int) -> InstanceGroup:
    """A group with so many members on these hosts."""
    return InstanceGroup(name="web", namespace="shop", policy=policy, hosts=hosts)


def test_legacy_groups() -> None:
    """Where the members are, and anywhere for the first, as its younger namesake judges."""
    hosts = table(host("a"), host("b"), host("c"))
    asked = spec(instance_group=group("legacy", a=1, c=2))
    assert reasons(GroupAffinityFilter(), hosts, asked) == [None, AWAY, None]
    assert reasons(ServerGroupAffinityFilter(), hosts, asked) == [None] * 3
    assert reasons(GroupAffinityFilter(), hosts, spec(instance_group=group("legacy"))) == [None] * 3


@pytest.mark.parametrize("policy", POLICIES)
def test_no_server_group_concerns_it(policy: str) -> None:
    """A ServerGroup has one of four policies, and legacy is none of them."""
    asked = spec(instance_group=group(policy, a=9))
    assert reasons(GroupAffinityFilter(), table(host("a"), host("b")), asked) == [None, None]
    assert GroupAffinityFilter.policy not in POLICIES


def test_explains() -> None:
    """The group, its policy and its hosts."""
    facts = GroupAffinityFilter().explain(host("b"), spec(instance_group=group("legacy", a=1)))
    assert (facts.need, facts.have) == ("a", "b")
    assert facts.sources[1].value == "legacy"
