"""A real kube-scheduler places pods through Nova's filters and weighers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial

from tests.e2e import chart, objects
from tests.e2e.objects import daemonset, deployment, nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

NAMESPACE = "nova-extender"
STACKING = {
    "filter_scheduler": {
        "ram_weight_multiplier": -1.0,
        "cpu_weight_multiplier": 0.0,
        "disk_weight_multiplier": 0.0,
        "io_ops_weight_multiplier": 0.0,
    }
}


def scale(scene: Scene, name: str, replicas: int) -> list[str]:
    """Scale a Deployment up one by one; gives the nodes in the order the pods were placed."""
    placed: dict[str, str] = {}
    order = []

    def complete(wanted: int) -> bool:
        found = scene.api.placements("default", f"app={name}")
        return len([node for node in found.values() if node]) == wanted

    def seen(wanted: int) -> bool:
        return scene.counted() == wanted

    for wanted in range(1, replicas + 1):
        scene.api.patch("Deployment", name, {"spec": {"replicas": wanted}})

        wait_until(partial(complete, wanted), 30, f"{wanted} pods of {name} bound")
        if scene.extender is not None:
            wait_until(partial(seen, wanted), 10, "the watch to follow")
        for each, node in scene.api.placements("default", f"app={name}").items():
            if each not in placed and node is not None:
                placed[each] = node
                order.append(node)
    return order


def test_pods_stack_as_the_formula_says(scene: Scene) -> None:
    """(a) With ram_weight_multiplier -1 the node with least free memory that fits is taken.

    Pods of 6 GiB on 16, 32 and 64 GiB: raw weights are the free MiB, normalised by the largest,
    times -1, so the fullest node wins while the pod fits: 2 on the first (12 of 16), 5 on the
    second (30 of 32), then the third.
    """
    scene.nodes(
        objects.node("n16", "64", "16Gi"),
        objects.node("n32", "64", "32Gi"),
        objects.node("n64", "64", "64Gi"),
    )
    scene.start(STACKING)
    scene.api.create(deployment("web", 0, "100m", "6Gi"))
    assert scale(scene, "web", 8) == ["n16"] * 2 + ["n32"] * 5 + ["n64"]


def test_kube_scheduler_alone_would_spread(scene: Scene) -> None:
    """(a) The same pods without the extender: the first goes to the emptiest node, not n16."""
    scene.nodes(
        objects.node("n16", "64", "16Gi"),
        objects.node("n32", "64", "32Gi"),
        objects.node("n64", "64", "64Gi"),
    )
    scene.start_without_extender()
    scene.api.create(deployment("web", 0, "100m", "6Gi"))
    assert scale(scene, "web", 1) == ["n64"]


def test_nova_order_outvotes_preferred_node_affinity(scene: Scene) -> None:
    """(a) Default weighers: the larger node wins although the pod's affinity prefers the other.

    large against small: RAM 64 and 16 GiB → 1 and 0.25; CPU 16 and 8 → 1 and 0.5; disk equal → 1
    and 1. Sums 3 and 1.75, so scores 100 and 0; 100 × 141 × 10 outweighs what plugins can add.
    """
    scene.nodes(objects.node("large", "16", "64Gi"), objects.node("small", "8", "16Gi"))
    term = {
        "weight": 100,
        "preference": {
            "matchExpressions": [
                {"key": "kubernetes.io/hostname", "operator": "In", "values": ["small"]}
            ]
        },
    }
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}
    scene.start_without_extender()
    assert scene.place(pod("alone", "1", "1Gi", affinity=affinity)) == "small"
    scene.api.delete("Pod", "alone", grace=0)
    wait_until(lambda: not scene.api.list("Pod"), 20, "the pod gone")
    scene.start()
    assert scene.place(pod("asked", "1", "1Gi", affinity=affinity)) == "large"


def test_failed_scheduling_groups_our_reasons_by_count(scene: Scene) -> None:
    """(b) One event names each reason once with its count; no number and no name is in a text."""
    scene.nodes(
        objects.node("far1", zone="zone-a"),
        objects.node("far2", zone="zone-a"),
        objects.node("skip", zone="zone-b"),
        objects.node("full", zone="zone-b"),
        objects.node("thin", "4", zone="zone-b", annotations=nova(cpu_allocation_ratio="0.5")),
        objects.node(
            "tight", memory="16Gi", zone="zone-b", annotations=nova(ram_allocation_ratio="0.1")
        ),
        objects.node("odd", zone="zone-b", annotations=nova(disk_allocation_ratio="0.001")),
    )
    scene.start(
        {
            "filter_scheduler": {
                "max_instances_per_host": 2,
                "enabled_filters": [
                    "RetryFilter",
                    "AvailabilityZoneFilter",
                    "CoreFilter",
                    "RamFilter",
                    "DiskFilter",
                    "ComputeFilter",
                    "NumInstancesFilter",
                ],
            }
        }
    )
    for number in range(2):
        scene.place(
            pod(f"filler-{number}", "100m", nodeSelector={"kubernetes.io/hostname": "full"})
        )
    text = scene.refused(
        pod(
            "nowhere",
            "3",
            "4Gi",
            "1Gi",
            annotations=nova(availability_zone="zone-b", ignore_hosts="skip"),
        )
    )
    reasons = text.removeprefix("0/7 nodes are available: ").partition(".")[0].split(", ")
    assert sorted(reasons) == [
        "1 host is to be ignored",
        "1 not enough disk",
        "1 not enough memory",
        "1 not enough vCPUs",
        "1 too many instances on the host",
        "2 not in the requested availability zone",
    ]
    for reason in reasons:
        assert not re.search(r"\d", reason.partition(" ")[2])


def test_a_ratio_of_a_half_holds_at_the_milli_core(scene: Scene) -> None:
    """(c) 4 CPUs at 0.5 take 2000m and not 2001m; 1000m + 1000m and not 1000m + 1001m."""
    scene.nodes(objects.node("half", "4", annotations=nova(cpu_allocation_ratio="0.5")))
    scene.start()
    assert "1 not enough vCPUs" in scene.refused(pod("over", "2001m"))
    assert scene.place(pod("exact", "2000m")) == "half"
    scene.api.delete("Pod", "exact", grace=0)
    scene.api.delete("Pod", "over", grace=0)
    wait_until(lambda: not scene.api.list("Pod"), 20, "the pods gone")
    assert scene.place(pod("first", "1000m")) == "half"
    assert "1 not enough vCPUs" in scene.refused(pod("second-over", "1001m"))
    assert scene.place(pod("second", "1000m")) == "half"


def test_a_raised_ratio_lets_the_waiting_pod_in(scene: Scene) -> None:
    """(c) Changing the node's annotation reaches the extender by its watch and wakes the pod.

    kube-scheduler may well ask before the watch has told us; then the extender wakes it again, by
    its own pod.
    """
    scene.nodes(objects.node("half", "4", annotations=nova(cpu_allocation_ratio="0.5")))
    scene.api.create(pod("extender-0", nodeName="half"))
    scene.start(env={"POD_NAME": "extender-0", "POD_NAMESPACE": "default"})
    scene.refused(pod("wide", "3"))
    scene.api.patch(
        "Node", "half", {"metadata": {"annotations": nova(cpu_allocation_ratio="0.75")}}
    )
    wait_until(
        lambda: scene.node_of("wide") == "half", 30, lambda: f"wide bound: {scene.why('wide')}"
    )


def test_explain_names_what_blocks_a_pod_we_were_never_asked_about(scene: Scene) -> None:
    """(d) NodeResourcesFit refuses the pod everywhere; explain still judges every node."""
    scene.nodes(
        objects.node("a", "4", zone="zone-a"),
        objects.node("b", "8", zone="zone-b", annotations=nova(disabled="true")),
    )
    extender = scene.start()
    text = scene.refused(pod("huge", "100", annotations=nova(availability_zone="zone-a")))
    assert "Insufficient cpu" in text
    with urllib.request.urlopen(f"{extender.debug_url}/debug/attempts") as answer:
        assert json.load(answer)["attempts"] == []
    for source in (
        ["--server", extender.debug_url],
        ["--kubeconfig", str(scene.control_plane.kubeconfig)],
    ):
        command = [
            sys.executable,
            "-m",
            "extender.cli",
            "explain",
            "default/huge",
            "-o",
            "json",
            *source,
        ]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 3, ran.stderr
        found = {
            host["host"]: [blocker["reason"] for blocker in host["blockers"]]
            for host in json.loads(ran.stdout)["nearest_misses"]["hosts"]
        }
        assert found == {
            "a": ["request_exceeds_host_vcpus"],
            "b": ["wrong_availability_zone", "request_exceeds_host_vcpus", "host_disabled"],
        }


def test_an_extender_that_is_not_ready_delays_pods_and_loses_none(scene: Scene) -> None:
    """(e) 503 while it may not list, refused connections while it is away: pods wait, then run.

    The permissions that it lives with are those that are shipped, and no more.
    """
    scene.nodes(objects.node("n1", "16", "64Gi"), objects.node("n2", "16", "64Gi"))
    api = scene.api
    kubectl = scene.control_plane.kubectl
    rights = chart.rights(scene.control_plane, NAMESPACE)
    kubectl("create", "namespace", NAMESPACE)
    kubectl("create", "serviceaccount", NAMESPACE, f"--namespace={NAMESPACE}")
    kubeconfig = scene.control_plane.kubeconfig_for(NAMESPACE, NAMESPACE)
    extender = scene.start(
        kubeconfig=kubeconfig, wait=False, env={"POD_NAMESPACE": NAMESPACE}, bind=True
    )
    api.create(deployment("web", 10, "100m"))
    wait_until(
        lambda: (
            len(scene.api.list("Pod")) == 10
            and any(
                "503" in (scene.failed_scheduling(p["metadata"]["name"]) or "")
                for p in api.list("Pod")
            )
        ),
        30,
        lambda: f"an event that tells of 503: {scene.logs()}",
    )
    assert not any(api.placements().values())
    kubectl("apply", "-f", "-", input=rights)
    try:
        extender.wait_ready()
        wait_until(lambda: all(api.placements().values()), 60, "all ten bound")
        assert len(api.placements()) == 10
        extender.stop()
        api.patch("Deployment", "web", {"spec": {"replicas": 20}})
        time.sleep(3)
        assert sum(node is not None for node in api.placements().values()) == 10
        extender.process.log.unlink()
        extender.process.start()
        extender.wait_ready()
        wait_until(
            lambda: sum(n is not None for n in api.placements().values()) == 20, 60, "all 20"
        )
        # All that it does, it may do.
        assert scene.metric('nova_extender_binds_total{outcome="bound"}') == 10
        lease = api.get("Lease", "nova-extender", NAMESPACE)
        assert lease["spec"]["holderIdentity"]
        assert "orbidden" not in extender.process.log.read_text()
    finally:
        kubectl("delete", "-f", "-", input=rights)
        kubectl("delete", "namespace", NAMESPACE)


def test_a_daemonset_that_tolerates_not_ready_starts_a_node(scene: Scene) -> None:
    """(f) Its pod lands on a NotReady node; a plain pod stays off it."""
    scene.nodes(objects.node("up"), objects.node("down", ready=False))
    scene.start()
    tolerations = [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists"}
        for key in ("not-ready", "unreachable", "unschedulable")
    ]
    scene.api.create(daemonset("cni", "100m", tolerations=tolerations))
    wait_until(
        lambda: (
            sorted(filter(None, scene.api.placements("default", "app=cni").values()))
            == ["down", "up"]
        ),
        40,
        lambda: f"cni on both nodes: {scene.api.placements()}",
    )
    assert scene.place(pod("plain", "100m")) == "up"


def test_the_verbs_keep_kube_schedulers_connection(scene: Scene) -> None:
    """Fifty pods in a row are asked about over HTTP without one failed call."""
    scene.nodes(objects.node("n1", "64", "64Gi"), objects.node("n2", "64", "64Gi"))
    scene.start()
    scene.api.create(deployment("many", 50, "10m"))
    wait_until(
        lambda: sum(n is not None for n in scene.api.placements().values()) == 50, 60, "all bound"
    )
    asked = scene.metric('nova_extender_requests_total{outcome="ok",verb="filter"}')
    assert asked >= 50
    # The watches live, and nothing has made them start anew.
    for resource in ("nodes", "pods"):
        assert scene.metric(f'nova_extender_snapshot_age_seconds{{resource="{resource}"}}') < 60
        assert scene.metric(f'nova_extender_relists_total{{resource="{resource}"}}') == 0
    for outcome in ("error", "bad_request", "bad_body", "too_large", "bad_method"):
        series = f'nova_extender_requests_total{{outcome="{outcome}",verb="filter"}}'
        assert scene.metric(series) == 0
