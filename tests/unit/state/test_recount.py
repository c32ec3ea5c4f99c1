"""Drift is found, told of and mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.model.host_state import HostState
from extender.model.metrics import Capacity, NodeUsage
from extender.model.rejection import Rejection
from extender.state.cluster import Cluster
from extender.state.ledger import Ledger
from extender.state.recount import COLUMNS, Drift, Recounter, recount
from tests.builders import host

NAMES = ("a", "b")


def pod(uid: str, on: str = "a") -> Contribution:
    """A pod that has something of all, and has not started."""
    return Contribution(
        instance=Instance(uid, "ns", f"pod-{uid}"),
        host=on,
        milli_vcpus=1000,
        memory=10,
        disk=100,
        virtual=(750, 10, -50) if uid in "13" else None,
        io_op=True,
        group="web",
        owner="o",
    )


@pytest.fixture
def cluster() -> Cluster:
    """Two pods on one host, a claimed one on the other, and one on a host that is not known."""
    made = Cluster()
    for name in NAMES:
        made.put_host(host(name))
    made.put_pod(pod("1"))
    made.put_pod(pod("2"))
    made.ledger.claim(pod("3", "b"))
    made.put_pod(pod("4", "late"))
    return made


def column(cluster: Cluster, name: str) -> Any:
    """A column that can be spoilt."""
    return cluster.table._arrays[name]


def test_nothing_to_find(cluster: Cluster) -> None:
    """What is kept in step is right; unknown hosts are no difference."""
    assert recount(cluster, [*NAMES, "late", "never seen"]) == []


@pytest.mark.parametrize(
    ("field", "spoil", "have", "right"),
    [
        ("cpu.used", lambda state: setattr(state.cpu, "used", 7), 7, 2000),
        ("ram.used", lambda state: setattr(state.ram, "used", 7), 7, 20),
        ("disk.used", lambda state: setattr(state.disk, "used", 7), 7, 200),
        ("cpu.virtual", lambda state: setattr(state.cpu, "virtual", 7), 7, 750),
        ("ram.virtual", lambda state: setattr(state.ram, "virtual", 0), 0, 10),
        ("disk.virtual", lambda state: setattr(state.disk, "virtual", 0), 0, -50),
        ("num_io_ops", lambda state: setattr(state, "num_io_ops", 7), 7, 2),
        ("instances", lambda state: state.instances.clear(), "nothing", "1 and 1 more"),
        (
            "instances",
            lambda state: state.instances.update({"9": Instance("9", "ns", "p")}),
            "9",
            "nothing",
        ),
        (
            "instances",
            lambda state: state.instances.update({"1": Instance("1", "ns", "pod-1", "small")}),
            "1",
            "1",
        ),
    ],
)
def test_host(
    cluster: Cluster,
    field: str,
    spoil: Callable[[HostState], object],
    have: int | str,
    right: int | str,
) -> None:
    """A HostState's numbers and instances; its columns are right then, and stay so."""
    spoil(cluster.table.host_state(0))
    assert recount(cluster, NAMES) == [Drift("a", field, have, right)]
    assert recount(cluster, NAMES) == []
    state = cluster.table.host_state(0)
    assert (state.cpu.used, state.ram.used, state.disk.used) == (2000, 20, 200)
    assert (state.cpu.virtual, state.ram.virtual, state.disk.virtual) == (750, 10, -50)
    assert (state.num_io_ops, set(state.instances)) == (2, {"1", "2"})


@pytest.mark.parametrize(("name", "right"), list(zip(COLUMNS, (2000, 20, 200, 2, 2), strict=True)))
def test_columns(cluster: Cluster, name: str, right: int) -> None:
    """Each column of use, where the host itself is right."""
    column(cluster, name)[0] = 5
    assert recount(cluster, NAMES) == [Drift("a", f"column {name}", 5, right)]
    assert column(cluster, name)[0] == right


def test_only_the_sample_is_mended(cluster: Cluster) -> None:
    """Other hosts are another round's."""
    for row in range(2):
        cluster.table.host_state(row).cpu.used = 0
    assert [drift.host for drift in recount(cluster, ["b"])] == ["b"]
    assert [drift.host for drift in recount(cluster, NAMES)] == ["a"]


def test_pod_that_no_index_by_host_has(cluster: Cluster) -> None:
    """The sum is over all entries, so that such a pod counts."""
    cluster.ledger.indexes.host.discard("a", "2")
    cluster.table.host_state(0).cpu.used = 1000
    found = recount(cluster, NAMES)
    assert found == [
        Drift("a", "cpu.used", 1000, 2000),
        Drift("a", "index host", "nothing", "2"),
    ]
    assert len(cluster.ledger.on("a")) == 2


@pytest.mark.parametrize(
    ("spoil", "field", "have", "right"),
    [
        (lambda book: book.indexes.host.add("a", "9"), "host", "9", "nothing"),
        (lambda book: book.names.discard(("ns", "pod-1"), "1"), "names", "nothing", "1"),
        (lambda book: book.indexes.group.discard(("ns", "web"), "1"), "group", "nothing", "1"),
        (lambda book: book.indexes.owner.discard("o", "1"), "owner", "nothing", "1"),
        (lambda book: book.indexes.unstarted.discard("o", "1"), "unstarted", "nothing", "1"),
        (lambda book: book.indexes.tenant.add("ns", "a", 5), "tenant", 7, 2),
        (lambda book: book.indexes.tenant.add("ns", "a", -2), "tenant", 0, 2),
        (
            lambda book: book.indexes.group_hosts.add(("ns", "web"), "a", -1),
            "group_hosts",
            1,
            2,
        ),
    ],
)
def test_indexes(
    cluster: Cluster,
    spoil: Callable[[Ledger], object],
    field: str,
    have: int | str,
    right: int | str,
) -> None:
    """Where the pods of a host should be found, and how many."""
    spoil(cluster.ledger)
    (drift,) = recount(cluster, NAMES)
    assert drift.field.split()[:2] == ["index", field]
    assert (drift.host, drift.have, drift.right) == ("a", have, right)
    assert recount(cluster, NAMES) == []


def test_started_pod_among_those_that_have_not(cluster: Cluster) -> None:
    """It is struck out there."""
    cluster.ledger.indexes.unstarted.add("o", "5")
    cluster.put_pod(
        Contribution(instance=Instance("5", "ns", "p"), host="b", owner="o", started=1.0)
    )
    assert recount(cluster, NAMES) == [Drift("b", "index unstarted o", "5", "nothing")]
    assert "5" not in cluster.ledger.unstarted("o")


def test_for_people() -> None:
    """A difference says where it was, what stood there, and what is right."""
    drift = Drift("a", "cpu.used", 5, 7)
    assert str(drift) == "host a: cpu.used was 5, counted anew 7"


def test_amount_that_no_column_holds(cluster: Cluster) -> None:
    """A column that is cut is no drift."""
    huge = Contribution(instance=Instance("6", "ns", "p"), host="a", milli_vcpus=10**30)
    cluster.put_pod(huge)
    assert recount(cluster, NAMES) == []


def test_what_does_not_follow_from_pods_is_left_alone(cluster: Cluster) -> None:
    """Failed builds and observed metrics are no drift, and mending others does not lose them."""
    rejected = Rejection(
        uid="x", owner="o", namespace="ns", name="x", host="a", reason="OutOfcpu", at=10.0
    )
    cluster.build_failed(rejected, 50.0)
    cluster.usages["a"] = NodeUsage("a", nano_cpus=10**9)
    cluster.put_host(host("a", capacity=Capacity(milli_vcpus=2000)))
    assert recount(cluster, NAMES) == []
    column(cluster, "cpu_used")[:] = 7
    assert recount(cluster, NAMES)
    state = cluster.table.host_state(cluster.table.index["a"])
    assert state.failed_builds == cluster.table.failed_builds[cluster.table.index["a"]] == 1
    assert [metric.value for metric in state.metrics] == [50.0]


# -- who is next --------------------------------------------------------------------------


def test_all_in_turn() -> None:
    """Each host once before any comes again."""
    recounter, names = Recounter(2), ["e", "b", "d", "a", "c"]
    rounds = [recounter.sample(names) for _ in range(5)]
    assert rounds == [["a", "b"], ["c", "d"], ["e", "a"], ["b", "c"], ["d", "e"]]


def test_fewer_hosts_than_a_sample() -> None:
    """None comes twice in a round."""
    recounter = Recounter(10)
    assert recounter.sample(["b", "a"]) == ["a", "b"]
    assert recounter.sample(["b", "a"]) == ["a", "b"]
    assert recounter.sample([]) == []
    assert recounter.sample(["c"]) == ["c"]


def test_hosts_that_come_and_go() -> None:
    """Those that stay are not passed over."""
    recounter = Recounter(2)
    assert recounter.sample(["b", "c", "d"]) == ["b", "c"]
    assert recounter.sample(["a", "d", "e"]) == ["d", "e"]
    assert recounter.sample(["a", "d"]) == ["a", "d"]


def test_rounds_of_a_cluster(cluster: Cluster) -> None:
    """A round recounts its sample."""
    for row in range(2):
        cluster.table.host_state(row).cpu.used = 0
    recounter = Recounter(1)
    found = [drift.host for _ in range(3) for drift in recounter.run(cluster)]
    assert found == ["a", "b"]
