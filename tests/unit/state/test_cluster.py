"""The cluster: table, ledger and the objects that translation looks up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extender.model.contribution import Contribution
from extender.model.groups import HostAggregate, InstanceGroup
from extender.model.host_state import Instance
from extender.state.cluster import Cluster
from extender.state.pending import PendingPod
from tests.builders import aggregate, host


def pod(uid: str, on: str, group: str | None = None, namespace: str = "default") -> Contribution:
    """A pod of one core."""
    instance = Instance(uid, namespace, uid)
    return Contribution(instance=instance, host=on, milli_vcpus=1000, group=group)


@pytest.fixture
def cluster() -> Cluster:
    """An empty one."""
    return Cluster()


def test_pods_before_their_host(cluster: Cluster) -> None:
    """The order in which nodes and pods arrive makes no difference."""
    cluster.put_pod(pod("1", "a"))
    cluster.put_host(host("a"))
    cluster.put_pod(pod("2", "a"))
    assert cluster.table.cpu_used.tolist() == [2000]
    assert cluster.table.num_instances.tolist() == [2]


def test_changed_host_keeps_its_use(cluster: Cluster) -> None:
    """A node translated anew comes without use, and is charged with what is on it."""
    cluster.put_host(host("a", vcpus_total=8))
    cluster.put_pod(pod("1", "a"))
    cluster.put_host(host("a", vcpus_total=16))
    assert cluster.table.cpu_used.tolist() == [1000]
    assert cluster.table.cpu_total.tolist() == [16000]
    cluster.remove_pod("1")
    assert cluster.table.cpu_used.tolist() == [0]


def test_host_that_goes(cluster: Cluster) -> None:
    """Its pods stay in the book; removing what is not there is no error."""
    cluster.put_host(host("a"))
    cluster.put_host(host("b"))
    cluster.put_pod(pod("1", "a"))
    cluster.remove_host("a")
    cluster.remove_host("a")
    assert list(cluster.table.index) == ["b"]
    assert len(cluster.ledger) == 1
    cluster.put_host(host("a"))
    assert cluster.table.cpu_used[cluster.table.index["a"]] == 1000


def test_aggregates_by_name(cluster: Cluster) -> None:
    """A host's aggregates are those that name it or select its labels, in order of name."""
    cluster.replace_aggregates(
        [
            aggregate("z-named", hosts=["a"]),
            HostAggregate("a-selected", node_selector={"pool": "batch"}),
            aggregate("other", hosts=["b"]),
        ]
    )
    one = host("a", labels={"pool": "batch"})
    assert [found.name for found in cluster.aggregates_of(one)] == ["a-selected", "z-named"]


def test_changed_aggregates_reach_the_hosts(cluster: Cluster) -> None:
    """All aggregates anew: hosts, and every column made of their aggregates, follow."""
    cluster.put_host(host("a"))
    cluster.put_host(host("b"))
    zones = cluster.table.encoded("zones")
    assert zones.isin([frozenset({"nova"})]).tolist() == [True, True]
    cluster.replace_aggregates([aggregate("one", hosts=["a"], availability_zone="zone-1")])
    zones = cluster.table.encoded("zones")
    assert zones.isin([frozenset({"zone-1"})]).tolist() == [True, False]
    cluster.replace_aggregates([aggregate("one", hosts=["b"], availability_zone="zone-1")])
    zones = cluster.table.encoded("zones")
    assert zones.isin([frozenset({"zone-1"})]).tolist() == [False, True]
    cluster.replace_aggregates([])
    assert cluster.table.host_state(1).aggregates == ()


def test_changed_aggregates_leave_use_alone(cluster: Cluster) -> None:
    """Only the membership changes."""
    cluster.put_host(host("a"))
    cluster.put_pod(pod("1", "a"))
    cluster.replace_aggregates([aggregate("one", hosts=["a"])])
    assert cluster.table.cpu_used.tolist() == [1000]


def test_instance_group_with_its_members(cluster: Cluster) -> None:
    """A group's members and hosts are the bound pods that name it, in its own namespace."""
    known = InstanceGroup(
        name="web", namespace="default", policy="anti-affinity", uuid="g", max_server_per_host=2
    )
    cluster.server_groups["default", "web"] = known
    assert cluster.instance_group("default", "web") == known
    cluster.put_pod(pod("1", "a", "web"))
    cluster.put_pod(pod("2", "a", "web"))
    cluster.put_pod(pod("3", "b", "web"))
    cluster.put_pod(pod("4", "c", "web", namespace="other"))
    found = cluster.instance_group("default", "web")
    assert found is not None
    assert (set(found.members), found.hosts) == ({"1", "2", "3"}, {"a": 2, "b": 1})
    assert (found.policy, found.uuid, found.max_server_per_host) == ("anti-affinity", "g", 2)
    assert cluster.instance_group("other", "web") is None
    assert cluster.instance_group("default", "db") is None


def test_claimed_member_of_a_group(cluster: Cluster) -> None:
    """A member that we are binding is one already; the group is as it was when it was asked."""
    cluster.server_groups["default", "web"] = InstanceGroup(
        name="web", namespace="default", policy="affinity"
    )
    cluster.ledger.claim(pod("1", "a", "web"))
    found = cluster.instance_group("default", "web")
    cluster.remove_pod("1")
    assert found is not None
    assert found.members == {"1"}
    assert found.hosts == {"a": 1}


def test_pending_pods(cluster: Cluster) -> None:
    """By name, by owner, and by the node that is being made free for them."""
    nominated = pod("1", "a")
    cluster.pending.put("default", "p", PendingPod("1", b"{}", "o", nominated))
    assert cluster.pending_uid("default", "p") == "1"
    assert cluster.pending_uid("default", "q") is None
    assert cluster.nominated == {"a": {"1": nominated}}
    assert cluster.waiting == {"o": {"1"}}


def test_unstarted_pods(cluster: Cluster) -> None:
    """Pending, claimed or bound, each once; not those that have started, nor anybody else's."""
    cluster.pending.put("default", "1", PendingPod("1", b"{}", "o"))
    cluster.pending.put("default", "2", PendingPod("2", b"{}", "o"))
    cluster.pending.put("default", "3", PendingPod("3", b"{}", "other"))
    cluster.ledger.claim(replace(pod("2", "a"), owner="o"))
    cluster.put_pod(replace(pod("4", "b"), owner="o"))
    cluster.put_pod(replace(pod("5", "b"), owner="o", started=12.0))
    assert cluster.unstarted("o") == 3
    assert cluster.unstarted("other") == 1
    assert cluster.unstarted("nobody") == cluster.unstarted("") == 0
