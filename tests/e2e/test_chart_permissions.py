"""The chart gives the extender no right that it does not use.

Each right (a verb on a resource) of its ClusterRole and its Role is taken away in turn: the API
server refuses exactly that, and something does not work. The API server does not offer WatchList,
as before Kubernetes 1.34, so that it is asked for lists, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e import objects
from tests.e2e.audit import AuditLog, Right
from tests.e2e.chart_release import NAMESPACE, Release
from tests.e2e.controlplane import API_SERVER, ControlPlane
from tests.e2e.objects import PREFIX
from tests.e2e.permission_rig import ACCOUNT, NAME, VALUES, Rig
from tests.e2e.served import serve

OURS, TOPOLOGY = "nova-extender.io", "topology.node.k8s.io"
# What it cannot do without.
READ = [
    ("", "nodes"),
    ("", "pods"),
    (OURS, "hostaggregates"),
    (OURS, "flavors"),
    (OURS, "servergroups"),
    (TOPOLOGY, "noderesourcetopologies"),
]

Probe = Callable[[Rig], object]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A control plane of its own, and the chart with all that asks for anything."""
    folder = tmp_path_factory.mktemp("permissions")
    audit = AuditLog(folder / "audit", ACCOUNT)
    arguments = {API_SERVER: [*audit.arguments, "--feature-gates=WatchList=false"]}
    with ControlPlane(folder / "plane", extra_args=arguments) as plane:
        serve(plane, TOPOLOGY, "v1alpha2", "noderesourcetopologies", "NodeResourceTopology")
        serve(plane, "metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics")
        with Release(plane, folder / "pods", VALUES, last=True) as release:
            yield Rig(plane, audit, release)


def not_ready(resource: str) -> Probe:
    """Without the list: the extender is not ready, and says what for."""

    def probe(rig: Rig) -> None:
        rig.restart()
        wrong = f"[-]{resource} "
        rig.wait(lambda: wrong in rig.readiness(), f"{wrong} in {rig.readiness()}")
        assert not rig.ready()

    return probe


def blind(resource: str) -> Probe:
    """Without the watch: what has changed is not heard of, and the operator is told why."""

    def probe(rig: Rig) -> None:
        rig.restart()
        told = f'cannot watch resource \\"{resource}\\"'
        rig.wait(lambda: told in rig.log(), told)

    return probe


def no_metrics(rig: Rig) -> None:
    """Nobody knows how busy nodes are, and the operator is told."""
    rig.restart()
    told = 'cannot list resource \\"nodes\\" in API group \\"metrics.k8s.io'
    rig.wait(lambda: told in rig.log(), told)


def no_lease_read(rig: Rig) -> None:
    """Nobody leads, so the verbs are not answered."""
    rig.restart()
    rig.wait(lambda: "[-]lease " in rig.readiness(), f"no Lease in {rig.readiness()}")
    assert not rig.ready()


def no_lease_made(rig: Rig) -> None:
    """A Lease that is gone stays gone."""
    rig.api.delete("Lease", NAME, NAMESPACE)
    refused(rig, Right("coordination.k8s.io", "leases", "create"))
    assert rig.api.find("Lease", NAME, NAMESPACE) is None


def no_lease_renewed(rig: Rig) -> None:
    """The Lease grows old."""
    refused(rig, Right("coordination.k8s.io", "leases", "update"))
    before = rig.api.get("Lease", NAME, NAMESPACE)["spec"]["renewTime"]
    refused(rig, Right("coordination.k8s.io", "leases", "update"), again=True)
    assert rig.api.get("Lease", NAME, NAMESPACE)["spec"]["renewTime"] == before


def no_status(kind: str, make: Callable[[str], objects.Object]) -> Probe:
    """What the extender made of an object is not told on it."""

    def probe(rig: Rig) -> None:
        made = rig.api.create(make(rig.name()))
        name = made["metadata"]["name"]
        refused(rig, Right(OURS, f"{kind.lower()}s/status", "patch"))
        assert "status" not in rig.api.get(kind, name)
        rig.api.delete(kind, name)

    return probe


def no_floor(rig: Rig) -> None:
    """An overcommitted node does not say what its pods ask for."""
    node = rig.node(cpu_allocation_ratio="4")
    # More than the node has of its own.
    rig.api.bind(rig.waiting_pod(cpu="5")["metadata"]["name"], node)
    refused(rig, Right("", "nodes", "patch"))
    annotations = rig.api.get("Node", node)["metadata"]["annotations"]
    assert f"{PREFIX}allocatable_floor_cpu" not in annotations


def no_nudge(rig: Rig) -> None:
    """A ratio that is changed has no effect until a kubelet writes next."""
    node = rig.node(cpu_allocation_ratio="2")
    changed = {"metadata": {"annotations": objects.nova(cpu_allocation_ratio="3")}}
    rig.api.patch("Node", node, changed)
    refused(rig, Right("", "nodes/status", "patch"))
    assert rig.api.get("Node", node)["status"]["allocatable"]["cpu"] == "8"


def no_pod_asked_about(rig: Rig) -> None:
    """A pod that the watch shows as bound is not looked at again."""
    node, pod = rig.node(), rig.waiting_pod()
    rig.api.bind(pod["metadata"]["name"], node)
    rig.wait(lambda: "403 Forbidden" in rig.bind(pod, node), "the bind refused")


def no_binding(rig: Rig) -> None:
    """A pod that fits is not bound."""
    node, pod = rig.node(), rig.waiting_pod()
    assert "forbidden" in rig.bind(pod, node)
    assert not rig.api.get("Pod", pod["metadata"]["name"])["spec"].get("nodeName")


def no_note(rig: Rig) -> None:
    """A bind that failed is not noted on the pod."""
    pod = rig.waiting_pod()
    assert "does not exist" in rig.bind(pod, "nowhere")
    refused(rig, Right("", "pods/status", "patch"))
    metadata = rig.api.get("Pod", pod["metadata"]["name"])["metadata"]
    assert f"{PREFIX}retry" not in metadata.get("annotations", {})


def no_event(rig: Rig) -> None:
    """A ratio that cannot be read is not told of."""
    node = rig.node(cpu_allocation_ratio="many")
    refused(rig, Right("events.k8s.io", "events", "create"))
    assert not [each for each in rig.api.list("Event") if each["involvedObject"]["name"] == node]


def no_series(rig: Rig) -> None:
    """What happens again and again is told as if it had happened once."""
    pod = refused_claims(rig)
    refused(rig, Right("events.k8s.io", "events", "patch"))
    assert "series" not in told_of_claims(rig, pod)


def no_waking(rig: Rig) -> None:
    """A pod that waits is not tried again after a change that kube-scheduler cannot see."""
    before = rig.api.get("Pod", rig.pod.name, NAMESPACE)["metadata"].get("annotations", {})
    rig.waiting_pod()
    rig.api.create(flavor(rig.name()))
    refused(rig, Right("", "pods", "patch"))
    after = rig.api.get("Pod", rig.pod.name, NAMESPACE)["metadata"].get("annotations", {})
    assert after == before


def flavor(name: str) -> objects.Object:
    """A Flavor."""
    return {
        "apiVersion": f"{OURS}/v1alpha1",
        "kind": "Flavor",
        "metadata": {"name": name},
        "spec": {"vcpus": 1, "memory_mb": 64},
    }


def refused_claims(rig: Rig) -> objects.Object:
    """Has a bind refused twice by a filter: one pod a node is all that this one allows."""
    node, first, second = rig.node(), rig.waiting_pod(), rig.waiting_pod()
    assert rig.bind(first, node) == ""
    for _ in range(2):
        assert rig.bind(second, node) != ""
    return second


def told_of_claims(rig: Rig, pod: objects.Object) -> objects.Object:
    """The Event of claims that were refused."""
    (event,) = (
        each
        for each in rig.api.list("Event")
        if each["reason"] == "ClaimRefused"
        and each["involvedObject"]["name"] == pod["metadata"]["name"]
    )
    return {key: value for key, value in event.items() if value is not None}


def refused(rig: Rig, right: Right, *, again: bool = False) -> None:
    """Waits until the API server has refused it."""
    since = rig.audit.mark() if again else rig.since
    rig.wait(lambda: right in rig.audit.denied(since), f"{right} refused")


PROBES: dict[Right, Probe] = {
    **{Right(group, resource, "list"): not_ready(resource) for group, resource in READ},
    **{Right(group, resource, "watch"): blind(resource) for group, resource in READ},
    Right("metrics.k8s.io", "nodes", "list"): no_metrics,
    Right("coordination.k8s.io", "leases", "get"): no_lease_read,
    Right("coordination.k8s.io", "leases", "create"): no_lease_made,
    Right("coordination.k8s.io", "leases", "update"): no_lease_renewed,
    Right(OURS, "hostaggregates/status", "patch"): no_status(
        "HostAggregate", lambda name: objects.aggregate(name, [])
    ),
    Right(OURS, "flavors/status", "patch"): no_status("Flavor", flavor),
    Right(OURS, "servergroups/status", "patch"): no_status(
        "ServerGroup", lambda name: objects.server_group(name, "affinity")
    ),
    Right("", "nodes", "patch"): no_floor,
    Right("", "nodes/status", "patch"): no_nudge,
    Right("", "pods", "get"): no_pod_asked_about,
    Right("", "pods/binding", "create"): no_binding,
    Right("", "pods/status", "patch"): no_note,
    Right("events.k8s.io", "events", "create"): no_event,
    Right("events.k8s.io", "events", "patch"): no_series,
    Right("", "pods", "patch"): no_waking,
}


def test_all_rights_are_tried(rig: Rig) -> None:
    """The chart grants what is taken away below, one by one, and nothing else."""
    assert rig.granted() == set(PROBES)


def test_nothing_is_refused_and_all_is_used(rig: Rig) -> None:
    """With all rights the extender makes use of every one of them, and asks for no other."""
    since = rig.audit.mark()
    rig.restart()
    rig.wait(rig.ready, "ready")
    node = rig.node(cpu_allocation_ratio="2")
    rig.api.patch(
        "Node", node, {"metadata": {"annotations": objects.nova(cpu_allocation_ratio="3")}}
    )
    assert rig.bind(rig.waiting_pod(cpu="5"), node) == ""
    seen, other = rig.waiting_pod(), rig.node()
    rig.api.bind(seen["metadata"]["name"], other)
    # As if the reply of the first one had been lost.
    rig.wait(lambda: rig.bind(seen, other) == "", "the pod found bound")
    assert "does not exist" in rig.bind(rig.waiting_pod(), "nowhere")
    for made in (
        objects.aggregate(rig.name(), []),
        objects.server_group(rig.name(), "affinity"),
        flavor(rig.name()),
    ):
        rig.api.create(made)
    refused_claims(rig)
    rig.api.delete("Lease", NAME, NAMESPACE)

    def left() -> set[Right]:
        return set(PROBES) - rig.audit.asked(since)

    rig.wait(lambda: not left(), "all rights used", timeout=30)
    assert rig.audit.asked(since) == set(PROBES)
    assert rig.audit.denied(since) == set()


@pytest.mark.parametrize("right", PROBES, ids=str)
def test_each_right_is_missed(rig: Rig, right: Right) -> None:
    """Without it something fails, and only it is refused."""
    rig.wait(rig.ready, "ready")
    with rig.without(right) as rig.since:
        PROBES[right](rig)
        assert rig.audit.denied(rig.since) == {right}
