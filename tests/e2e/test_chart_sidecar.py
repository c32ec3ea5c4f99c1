"""The chart's default shape at work: kube-scheduler and the extender from its own manifests.

The real helm installs it on the real control plane; its pods are those the Deployment made, and
run with their own commands, files and service account (`PodKubelet`).
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e import objects
from tests.e2e.chart_release import NAMESPACE, SCHEDULER_NAME, Release
from tests.e2e.controlplane import ControlPlane
from tests.e2e.objects import PREFIX, node, nova, pod

FULL = {
    "config": {
        "filter_scheduler": {
            "max_instances_per_host": 1,
            "enabled_filters": ["ComputeFilter", "NumInstancesFilter"],
        }
    }
}


@pytest.fixture(scope="module")
def release(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """The chart with its default values."""
    with Release(control_plane, tmp_path_factory.mktemp("sidecar")) as installed:
        yield installed
        # Whatever the tests did: nobody was short of a right.
        assert installed.denied() == []


@pytest.fixture
def cluster(release: Release) -> Iterator[Release]:
    """The release, and a cluster that is emptied again."""
    yield release
    release.clear()


def nova_pod(name: str, cpu: str = "100m") -> objects.Object:
    """A pod for the chart's scheduler."""
    return pod(name, cpu, "16Mi", scheduler=SCHEDULER_NAME)


def bound_by_extender(release: Release) -> float:
    """How many pods the extenders have bound."""
    return sum(
        release.metric(each, 'nova_extender_binds_total{outcome="bound"}') for each in release.pods
    )


def test_pods_are_ready(release: Release) -> None:
    """Two pods of two containers whose probes succeed, and who listen where they say they do."""
    pods = release.kubelet.wait_ready(2)
    for each in pods:
        assert set(each.containers) == {"extender", "kube-scheduler"}
        for container in each.containers.values():
            assert {"livenessProbe", "readinessProbe"} <= set(container.spec)
            assert container.spec["ports"]
            for port in container.spec["ports"]:
                with socket.create_connection((each.address, port["containerPort"]), timeout=5):
                    pass


def test_services_lead_to_ports_that_there_are(release: Release) -> None:
    """Each Service of the release selects its pods, and each target port is one of theirs."""
    release.kubelet.wait_ready(2)
    services = release.api.list("Service", NAMESPACE)
    assert {each["metadata"]["name"] for each in services} == {"nova-extender-metrics"}
    for service in services:
        slices = release.api.request(
            "GET",
            f"apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
            f"?labelSelector=kubernetes.io/service-name%3D{service['metadata']['name']}",
        )["items"]
        # The real controller resolves names of ports by the pods'.
        found = {
            (port["name"], port["port"], ready["conditions"]["ready"])
            for each in slices
            for port in each["ports"]
            for ready in each["endpoints"]
        }
        assert found == {("metrics", 8889, True), ("scheduler", 10259, True)}


def test_leases_bear_the_names_of_the_chart(release: Release) -> None:
    """Each of the two programs holds its own Lease in the release's namespace, and no other."""
    api = release.api

    def held() -> dict[str, bool]:
        leases = api.list("Lease", NAMESPACE)
        return {
            each["metadata"]["name"]: bool(each["spec"].get("holderIdentity")) for each in leases
        }

    expected = {"nova-extender": True, "nova-extender-scheduler": True}
    release.kubelet.wait_until(lambda: held() == expected, 30, lambda: f"both held: {held()}")
    assert api.find("Lease", "kube-scheduler", "kube-system") is None


def test_pods_that_ask_for_it_are_bound_by_both(cluster: Release) -> None:
    """kube-scheduler chooses by the extender's word, the extender binds; others are left alone."""
    cluster.nodes(node("n0"), node("n1"))
    before = bound_by_extender(cluster)
    cluster.api.create(pod("other", "100m", "16Mi"))
    assert cluster.place(nova_pod("mine")) in {"n0", "n1"}
    # The second one is judged with the first in view.
    cluster.place(nova_pod("second"))
    assert bound_by_extender(cluster) == before + 2
    assert cluster.node_of("other") is None
    conditions = cluster.api.get("Pod", "other")["status"].get("conditions", [])
    assert conditions == []

    def scheduled() -> list[str]:
        return [
            each["involvedObject"]["name"]
            for each in cluster.api.list("Event")
            if each["reason"] == "Scheduled" and each["reportingComponent"] == SCHEDULER_NAME
        ]

    cluster.kubelet.wait_until(
        lambda: set(scheduled()) >= {"mine", "second"}, 10, lambda: f"Events: {scheduled()}"
    )


def test_the_extender_writes_events(cluster: Release) -> None:
    """A node whose ratio cannot be read is told of by the extender's own Event."""
    cluster.nodes(node("n0", annotations=nova(cpu_allocation_ratio="many")))

    def told() -> list[tuple[str, str]]:
        return [
            (each["reason"], each["involvedObject"]["name"])
            for each in cluster.api.list("Event")
            if each["reportingComponent"] == "nova-extender.io/nova-extender"
        ]

    expected = ("InvalidAllocationRatio", "n0")
    cluster.kubelet.wait_until(lambda: expected in told(), 30, lambda: f"{told()}{cluster.tail()}")


def test_changed_values_take_effect_without_a_restart(cluster: Release) -> None:
    """A filter that values enable refuses; taken out again, the pod it refused is bound."""
    cluster.nodes(node("n0"))
    pods = cluster.uid()
    assert cluster.place(nova_pod("first")) == "n0"
    cluster.upgrade(FULL)
    cluster.kubelet.wait_until(
        lambda: cluster.log().count("changed: filter_scheduler.") >= len(pods), 30, cluster.tail
    )
    cluster.api.create(nova_pod("second"))

    def refused() -> str:
        return objects.unschedulable_message(cluster.api.get("Pod", "second")) or ""

    # Nova's text of NumInstancesFilter.
    cluster.kubelet.wait_until(lambda: "instances" in refused(), 30, refused)
    assert cluster.node_of("second") is None
    cluster.upgrade({})
    # Woken by the extender's own pod, long before kube-scheduler's five minutes.
    cluster.kubelet.wait_until(lambda: cluster.node_of("second"), 40, refused)
    assert cluster.uid() == pods


def test_overcommit_end_to_end(cluster: Release) -> None:
    """A ratio of 4 on a node of one CPU: pods of 3.6 CPUs are bound there, and no fifth."""
    ratio = nova(cpu_allocation_ratio="4")
    cluster.nodes(node("big", "1", annotations=ratio))
    allocatable = cluster.api.get("Node", "big")["status"]["allocatable"]["cpu"]
    assert allocatable in {"4", "4000m"}
    for number in range(4):
        assert cluster.place(nova_pod(f"p{number}", "900m")) == "big"
    cluster.api.create(nova_pod("p4", "900m"))
    cluster.kubelet.wait_until(
        lambda: objects.unschedulable_message(cluster.api.get("Pod", "p4")), 30, cluster.tail
    )
    assert cluster.node_of("p4") is None
    # The leader keeps what the pods ask for, so that a kubelet that restarts refuses none.
    floor = f"{PREFIX}allocatable_floor_cpu"
    cluster.kubelet.wait_until(
        lambda: cluster.api.get("Node", "big")["metadata"]["annotations"].get(floor) == "3600",
        30,
        cluster.log,
    )


def test_helm_test(cluster: Release) -> None:
    """The pod of "helm test" is placed by the release, and what it runs there succeeds."""
    cluster.nodes(node("n0"))
    name = "nova-extender-test"
    with ThreadPoolExecutor(1) as pool:
        tested = pool.submit(cluster.helm.test)
        cluster.kubelet.wait_until(
            lambda: cluster.node_of(name, NAMESPACE), 30, lambda: f"the pod bound\n{cluster.tail()}"
        )
        (container,) = cluster.api.get("Pod", name, NAMESPACE)["spec"]["containers"]
        command: list[str] = container["command"] + container["args"]
        assert command[0] == "python"
        # The Service's name means nothing to this machine.
        given = {each["name"]: each.get("value", "n0") for each in container["env"]}
        assert given["METRICS_URL"] == f"http://nova-extender-metrics.{NAMESPACE}.svc:8889"
        given["METRICS_URL"] = f"http://{cluster.pods[0].address}:8889"
        done = subprocess.run(
            [sys.executable, *command[1:]], env=given, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "scheduled: to n0" in done.stdout
        cluster.api.patch("Pod", name, {"status": {"phase": "Succeeded"}}, NAMESPACE, "status")
        cluster.kubelet.wait_until(tested.done, 60, "helm to take notice")
        assert "Phase:          Succeeded" in tested.result()
    cluster.api.delete("Pod", name, NAMESPACE)


@pytest.mark.parametrize("verb", ["get", "update"])
def test_kube_scheduler_needs_its_lease(release: Release, verb: str) -> None:
    """Each right of kube-scheduler's own Role is missed: the one that leads, or the one that waits.

    All others it has by the cluster's own roles for it.
    """
    where = f"apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles"
    path = f"{where}/nova-extender-kube-scheduler"
    (rule,) = release.api.request("GET", path)["rules"]
    assert (rule["resources"], set(rule["verbs"])) == (["leases"], {"get", "update"})

    def allow(verbs: list[str]) -> None:
        rules = {"rules": [{**rule, "verbs": verbs}]}
        release.api.request("PATCH", path, rules, "application/merge-patch+json")

    def missed() -> bool:
        return any(f'cannot {verb} resource \\"leases\\"' in line for line in release.denied())

    assert release.denied() == []
    allow([each for each in rule["verbs"] if each != verb])
    try:
        release.kubelet.wait_until(missed, 20, release.tail)
    finally:
        allow(rule["verbs"])

    def quiet() -> bool:
        """Whether nothing is missed any more; they try every two seconds or so."""
        told = len(release.denied())
        time.sleep(3)
        return len(release.denied()) == told

    release.kubelet.wait_until(quiet, 20, release.tail)
    release.expected |= set(release.denied())
