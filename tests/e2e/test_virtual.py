"""Overcommit without touching a node: virtual resources, which only the extender counts.

kube-scheduler is told to ignore them, the kubelet does not know them: what holds pods to a node's
limit is the claim that the bind verb makes, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.hollow_kubelet import CPU_MILLI, JUDGED_WITHIN, MEMORY_BYTES, HollowKubelet
from tests.e2e.objects import PREFIX, nova, pod
from tests.e2e.scene import Scene
from tests.e2e.virtual import OUR_REASON, VCPU, delete, opted_in, start, virtual, wait_seen
from tests.e2e.waiting import wait_until

__all__ = ["opted_in"]  # a fixture

NOT_ENOUGH_MEMORY = "not enough memory"
CPU_RATIO = f"{PREFIX}cpu_allocation_ratio"
RAM_RATIO = f"{PREFIX}ram_allocation_ratio"
# Who may write a node here: its kubelet, the controllers, and this test as the administrator.
WRITERS = {"hollow-kubelet", "kube-controller-manager", "nova-extender-e2e"}


@pytest.fixture
def kubelet(scene: Scene) -> Iterator[HollowKubelet]:
    """A node of one CPU and 3840 MiB with a kubelet's admission."""
    with HollowKubelet(scene.control_plane, "hollow-0") as started:
        yield started


def annotate(scene: Scene, node: str, key: str, text: str | None) -> None:
    """What an administrator does; `None` takes the annotation away."""
    scene.api.patch("Node", node, {"metadata": {"annotations": {key: text}}})


def assert_untouched(scene: Scene, node: str, **annotations: str) -> None:
    """The node is as its kubelet and the administrator wrote it."""
    found = scene.api.get("Node", node)
    metadata, status = found["metadata"], found["status"]
    ours = {k: v for k, v in metadata["annotations"].items() if k.startswith(PREFIX)}
    assert ours == nova(**annotations)
    assert {entry["manager"] for entry in metadata["managedFields"]} <= WRITERS
    assert status["allocatable"] == status["capacity"]
    assert status["allocatable"]["cpu"] == str(CPU_MILLI // 1000)
    assert status["allocatable"]["memory"] == f"{MEMORY_BYTES // 1024**2}Mi"
    assert not any(name.startswith(PREFIX) for name in status["allocatable"])


def running(scene: Scene, *names: str) -> bool:
    """Whether all of these pods run."""
    return all(scene.api.get("Pod", name)["status"]["phase"] == "Running" for name in names)


def wait_running(scene: Scene, *names: str) -> None:
    """Wait until all of these pods run."""
    wait_until(
        lambda: running(scene, *names),
        JUDGED_WITHIN,
        lambda: f"running: {[scene.api.get('Pod', name)['status'] for name in names]}",
    )


def assert_full(scene: Scene, node: str) -> None:
    """Asked directly, filter refuses one vCPU more, whoever counts it."""
    for more in (virtual("more"), pod("more", "1m")):
        assert scene.ask_filter(more, node) == (set(), {node: OUR_REASON})


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("opted_in")
def test_a_ratio_from_its_annotation_to_its_end(scene: Scene, kubelet: HollowKubelet) -> None:
    """Ratio 4, then 2, then none on one CPU: what runs goes on, what comes is held to it."""
    node, four = kubelet.name, ("v0", "v1", "v2", "moved")
    assert_untouched(scene, node)
    start(scene)

    # 4: one that asks for 900m is moved, and takes a whole vCPU like the others.
    annotate(scene, node, CPU_RATIO, "4")
    wait_seen(scene, node, total=1, limit=4)
    for name in four[:-1]:
        assert scene.place(virtual(name)) == node
    assert scene.ask_filter(virtual("last"), node) == ({node}, {})
    assert scene.place(pod("moved", "900m")) == node
    (container,) = scene.api.get("Pod", "moved")["spec"]["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "0", VCPU: "1"},
        "limits": {VCPU: "1"},
    }
    wait_running(scene, *four)
    wait_seen(scene, node, used=4, requested=0, void=0)
    assert_full(scene, node)
    text = scene.refused(virtual("fifth"))
    assert f"0/1 nodes are available: 1 {OUR_REASON}" in text
    kubelet.judge_anew(four)
    assert running(scene, *four)
    assert_untouched(scene, node, cpu_allocation_ratio="4")

    # 2: four go on where two are to be; there is room only once three of them are gone.
    annotate(scene, node, CPU_RATIO, "2")
    wait_seen(scene, node, limit=2, used=4)
    kubelet.judge_anew(four)
    assert running(scene, *four)
    assert scene.node_of("fifth") is None
    assert OUR_REASON in scene.refused(virtual("sixth"))
    scene.api.delete("Pod", "sixth", grace=0)
    delete(scene, "v0", "v1")
    assert_full(scene, node)
    assert scene.node_of("fifth") is None
    assert_untouched(scene, node, cpu_allocation_ratio="2")
    scene.api.delete("Pod", "v2", grace=0)
    wait_until(lambda: scene.node_of("fifth") == node, 60, lambda: str(scene.why("fifth")))
    wait_running(scene, "moved", "fifth")

    # None: two go on, and one fits once they are gone.
    annotate(scene, node, CPU_RATIO, None)
    wait_seen(scene, node, limit=1, used=2)
    kubelet.judge_anew(("moved", "fifth"))
    assert running(scene, "moved", "fifth")
    delete(scene, "moved", "fifth")
    wait_seen(scene, node, used=0)
    assert scene.place(virtual("alone")) == node
    assert_full(scene, node)
    assert_untouched(scene, node)


@pytest.mark.parametrize(
    ("allowed", "fits", "left"),
    [
        pytest.param(True, 4, 64, id="allowed"),  # 3840 × 2.1 = 8064, less 4 × 2000
        pytest.param(False, 1, 1840, id="not allowed"),  # 3840 less 2000
    ],
)
def test_memory_is_overcommitted_only_if_allowed(
    scene: Scene, kubelet: HollowKubelet, allowed: bool, fits: int, left: int
) -> None:
    """Pods of 2000 MiB on 3840 MiB with ratio 2.1: four are 8000 MiB; not allowed, there is one."""
    node = kubelet.name
    annotate(scene, node, RAM_RATIO, "2.1")
    start(scene, allow_memory_overcommit=allowed)
    names = [f"v{number}" for number in range(fits)]
    for name in names:
        assert scene.place(virtual(name, memory_mb=2000, vcpus=0)) == node
    wait_running(scene, *names)
    text = scene.refused(virtual("one-more", memory_mb=2000, vcpus=0))
    assert NOT_ENOUGH_MEMORY in text
    assert scene.ask_filter(virtual("rest", 0, left), node) == ({node}, {})
    assert scene.ask_filter(virtual("more", 0, left + 1), node) == (
        set(),
        {node: NOT_ENOUGH_MEMORY},
    )
    # No pod overcommits a machine by itself.
    passing, _ = scene.ask_filter(virtual("large", 0, 8000), node)
    assert not passing
    kubelet.judge_anew(names)
    assert running(scene, *names)
    assert_untouched(scene, node, ram_allocation_ratio="2.1")
