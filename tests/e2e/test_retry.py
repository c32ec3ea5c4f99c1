"""What a kubelet rejects is retry history: Nova's RetryFilter, its numbers and its end.

A hollow kubelet is made to reject a pod like this: it is stopped; an older pod is bound to its node
behind the scheduler's back after the scheduler has placed the younger one there; started again, the
kubelet judges the older first, and has no room for the younger.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.e2e import objects
from tests.e2e.controlplane import SCHEDULER
from tests.e2e.hollow_kubelet import JUDGED_WITHIN, HollowKubelet
from tests.e2e.objects import PREFIX, daemonset, deployment, pod
from tests.e2e.pod_history import PodHistory
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

# Of a hollow kubelet's 1 CPU: two do not fit.
CPU = "900m"
REJECTED = "OutOfcpu"
MAX_ATTEMPTS = 3
# Nova's MaxRetriesExceeded: the constant part is the pod's condition, all of it the event.
EXCEEDED = "exceeded maximum number of retries"
EXCEEDED_IN_FULL = f"Exceeded max scheduling attempts {MAX_ATTEMPTS} for instance"
OTHER_MULTIPLIERS = (
    "cpu_weight_multiplier",
    "disk_weight_multiplier",
    "io_ops_weight_multiplier",
    "hypervisor_version_weight_multiplier",
    "build_failure_weight_multiplier",
)


class Kubelets:
    """Three hollow kubelets, stopped, and an intruder for each that is older than any other pod."""

    def __init__(self, scene: Scene, stack: ExitStack) -> None:
        self.scene = scene
        # A DaemonSet's rejected pod is deleted at once: only a watch sees it.
        self._history = stack.enter_context(PodHistory(scene.api))
        self._kubelets = {}
        for number in range(3):
            kubelet = HollowKubelet(scene.control_plane, f"hollow-{number}")
            stack.enter_context(kubelet)
            self._kubelets[kubelet.name] = kubelet
        for name, kubelet in self._kubelets.items():
            kubelet.stop()
            scene.api.create(pod(f"intruder-{name}", CPU, "16Mi", scheduler="another"))
        # A kubelet goes by whole seconds.
        time.sleep(1.1)

    @property
    def names(self) -> list[str]:
        """The nodes."""
        return list(self._kubelets)

    def reject(self, name: str) -> str:
        """Makes a node reject the pod that the scheduler has placed there; returns that pod.

        kube-scheduler must not run meanwhile: the node is free again when it looks.
        """
        api = self.scene.api
        (meant,) = [
            found["metadata"]["name"]
            for found in workload(self.scene)
            if found["spec"].get("nodeName") == name and found["status"]["phase"] == "Pending"
        ]
        intruder = f"intruder-{name}"
        api.bind(intruder, name)
        self._kubelets[name].start()
        wait_until(
            lambda: any(
                state.name == meant and state.reason == REJECTED for state in self._history.states()
            ),
            JUDGED_WITHIN,
            lambda: f"{meant} rejected: {api.find('Pod', meant)}",
        )
        api.delete("Pod", intruder, grace=0)
        return str(meant)


@pytest.fixture
def kubelets(scene: Scene) -> Iterator[Kubelets]:
    """The kubelets of one test."""
    with ExitStack() as stack:
        yield Kubelets(scene, stack)


def workload(scene: Scene) -> list[objects.Object]:
    """The pods that belong to the workload under test."""
    return scene.api.list("Pod", "default", "app=web")


def alive(scene: Scene) -> objects.Object | None:
    """The one pod of the workload that has not ended."""
    found = [each for each in workload(scene) if each["status"]["phase"] != "Failed"]
    assert len(found) <= 1
    return found[0] if found else None


def placed(scene: Scene) -> objects.Object:
    """Waits until the workload's one living pod has a node."""

    def bound() -> objects.Object | None:
        found = alive(scene)
        return found if found is not None and found["spec"].get("nodeName") else None

    found = wait_until(bound, 60, lambda: f"a pod bound: {alive(scene)}")
    assert found is not None
    return found


def why(found: objects.Object | None) -> str:
    """What a pod is told why it waits."""
    return "" if found is None else objects.unschedulable_message(found) or ""


def history(found: objects.Object) -> dict[str, Any]:
    """The retry history in a pod's annotation."""
    told: dict[str, Any] = json.loads(found["metadata"]["annotations"][f"{PREFIX}retry"])
    return told


@pytest.mark.timeout(300)
def test_the_replacement_goes_elsewhere_until_the_attempts_are_used_up(
    scene: Scene, kubelets: Kubelets
) -> None:
    """Three rejections on three nodes; the fourth pod waits with Nova's text though all are free.

    Small pods make the first node the best at all times and the second the next best, so that a
    replacement that forgets goes where its predecessor failed. The extender is killed twice.
    """
    first, second, third = kubelets.names
    for node, memory in ((second, "64Mi"), (third, "128Mi")):
        scene.api.create(pod(f"small-{node}", "10m", memory, scheduler="another"))
        scene.api.bind(f"small-{node}", node)
    extender = scene.start({"scheduler": {"max_attempts": MAX_ATTEMPTS}}, bind=True)
    scene.api.create(deployment("web", 1, CPU, "16Mi"))
    for attempt, node in enumerate((first, second, third), start=1):
        found = placed(scene)
        assert found["spec"]["nodeName"] == node
        if attempt > 1:
            told = history(found)
            tried = [[each, each] for each in (first, second)[: attempt - 1]]
            assert told["num_attempts"] == attempt
            assert told["hosts"][: len(tried)] == tried
            assert REJECTED in told["exc_reason"]
        scene.control_plane.stop(SCHEDULER)
        kubelets.reject(node)
        if attempt > 1:
            extender.kill_and_start()
            extender.wait_ready()
        scene.control_plane.start_component(SCHEDULER)
    wait_until(
        lambda: EXCEEDED in why(alive(scene)),
        60,
        lambda: f"the fourth pod told of the end: {alive(scene)}",
    )
    # Any event at a node is a reason for kube-scheduler to try again.
    time.sleep(5)
    left = alive(scene)
    assert left is not None
    assert left["spec"].get("nodeName") is None
    assert len(workload(scene)) == MAX_ATTEMPTS + 1
    assert scene.metric("nova_extender_max_retries_exceeded_total") >= 1
    # Events are sent in the background.
    wait_until(
        lambda: EXCEEDED_IN_FULL in event_text(scene, "MaxRetriesExceeded", left),
        30,
        lambda: f"the event that tells of it: {scene.api.list('Event')}",
    )


def event_text(scene: Scene, reason: str, about: objects.Object) -> str:
    """The note of an event about a pod; "" while there is none."""
    for event in scene.api.list("Event"):
        if event["reason"] == reason and event["involvedObject"]["uid"] == about["metadata"]["uid"]:
            text: str = event["message"]
            return text
    return ""


@pytest.mark.timeout(300)
def test_a_deployment_with_rejections_on_the_way_completes(
    scene: Scene, kubelets: Kubelets
) -> None:
    """Of 200 replicas one is rejected at 60, one at 120, one at 200: all run in the end.

    Stacking sends one to each hollow node first, where no second fits; the others start at once on
    kwok's nodes, which begins the counting anew each time.
    """
    scene.nodes(*(objects.node(f"wide-{number:02}", "8", "64Gi") for number in range(20)))
    stacking = {"ram_weight_multiplier": -1.0, **dict.fromkeys(OTHER_MULTIPLIERS, 0.0)}
    scene.start(
        {"scheduler": {"max_attempts": MAX_ATTEMPTS}, "filter_scheduler": stacking}, bind=True
    )
    scene.api.create(deployment("web", 0, "600m", "16Mi"))
    rejected = set()
    for replicas, node in zip((60, 120, 200), kubelets.names, strict=True):
        scene.api.patch("Deployment", "web", {"spec": {"replicas": replicas}})
        wait_bound(scene, replicas)
        rejected.add(kubelets.reject(node))
        wait_bound(scene, replicas)
    failed = {
        found["metadata"]["name"]
        for found in workload(scene)
        if found["status"]["phase"] == "Failed"
    }
    assert failed == rejected
    wait_until(
        lambda: scene.api.get("Deployment", "web")["status"].get("availableReplicas") == 200,
        60,
        lambda: f"200 available: {scene.api.get('Deployment', 'web')['status']}",
    )


def wait_bound(scene: Scene, replicas: int) -> None:
    """Waits until so many of the workload's pods have a node and have not ended."""

    def bound() -> int:
        return sum(
            bool(found["spec"].get("nodeName")) and found["status"]["phase"] != "Failed"
            for found in workload(scene)
        )

    wait_until(lambda: bound() == replicas, 60, lambda: f"{replicas} pods bound; {bound()} are")


@pytest.mark.timeout(300)
def test_a_daemonset_is_never_locked_out_of_its_node(scene: Scene, kubelets: Kubelets) -> None:
    """Rejected on its only node, its pod comes back to that node, and carries no history."""
    scene.start({"scheduler": {"max_attempts": 2}}, bind=True)
    node = kubelets.names[0]
    scene.api.create(daemonset("web", CPU, "16Mi", nodeSelector={"kubernetes.io/hostname": node}))
    assert placed(scene)["spec"]["nodeName"] == node
    kubelets.reject(node)
    wait_until(
        lambda: (found := alive(scene)) is not None and found["status"]["phase"] == "Running",
        90,
        lambda: f"the DaemonSet's pod running: {alive(scene)}",
    )
    found = placed(scene)
    assert found["spec"]["nodeName"] == node
    assert f"{PREFIX}retry" not in found["metadata"].get("annotations", {})
