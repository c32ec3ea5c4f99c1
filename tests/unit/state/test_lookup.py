"""What a pod's translation may look up."""

from __future__ import annotations

import pytest

from extender.model.contribution import Contribution
from extender.model.groups import InstanceGroup
from extender.model.host_parts import Instance
from extender.model.rejection import Rejection
from extender.model.request_spec import SchedulerRetries
from extender.state.cluster import Cluster
from extender.state.lookup import POLICY_PLUGINS, ClusterLookup
from extender.translate.kinds import POLICIES
from tests.builders import flavor, instance


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


# -- retries -------------------------------------------------------------------------------------

NOTED = SchedulerRetries(2, (("a", "a"),), "why")


def rejected(cluster: Cluster, uid: str) -> None:
    """Rejects a pod of the owner ns/o on host b."""
    cluster.retries.rejected(
        Rejection(
            uid=uid, owner="ns/o", namespace="ns", name=uid, host="b", reason="OutOfcpu", at=1000.0
        ),
        1000.0,
    )


def test_retries_are_shared_out_over_those_that_wait() -> None:
    """Four rejections and two siblings that have yet to start: two attempts each."""
    cluster = Cluster()
    for number in range(4):
        rejected(cluster, f"r{number}")
    for uid, started in (("1", None), ("2", None), ("3", 900.0)):
        cluster.put_pod(
            Contribution(instance=instance(uid), host="c", owner="ns/o", started=started)
        )
    lookup = ClusterLookup(cluster, frozenset())
    assert lookup.retries("1", "ns/o", None) == SchedulerRetries(2, (("b", "b"),), "OutOfcpu")
    assert lookup.retries("1", "ns/other", None) == SchedulerRetries()


def test_the_annotation_counts_where_memory_knows_nothing() -> None:
    """A pod of which nothing is known says itself what came before; else memory is right."""
    cluster = Cluster()
    lookup = ClusterLookup(cluster, frozenset())
    assert lookup.retries("p", "p", NOTED) == NOTED
    cluster.retries.bind_failed("q", "q", "c", "oops", 1000.0)
    assert lookup.retries("q", "q", NOTED) == SchedulerRetries(1, (("c", "c"),), "oops")


# -- hosts of instances --------------------------------------------------------------------------


def placed(cluster: Cluster, uid: str, name: str, on: str, namespace: str = "default") -> None:
    """Puts a pod on a host."""
    found = Instance(uuid=uid, namespace=namespace, name=name)
    cluster.put_pod(Contribution(instance=found, host=on))


@pytest.mark.parametrize(
    ("names", "hosts"),
    [
        ((), set()),
        (("u0",), {"a"}),
        (("web-0",), {"a"}),
        (("web-0", "u1"), {"a", "b"}),
        (("web-0", "u0", "web-0"), {"a"}),
        (("web-9", "u9", ""), set()),
        (("web-0", "web-9"), {"a"}),
        (("other-0",), set()),
        (("u2",), {"c"}),
        (("other/other-0", "default/web-0", "WEB-0", " web-0"), set()),
    ],
)
def test_hosts_of_instances(names: tuple[str, ...], hosts: set[str]) -> None:
    """By UID in any namespace, by name in the pod's own; who is not known is nowhere."""
    cluster = Cluster()
    placed(cluster, "u0", "web-0", "a")
    placed(cluster, "u1", "web-1", "b")
    placed(cluster, "u2", "other-0", "c", namespace="other")
    assert ClusterLookup(cluster, frozenset()).instance_hosts("default", names) == hosts


def test_a_uid_before_a_name() -> None:
    """A pod whose name is another one's UID does not hide that."""
    cluster = Cluster()
    placed(cluster, "u0", "web-0", "a")
    placed(cluster, "u1", "u0", "b")
    assert ClusterLookup(cluster, frozenset()).instance_hosts("default", ("u0",)) == {"a"}


def test_instances_that_are_claimed_or_apart() -> None:
    """One that we are binding is on its host already; one that is judged itself is nowhere."""
    cluster = Cluster()
    lookup = ClusterLookup(cluster, frozenset())
    claimed = Instance(uuid="u0", namespace="default", name="web-0")
    cluster.ledger.claim(Contribution(instance=claimed, host="a"))
    assert lookup.instance_hosts("default", ("web-0",)) == {"a"}
    with cluster.ledger.apart(("u0",)):
        assert lookup.instance_hosts("default", ("web-0", "u0")) == frozenset()


def test_instances_of_hosts_that_are_not_known() -> None:
    """The host is named all the same; it is there as soon as its node is."""
    cluster = Cluster()
    placed(cluster, "u0", "web-0", "late")
    assert ClusterLookup(cluster, frozenset()).instance_hosts("default", ("u0",)) == {"late"}
