"""ServerGroupSoftAntiAffinityWeigher: where fewest members are."""

from __future__ import annotations

import numpy as np

from extender.model.groups import InstanceGroup
from extender.scheduler.weighing import weigh
from extender.weighers.server_group_soft_anti_affinity import ServerGroupSoftAntiAffinityWeigher
from tests.builders import aggregate, host, spec, table

GROUP = InstanceGroup(
    name="web", namespace="shop", policy="soft-anti-affinity", hosts={"b": 1, "c": 3}
)


def test_members_on_the_host_negated() -> None:
    """The raw weight is their number below 0."""
    hosts = table(host("a"), host("b"), host("c"))
    weights = ServerGroupSoftAntiAffinityWeigher().weigh_objects(hosts, spec(instance_group=GROUP))
    assert weights.tolist() == [0.0, -1.0, -3.0]


def test_fewest_members_first() -> None:
    """Normalised over the hosts: 1, ⅔, 0."""
    hosts = table(host("a"), host("b"), host("c"))
    asked = spec(instance_group=GROUP)
    part = weigh([ServerGroupSoftAntiAffinityWeigher()], hosts, ["a", "b", "c"], asked, 100)
    assert part.weights.tolist() == [1.0, 2 / 3, 0.0]


def test_multiplier() -> None:
    """1 by default, and an aggregate may set another."""
    spread = aggregate(soft_anti_affinity_weight_multiplier="0.5")
    hosts = table(host("a", aggregates=(spread,)), host("b"))
    multiplier = ServerGroupSoftAntiAffinityWeigher().weight_multiplier(hosts)
    assert np.asarray(multiplier).tolist() == [0.5, 1.0]
