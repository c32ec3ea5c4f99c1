"""ServerGroupSoftAffinityWeigher: where most members are."""

from __future__ import annotations

import numpy as np

from extender.model.groups import InstanceGroup
from extender.scheduler.weighing import weigh
from extender.weighers.server_group_soft_affinity import ServerGroupSoftAffinityWeigher
from tests.builders import aggregate, host, spec, table

GROUP = InstanceGroup(name="web", namespace="shop", policy="soft-affinity", hosts={"b": 1, "c": 3})


def test_members_on_the_host() -> None:
    """The raw weight is their number."""
    hosts = table(host("a"), host("b"), host("c"))
    weights = ServerGroupSoftAffinityWeigher().weigh_objects(hosts, spec(instance_group=GROUP))
    assert weights.tolist() == [0.0, 1.0, 3.0]


def test_most_members_first() -> None:
    """Normalised over the hosts: 0, ⅓, 1."""
    hosts = table(host("a"), host("b"), host("c"))
    asked = spec(instance_group=GROUP)
    part = weigh([ServerGroupSoftAffinityWeigher()], hosts, ["a", "b", "c"], asked, 100)
    assert part.weights.tolist() == [0.0, 1 / 3, 1.0]


def test_multiplier() -> None:
    """1 by default, and an aggregate may set another."""
    packed = aggregate(soft_affinity_weight_multiplier="5")
    hosts = table(host("a", aggregates=(packed,)), host("b"))
    multiplier = ServerGroupSoftAffinityWeigher().weight_multiplier(hosts)
    assert np.asarray(multiplier).tolist() == [5.0, 1.0]
