"""What the weighers of server groups share: how many members a host has."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.groups import InstanceGroup
from extender.weighers.group_members import ServerGroupWeigher
from extender.weighers.server_group_soft_affinity import ServerGroupSoftAffinityWeigher
from extender.weighers.server_group_soft_anti_affinity import ServerGroupSoftAntiAffinityWeigher
from tests.builders import host, spec, table

EACH = pytest.mark.parametrize(
    ("cls", "policy"),
    [
        (ServerGroupSoftAffinityWeigher, "soft-affinity"),
        (ServerGroupSoftAntiAffinityWeigher, "soft-anti-affinity"),
    ],
)
POLICIES = ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity", "legacy", ""]


def group(policy: str, **hosts: int) -> InstanceGroup:
    """A group with so many members on these hosts."""
    return InstanceGroup(name="web", namespace="shop", policy=policy, hosts=hosts)


@EACH
@pytest.mark.parametrize("other", POLICIES)
def test_only_its_own_policy(cls: type[ServerGroupWeigher], policy: str, other: str) -> None:
    """For groups with another policy all hosts weigh nothing."""
    hosts = table(host("a"), host("b"))
    weights = cls().weigh_objects(hosts, spec(instance_group=group(other, a=3)))
    assert np.abs(weights).tolist() == ([3.0, 0.0] if other == policy else [0.0, 0.0])


@EACH
def test_without_a_group(cls: type[ServerGroupWeigher], policy: str) -> None:
    """For a request of no group, and for a group without members, all hosts weigh nothing."""
    hosts = table(host("a", num_instances=5), host("b"))
    for asked in (spec(), spec(instance_group=group(policy))):
        weights = cls().weigh_objects(hosts, asked)
        assert weights.tolist() == [0.0, 0.0]
        assert weights.dtype == np.float64


@EACH
def test_hosts_by_name(cls: type[ServerGroupWeigher], policy: str) -> None:
    """By the whole name, case and all; a host that is gone counts nowhere; views too."""
    hosts = table(host("a"), host("A"), host("aa"), host("b"))
    asked = spec(instance_group=group(policy, a=2, gone=7, b=1))
    assert np.abs(cls().weigh_objects(hosts, asked)).tolist() == [2.0, 0.0, 0.0, 1.0]
    view = hosts.take(np.array([3, 0, 3], dtype=np.intp))
    assert np.abs(cls().weigh_objects(view, asked)).tolist() == [1.0, 2.0, 1.0]


@EACH
def test_no_zero_has_a_sign(cls: type[ServerGroupWeigher], policy: str) -> None:
    """A host without members weighs 0, not −0 as in Nova: raw weights are shown to people."""
    weights = cls().weigh_objects(table(host("a")), spec(instance_group=group(policy, b=1)))
    assert not np.signbit(weights).any()


@EACH
def test_unbounded(cls: type[ServerGroupWeigher], policy: str) -> None:
    """The most members at hand weigh 1, whatever their number; hosts alike weigh nothing."""
    assert policy
    assert (cls.minval, cls.maxval) == (None, None)
