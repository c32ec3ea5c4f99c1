"""ServerGroupAffinityFilter: where the group has its members."""

from __future__ import annotations

import random

import numpy as np
import pytest

from extender.filters.server_group_affinity_filter import ServerGroupAffinityFilter
from extender.model.groups import InstanceGroup
from extender.model.options import SchedulerOptions
from extender.scheduler.filter_scheduler import FilterScheduler
from tests.builders import host, instance, reason, reasons, spec, table

AWAY = "not_with_server_group"


def group(**hosts: int) -> InstanceGroup:
    """A group with so many members on these hosts."""
    return InstanceGroup(name="web", namespace="shop", policy="affinity", hosts=hosts)


def test_group_without_members() -> None:
    """The first member may go anywhere."""
    asked = spec(instance_group=group())
    assert reasons(ServerGroupAffinityFilter(), table(host("a"), host("b")), asked) == [None, None]


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        ({"a": 1}, [None, AWAY, AWAY]),
        ({"a": 1, "c": 7}, [None, AWAY, None]),
        ({"a": 1, "b": 1, "c": 1}, [None, None, None]),
        ({"gone": 1}, [AWAY, AWAY, AWAY]),
        ({"A": 1}, [AWAY, AWAY, AWAY]),
    ],
)
def test_only_where_members_are(hosts: dict[str, int], found: list[str | None]) -> None:
    """Any host with a member will do, by its whole name, case and all; also one that is gone."""
    judged = table(host("a"), host("b"), host("c"))
    assert (
        reasons(ServerGroupAffinityFilter(), judged, spec(instance_group=group(**hosts))) == found
    )


def test_the_instance_itself_is_no_member() -> None:
    """Being on a host is no leave to stay where the others are not."""
    own = {"uid-new": instance("uid-new")}
    asked = spec(instance_group=group(b=1))
    assert reason(ServerGroupAffinityFilter(), host("a", instances=own), asked) == AWAY


def test_a_host_asked_about_twice() -> None:
    """Both answers are the same."""
    twice = table(host("a"), host("b")).take(np.array([1, 0, 1], dtype=np.intp))
    asked = spec(instance_group=group(b=1))
    assert reasons(ServerGroupAffinityFilter(), twice, asked) == [None, AWAY, None]


def test_the_rest_follow_the_first() -> None:
    """Of several instances the first goes anywhere and the others where it went."""
    scheduler = FilterScheduler(
        (ServerGroupAffinityFilter(),), (), SchedulerOptions(host_subset_size=5), clock=lambda: 0.0
    )
    for seed in range(5):
        found = scheduler.select_destinations(
            table(*(host(name) for name in "abcde")),
            spec(instance_group=group()),
            ["uid-1", "uid-2", "uid-3"],
            rng=random.Random(seed),  # noqa: S311 - a repeatable test
        )
        assert len({selection[0].service_host for selection in found.selections}) == 1


def test_explains() -> None:
    """The hosts to choose from, by name, with the members on each."""
    facts = ServerGroupAffinityFilter().explain(host("c"), spec(instance_group=group(b=2, a=1)))
    assert (facts.need, facts.have, facts.short_by) == ("a, b", "c", None)
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("server_group", "web", "pod annotation nova-extender.io/server_group"),
        ("policy", "affinity", "ServerGroup shop/web"),
        ("members", "a (1), b (2)", "bound or claimed pods, by node"),
    ]


def test_explains_a_group_without_members() -> None:
    """Any host will do."""
    facts = ServerGroupAffinityFilter().explain(host("c"), spec(instance_group=group()))
    assert facts.need == "any"
    assert facts.sources[-1].value == "none"


def test_explains_a_large_group() -> None:
    """Ten hosts are named, the others counted."""
    many = {f"n{n:02}": n + 1 for n in range(12)}
    facts = ServerGroupAffinityFilter().explain(host("c"), spec(instance_group=group(**many)))
    names = [f"n{n:02}" for n in range(10)]
    assert facts.need == ", ".join(names) + " and 2 more"
    members = ", ".join(f"{name} ({n + 1})" for n, name in enumerate(names))
    assert facts.sources[-1].value == members + " and 2 more"
