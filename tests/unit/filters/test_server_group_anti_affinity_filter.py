"""ServerGroupAntiAffinityFilter: not where the group has enough members."""

from __future__ import annotations

import random

import numpy as np
import pytest

from extender.filters.server_group_anti_affinity_filter import ServerGroupAntiAffinityFilter
from extender.model.columns import LARGEST
from extender.model.groups import InstanceGroup
from extender.model.options import SchedulerOptions
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.selection import NoValidHost
from tests.builders import host, reason, reasons, spec, table

FULL = "server_group_on_host"


def group(most: int = 1, **hosts: int) -> InstanceGroup:
    """A group with so many members on these hosts, of which a host may have ``most``."""
    return InstanceGroup(
        name="web", namespace="shop", policy="anti-affinity", max_server_per_host=most, hosts=hosts
    )


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_both_sides_of_the_maximum(most: int) -> None:
    """One member fewer than the maximum leaves a place, the maximum leaves none, nor more."""
    hosts = table(*(host(name) for name in ("none", "below", "at", "above")))
    counts = {"below": most - 1, "at": most, "above": most + 1}
    asked = spec(instance_group=group(most, **{name: n for name, n in counts.items() if n}))
    assert reasons(ServerGroupAntiAffinityFilter(), hosts, asked) == [None, None, FULL, FULL]


def test_group_without_members() -> None:
    """The first member may go anywhere."""
    asked = spec(instance_group=group())
    assert (
        reasons(ServerGroupAntiAffinityFilter(), table(host("a"), host("b")), asked) == [None] * 2
    )


def test_names_are_whole_and_of_one_case() -> None:
    """Only the very host that the members are on is refused; one that is gone is nobody's."""
    hosts = table(host("node-1"), host("Node-1"), host("node-10"))
    asked = spec(instance_group=group(**{"node-1": 1, "gone": 5}))
    assert reasons(ServerGroupAntiAffinityFilter(), hosts, asked) == [FULL, None, None]


def test_other_instances_do_not_matter() -> None:
    """It counts members, not whatever else runs there."""
    busy = host("a", num_instances=20)
    assert reason(ServerGroupAntiAffinityFilter(), busy, spec(instance_group=group(b=1))) is None


def test_the_instance_itself_may_stay() -> None:
    """The host that the instance is on passes, full or over-full; no other does."""
    hosts = table(host("a"), host("b"))
    asked = spec(instance_group=group(a=1, b=1), own_hosts=frozenset({"a"}))
    assert reasons(ServerGroupAntiAffinityFilter(), hosts, asked) == [None, FULL]
    other = spec(instance_group=group(a=1, b=1))
    assert reasons(ServerGroupAntiAffinityFilter(), hosts, other) == [FULL, FULL]


def test_a_host_asked_about_twice() -> None:
    """Both answers are the same, also for the instance's own host."""
    whole = table(host("a"), host("b"), host("c"))
    twice = whole.take(np.array([1, 0, 1, 0], dtype=np.intp))
    asked = spec(instance_group=group(a=1, b=1), own_hosts=frozenset({"b"}))
    assert reasons(ServerGroupAntiAffinityFilter(), twice, asked) == [None, FULL, None, FULL]


@pytest.mark.parametrize(("most", "instances", "fits"), [(1, 3, True), (1, 4, False), (2, 6, True)])
def test_each_instance_placed_counts(most: int, instances: int, *, fits: bool) -> None:
    """Three hosts take three times the maximum; one instance more finds no place."""
    scheduler = FilterScheduler(
        (ServerGroupAntiAffinityFilter(),), (), SchedulerOptions(), clock=lambda: 0.0
    )
    hosts = table(host("a"), host("b"), host("c"))
    asked = spec(instance_group=group(most))
    uuids = [f"uid-{n}" for n in range(instances)]
    rng = random.Random(1)  # noqa: S311 - nothing is left to chance here

    def placed() -> list[str]:
        found = scheduler.select_destinations(hosts, asked, uuids, rng=rng)
        return [selection[0].service_host for selection in found.selections]

    if fits:
        assert sorted(placed()) == sorted(["a", "b", "c"] * most)
    else:
        with pytest.raises(NoValidHost):
            placed()


def test_numbers() -> None:
    """One place needed, and the places left: 2 − 0, 2 − 2, 2 − 5; none without a group."""
    hosts = table(host("a"), host("b"), host("c"))
    numbers = ServerGroupAntiAffinityFilter().numbers(
        hosts, spec(instance_group=group(2, b=2, c=5))
    )
    assert numbers is not None
    assert (numbers.need, numbers.have.tolist()) == (1, [2, 0, -3])
    assert numbers.unit.text(numbers.need) == "1"
    assert ServerGroupAntiAffinityFilter().numbers(hosts, spec()) is None


def test_absurd_numbers_are_cut() -> None:
    """A maximum beyond any column is no fault."""
    judge, asked = ServerGroupAntiAffinityFilter(), spec(instance_group=group(10**30, a=1))
    assert reason(judge, host("a"), asked) is None
    numbers = judge.numbers(table(host("a")), asked)
    assert numbers is not None
    assert numbers.have.tolist() == [LARGEST]


@pytest.mark.parametrize(
    ("hosts", "have", "short_by"),
    [({}, 2, 0), ({"a": 1}, 1, 0), ({"a": 2}, 0, 1), ({"a": 4}, -2, 3)],
)
def test_explains(hosts: dict[str, int], have: int, short_by: int) -> None:
    """Of 2 places: those left and those missing, the members there, and the group's rule."""
    facts = ServerGroupAntiAffinityFilter().explain(
        host("a"), spec(instance_group=group(2, **hosts))
    )
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (1, have, short_by, "places")
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("server_group", "web", "pod annotation nova-extender.io/server_group"),
        ("policy", "anti-affinity", "ServerGroup shop/web"),
        ("max_server_per_host", "2", "rules of ServerGroup shop/web"),
        ("members", str(hosts.get("a", 0)), "bound or claimed pods on the node"),
    ]


def test_explains_that_the_instance_may_stay() -> None:
    """Nothing is missing where the instance is already."""
    asked = spec(instance_group=group(a=1), own_hosts=frozenset({"a"}))
    facts = ServerGroupAntiAffinityFilter().explain(host("a"), asked)
    assert (facts.have, facts.short_by) == (0, 0)
    last = facts.sources[-1]
    assert (last.name, last.value) == ("instance", "uid-new")
    assert last.where == "is itself on the node, and may stay"
