"""What a pod's translation may look up."""

from __future__ import annotations

import pytest

from extender.model.groups import InstanceGroup
from extender.state.cluster import Cluster
from extender.state.lookup import POLICY_PLUGINS, ClusterLookup
from extender.translate.kinds import POLICIES
from tests.builders import flavor


def test_flavors_and_groups_by_name() -> None:
    """What the cluster knows is found; what it does not is ``None``."""
    cluster = Cluster()
    cluster.flavors["m1"] = flavor("m1", vcpus=1)
    cluster.server_groups["ns", "g"] = InstanceGroup(name="g", namespace="ns", policy="affinity")
    lookup = ClusterLookup(cluster, frozenset())
    assert lookup.flavor("m1") == flavor("m1", vcpus=1)
    assert lookup.flavor("m2") is None
    group = lookup.instance_group("ns", "g")
    assert group is not None
    assert group.policy == "affinity"
    assert lookup.instance_group("default", "g") is None


def test_every_policy_has_its_plug_in() -> None:
    """Each policy that a ServerGroup may have needs a filter or a weigher."""
    assert set(POLICY_PLUGINS) == set(POLICIES)


@pytest.mark.parametrize(("policy", "plug_in"), POLICY_PLUGINS.items())
def test_policy_needs_its_plug_in(policy: str, plug_in: str) -> None:
    """A policy is served only where its own filter or weigher is enabled."""
    assert ClusterLookup(Cluster(), frozenset({plug_in})).supports_policy(policy)
    others = frozenset(POLICY_PLUGINS.values()) - {plug_in}
    assert not ClusterLookup(Cluster(), others).supports_policy(policy)


def test_unknown_policy() -> None:
    """A policy nobody knows is served by nobody."""
    everything = frozenset(POLICY_PLUGINS.values())
    assert not ClusterLookup(Cluster(), everything).supports_policy("legacy")
