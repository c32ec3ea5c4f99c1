"""What the leader does for overcommit: nudges, floors, and Events of ratios without effect.

The nodes are kwok's, which writes their status once: whatever changes afterwards is the leader's
doing. It has the rights of its own service account, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e import chart, recount
from tests.e2e.objects import PREFIX, node, nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

# The leader looks every two seconds, and writes a node's floors every five at most.
SOON = 10.0
WITHIN = 15.0
RATIO = f"{PREFIX}cpu_allocation_ratio"
FLOOR = f"{PREFIX}allocatable_floor_cpu"
OURS = frozenset(
    f"{PREFIX}{what}_allocatable_{resource}"
    for what in ("raw", "amplified")
    for resource in ("cpu", "memory", "ephemeral_storage")
) | {FLOOR, f"{PREFIX}allocatable_floor_memory", f"{PREFIX}allocatable_floor_ephemeral_storage"}
NAMESPACE = "nova-extender"


@pytest.fixture
def policy(scene: Scene) -> Iterator[None]:
    """The chart as it is by default."""
    chart.install_overcommit(scene.control_plane, {})
    yield
    chart.uninstall_overcommit(scene.control_plane)


Lead = Callable[..., None]


@pytest.fixture
def lead(scene: Scene) -> Iterator[Lead]:
    """Starts an extender with its own rights, and kube-scheduler."""
    plane = scene.control_plane
    rights = chart.rights(plane, NAMESPACE)
    plane.kubectl("create", "namespace", NAMESPACE)
    plane.kubectl("apply", "-f", "-", input=rights)

    def start(**kubernetes: Any) -> None:
        config = {"kubernetes": {"lease_namespace": NAMESPACE, **kubernetes}}
        scene.start(config, plane.kubeconfig_for(NAMESPACE, NAMESPACE), bind=True)

    yield start
    plane.kubectl("delete", "-f", "-", input=rights)
    plane.kubectl("delete", "namespace", NAMESPACE)


def annotate(scene: Scene, name: str, **annotations: str | None) -> None:
    """What an administrator does."""
    keyed = {PREFIX + key: value for key, value in annotations.items()}
    scene.api.patch("Node", name, {"metadata": {"annotations": keyed}})


def cpu(scene: Scene, name: str) -> int:
    """A node's allocatable CPU in milli-cores."""
    amounts = scene.api.get("Node", name)["status"]["allocatable"]
    return int(recount.quantity(amounts["cpu"]) * 1000)


def floor(scene: Scene, name: str) -> str | None:
    """The floor of a node's CPU."""
    found: str | None = annotations_of(scene, name).get(FLOOR)
    return found


def annotations_of(scene: Scene, name: str) -> dict[str, str]:
    """A node's."""
    found: dict[str, str] = scene.api.get("Node", name)["metadata"].get("annotations", {})
    return found


def wait_cpu(scene: Scene, name: str, milli: int, timeout: float = SOON) -> None:
    """Waits until exactly so much is allocatable."""
    wait_until(lambda: cpu(scene, name) == milli, timeout, lambda: f"{milli}m: {cpu(scene, name)}")


def wait_floor(scene: Scene, name: str, milli: str | None, timeout: float = SOON) -> None:
    """Waits until the floor is just that."""
    wait_until(
        lambda: floor(scene, name) == milli, timeout, lambda: f"{milli}: {floor(scene, name)}"
    )


def events(scene: Scene, reason: str) -> list[dict[str, Any]]:
    """The Events of nodes for this reason."""
    return [each for each in scene.api.list("Event") if each["reason"] == reason]


@pytest.mark.usefixtures("policy")
def test_ratios_and_floors(scene: Scene, lead: Lead) -> None:
    """A ratio takes effect at once, a lowered one leaves what runs, and nothing is left of it all.

    One CPU, pods of 900m: four with ratio 4.
    """
    scene.nodes(node("n0", cpu="1"), node("n1", cpu="1"))
    lead()
    untouched = scene.api.get("Node", "n1")["metadata"]["resourceVersion"]
    annotate(scene, "n0", cpu_allocation_ratio="4")
    wait_cpu(scene, "n0", 4000)

    # One fits by itself: nothing depends on a floor.
    there: dict[str, Any] = {"nodeSelector": {"kubernetes.io/hostname": "n0"}}
    scene.place(pod("p0", "900m", "16Mi", **there))
    for number in (1, 2, 3):
        scene.place(pod(f"p{number}", "900m", "16Mi", **there))
    wait_floor(scene, "n0", "3600")
    assert "insufficient cpu" in scene.refused(pod("fifth", "900m", "16Mi", **there)).lower()

    annotate(scene, "n0", cpu_allocation_ratio="2")
    wait_cpu(scene, "n0", 3600)
    # A floor that holds is exact.
    scene.api.delete("Pod", "p3", grace=0)
    wait_cpu(scene, "n0", 2700, WITHIN)
    assert floor(scene, "n0") == "2700"

    annotate(scene, "n0", cpu_allocation_ratio=None)
    assert cpu(scene, "n0") == 2700
    for name in ("fifth", "p0", "p1", "p2"):
        scene.api.delete("Pod", name, grace=0)
    wait_cpu(scene, "n0", 1000, WITHIN)
    wait_until(
        lambda: not annotations_of(scene, "n0").keys() & OURS,
        SOON,
        lambda: f"nothing left: {annotations_of(scene, 'n0')}",
    )
    # A node without a ratio is not written to at all.
    assert scene.api.get("Node", "n1")["metadata"]["resourceVersion"] == untouched
    assert events(scene, "AllocationRatioVoid") == []


def test_told_where_nothing_amplifies(scene: Scene, lead: Lead) -> None:
    """Without the chart a ratio is void: one Event says so, and one what is no ratio."""
    scene.nodes(
        node("n0", cpu="1", annotations=nova(cpu_allocation_ratio="4")),
        node("n1", cpu="1", annotations=nova(cpu_allocation_ratio="many")),
        node("n2", cpu="1", annotations=nova(ram_allocation_ratio="1.5")),
    )
    lead()
    wait_until(lambda: events(scene, "AllocationRatioVoid"), 40, "a void ratio told of")
    (void,) = events(scene, "AllocationRatioVoid")
    assert (void["type"], void["involvedObject"]["kind"]) == ("Warning", "Node")
    assert void["involvedObject"]["name"] == "n0"
    assert void["involvedObject"]["uid"] == scene.api.get("Node", "n0")["metadata"]["uid"]
    assert "4 vCPU" in void["message"]
    assert "1 vCPU" in void["message"]
    assert "admission policy" in void["message"]
    invalid = {
        each["involvedObject"]["name"]: each for each in events(scene, "InvalidAllocationRatio")
    }
    assert set(invalid) == {"n1", "n2"}
    assert "many" in invalid["n1"]["message"]
    assert "allow_memory_overcommit" in invalid["n2"]["message"]


@pytest.mark.parametrize("mode", ["virtual", "advisory"])
@pytest.mark.usefixtures("policy")
def test_other_modes_write_no_node(scene: Scene, lead: Lead, mode: str) -> None:
    """Not even where a policy is there, and a ratio with pods beyond the node's own."""
    scene.nodes(node("n0", cpu="1", annotations=nova(cpu_allocation_ratio="4")))
    lead(overcommit=mode)
    for number in range(2):
        # No scheduler's, lest one binds it first.
        scene.api.create(pod(f"p{number}", "900m", "16Mi", schedulerName="nobody"))
        scene.api.bind(f"p{number}", "n0")
    annotate(scene, "n0", cpu_allocation_ratio="3")
    wait_until(lambda: scene.counted() == 2, SOON, "the watch to follow")
    before = scene.api.get("Node", "n0")["metadata"]["resourceVersion"]
    with pytest.raises(TimeoutError):
        wait_until(
            lambda: scene.api.get("Node", "n0")["metadata"]["resourceVersion"] != before, 8, "no"
        )
