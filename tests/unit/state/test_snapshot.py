"""What the caching driver judges."""

from __future__ import annotations

from dataclasses import replace

from extender.model.contribution import Contribution
from extender.state.cluster import Cluster
from extender.state.snapshot import Snapshot
from tests.builders import host, instance


def entry(uid: str = "p", on: str = "a") -> Contribution:
    """A pod that takes a core."""
    return Contribution(instance=instance(uid), host=on, milli_vcpus=1000)


def used(snapshot: Snapshot) -> dict[str, int]:
    """Milli-cores by host."""
    table = snapshot.table
    return dict(zip(table.name.tolist(), table.cpu_used.tolist(), strict=True))


def made() -> tuple[Cluster, Snapshot]:
    """Two hosts, a pod on the first, and a snapshot of that at time 0."""
    cluster = Cluster()
    for name in ("a", "b"):
        cluster.put_host(host(name))
    cluster.put_pod(entry("old"))
    snapshot = Snapshot(60)
    snapshot.refresh(cluster, 0.0)
    return cluster, snapshot


def test_stays_as_it_was() -> None:
    """Pods and nodes that come and go show at the next turn."""
    cluster, snapshot = made()
    cluster.remove_pod("old")
    cluster.put_pod(entry("new", "b"))
    cluster.put_host(host("c"))
    snapshot.refresh(cluster, 59.9)
    assert used(snapshot) == {"a": 1000, "b": 0}
    snapshot.refresh(cluster, 60.0)
    assert used(snapshot) == {"a": 0, "b": 1000, "c": 0}


def test_own_claims_count() -> None:
    """As Nova consumes from its cached states; the cluster's own table is left alone."""
    cluster, snapshot = made()
    snapshot.claim(entry("p", "b"))
    snapshot.claim(entry("p", "a"))
    assert used(snapshot) == {"a": 2000, "b": 0}
    assert cluster.table.cpu_used.tolist() == [1000, 0]
    snapshot.drop("p")
    snapshot.drop("p")
    assert used(snapshot) == {"a": 1000, "b": 0}


def test_virtual_claims() -> None:
    """What only the extender counts of a claim comes and goes with it."""
    _, snapshot = made()
    snapshot.claim(replace(entry("p", "b"), virtual=(750, 0, 0)))
    inventory = snapshot.table.host_state(1).cpu
    assert (inventory.used, inventory.requested) == (1000, 250)
    with snapshot.apart("p"):
        assert (inventory.used, inventory.requested) == (0, 0)
    snapshot.drop("p")
    assert (inventory.used, inventory.virtual) == (0, 0)


def test_claims_from_before() -> None:
    """A claim that the snapshot was taken with can be dropped like a later one."""
    cluster, _ = made()
    cluster.ledger.claim(entry("p", "b"))
    snapshot = Snapshot(60)
    snapshot.refresh(cluster, 0.0)
    assert used(snapshot) == {"a": 1000, "b": 1000}
    snapshot.drop("p")
    assert used(snapshot) == {"a": 1000, "b": 0}


def test_without_the_pod_itself() -> None:
    """A pod's own claim never counts against it, and counts again afterwards."""
    _, snapshot = made()
    snapshot.claim(entry("p", "b"))
    with snapshot.apart("p"):
        assert used(snapshot) == {"a": 1000, "b": 0}
    with snapshot.apart("unknown"):
        assert used(snapshot) == {"a": 1000, "b": 1000}
    assert used(snapshot) == {"a": 1000, "b": 1000}


def test_a_claim_on_a_host_of_later() -> None:
    """A node that the snapshot does not have is no error."""
    _, snapshot = made()
    snapshot.claim(entry("p", "later"))
    snapshot.drop("p")
    assert used(snapshot) == {"a": 1000, "b": 0}
