"""The cluster: table, ledger and the objects that translation looks up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extender.model.contribution import Contribution
from extender.model.groups import HostAggregate, InstanceGroup
from extender.model.host_parts import Instance
from extender.model.metrics import Capacity, NodeUsage
from extender.model.rejection import Rejection
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


# -- failed builds -------------------------------------------------------------------------------


def rejected(uid: str, on: str = "a", at: float = 10.0) -> Rejection:
    """A pod that a kubelet would not take."""
    return Rejection(
        uid=uid, owner="o", namespace="ns", name=uid, host=on, reason="OutOfcpu", at=at
    )


def failed_builds(cluster: Cluster) -> dict[str, int]:
    """By host, as the table's column has it, and the hosts themselves."""
    states = cluster.table.hosts
    column: list[int] = cluster.table.failed_builds.tolist()
    assert [state.failed_builds for state in states] == column
    return dict(zip((state.host for state in states), column, strict=True))


def test_failed_builds_reach_the_table(cluster: Cluster) -> None:
    """Host and column follow each failure and each start; other hosts are left alone."""
    cluster.put_host(host("a"))
    cluster.put_host(host("b"))
    cluster.build_failed(rejected("1"), 50.0)
    cluster.build_failed(rejected("2"), 50.0)
    cluster.build_failed(rejected("2"), 50.0)
    assert failed_builds(cluster) == {"a": 2, "b": 0}
    cluster.build_started("b", 30.0)
    assert failed_builds(cluster) == {"a": 2, "b": 0}
    cluster.build_started("a", 30.0)
    assert failed_builds(cluster) == {"a": 0, "b": 0}


def test_failed_builds_of_a_node_that_comes_or_changes(cluster: Cluster) -> None:
    """Failures may be known before the node is, and its translation knows nothing of them."""
    cluster.build_failed(rejected("1"), 50.0)
    cluster.put_host(host("a"))
    assert failed_builds(cluster) == {"a": 1}
    cluster.put_host(host("a", vcpus_total=16))
    assert failed_builds(cluster) == {"a": 1}


def test_failed_builds_of_a_node_that_goes(cluster: Cluster) -> None:
    """One of its name that comes later has none."""
    cluster.put_host(host("a"))
    cluster.build_failed(rejected("1"), 50.0)
    cluster.remove_host("a")
    cluster.put_host(host("a"))
    assert failed_builds(cluster) == {"a": 0}


def test_a_pod_that_runs_there_already(cluster: Cluster) -> None:
    """What failed before it started does not count, whichever is known first."""
    cluster.put_host(host("a"))
    cluster.put_pod(replace(pod("runs", "a"), started=20.0))
    cluster.put_pod(pod("starts", "a"))
    cluster.build_failed(rejected("before", at=10.0), 50.0)
    assert failed_builds(cluster) == {"a": 0}
    cluster.build_failed(rejected("after", at=30.0), 50.0)
    assert failed_builds(cluster) == {"a": 1}


def test_a_failure_in_the_future(cluster: Cluster) -> None:
    """A clock that runs ahead must not make it outlast the next start."""
    cluster.put_host(host("a"))
    cluster.build_failed(rejected("1", at=9e9), 50.0)
    assert failed_builds(cluster) == {"a": 1}
    cluster.build_started("a", 51.0)
    assert failed_builds(cluster) == {"a": 0}


def test_failed_builds_switched_off(cluster: Cluster) -> None:
    """Hosts have none then, new ones neither; switched on again, what happened counts."""
    cluster.put_host(host("a"))
    cluster.build_failed(rejected("1"), 50.0)
    cluster.count_failed_builds(False)
    assert failed_builds(cluster) == {"a": 0}
    cluster.build_failed(rejected("2"), 50.0)
    cluster.build_failed(rejected("3", "b"), 50.0)
    cluster.put_host(host("b"))
    assert failed_builds(cluster) == {"a": 0, "b": 0}
    cluster.count_failed_builds(False)
    cluster.count_failed_builds(True)
    assert failed_builds(cluster) == {"a": 2, "b": 1}


def test_a_host_that_is_not_the_tables(cluster: Cluster) -> None:
    """A node sent whole is filled with all that its object does not tell."""
    cluster.put_pod(pod("1", "a"))
    cluster.build_failed(rejected("2"), 50.0)
    cluster.usages["a"] = NodeUsage("a", 5.0, nano_cpus=10**9)
    sent = host("a", capacity=Capacity(milli_vcpus=4000))
    cluster.fill(sent)
    assert (sent.cpu.used, sent.failed_builds) == (1000, 1)
    assert [metric.value for metric in sent.metrics] == [25.0]
    assert len(cluster.table) == 0
