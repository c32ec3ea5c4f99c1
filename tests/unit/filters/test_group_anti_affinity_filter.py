"""GroupAntiAffinityFilter: ServerGroupAntiAffinityFilter for the policy legacy."""

from __future__ import annotations

import pytest

from extender.filters.group_anti_affinity_filter import GroupAntiAffinityFilter
from extender.filters.server_group_anti_affinity_filter import ServerGroupAntiAffinityFilter
from extender.model.groups import InstanceGroup
from extender.translate.kinds import POLICIES
from tests.builders import host, reasons, spec, table

FULL = "server_group_on_host"


def group(policy: str, **hosts: int) -> InstanceGroup:
    """A group with so many members on these hosts."""
    return InstanceGroup(name="web", namespace="shop", policy=policy, hosts=hosts)


def test_legacy_groups() -> None:
    """Not where a member is, as its younger namesake judges: one a host is the rule's default."""
    hosts = table(host("a"), host("b"), host("c"))
    asked = spec(instance_group=group("legacy", a=1, c=2))
    assert reasons(GroupAntiAffinityFilter(), hosts, asked) == [FULL, None, FULL]
    assert reasons(ServerGroupAntiAffinityFilter(), hosts, asked) == [None] * 3
    numbers = GroupAntiAffinityFilter().numbers(hosts, asked)
    assert numbers is not None
    assert numbers.have.tolist() == [0, 1, -1]


@pytest.mark.parametrize("policy", POLICIES)
def test_no_server_group_concerns_it(policy: str) -> None:
    """A ServerGroup has one of four policies, and legacy is none of them."""
    asked = spec(instance_group=group(policy, a=9))
    assert reasons(GroupAntiAffinityFilter(), table(host("a"), host("b")), asked) == [None, None]
    assert GroupAntiAffinityFilter.policy not in POLICIES


def test_explains() -> None:
    """The group, its policy and the places left."""
    facts = GroupAntiAffinityFilter().explain(host("a"), spec(instance_group=group("legacy", a=1)))
    assert (facts.need, facts.have, facts.short_by) == (1, 0, 1)
    assert facts.sources[1].value == "legacy"
