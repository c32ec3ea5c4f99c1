"""A node's ratio is true from kube-scheduler to the kubelet, and what runs outlives its changes.

Hollow kubelets of one CPU, pods of 900m: one fits, with ratio 4 four do. The chart's policy is all
that is installed, and annotations are all that is written by hand; what else happens to a node is
the leader's doing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e import chart, objects, recount
from tests.e2e.hollow_kubelet import CPU_MILLI, JUDGED_WITHIN, HollowKubelet
from tests.e2e.objects import PREFIX, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

CPU = "900m"
FOUR = ("p0", "p1", "p2", "p3")
REJECTED = "OutOfcpu"
# kube-scheduler's NodeResourcesFit, and our CoreFilter.
ITS_REASON = "1 Insufficient cpu"
OUR_REASON = "not enough vCPUs"
# A change of an annotation takes effect by the leader.
WITHIN = 15.0
RATIO = f"{PREFIX}cpu_allocation_ratio"
SAVED = (f"{PREFIX}raw_allocatable_cpu", f"{PREFIX}amplified_allocatable_cpu")
MALFORMED = ("sixteen", "-4", "1e1", "4.0001", "0", "٤")


@pytest.fixture
def kubelet(scene: Scene) -> Iterator[HollowKubelet]:
    """A node of one CPU with a kubelet's admission."""
    with HollowKubelet(scene.control_plane, "hollow-0") as started:
        assert allocatable(scene, started.name) == CPU_MILLI
        yield started


@contextmanager
def installed(scene: Scene) -> Iterator[None]:
    """What the chart installs by default; taken away at the end whatever the pods request."""
    chart.install_overcommit(scene.control_plane, {})
    try:
        yield
    finally:
        chart.uninstall_overcommit(scene.control_plane)


@pytest.fixture
def policy(scene: Scene) -> Iterator[None]:
    """The same for a whole test."""
    with installed(scene):
        yield


def small(name: str, cpu: str = CPU, **spec: Any) -> objects.Object:
    """A pod that nothing but its CPU keeps from a node."""
    return pod(name, cpu, "16Mi", **spec)


def ours(scene: Scene, node: str) -> dict[str, str]:
    """The annotations of a node that have to do with us."""
    found = scene.api.get("Node", node)["metadata"].get("annotations", {})
    return {key: text for key, text in found.items() if key.startswith(PREFIX)}


def annotate(scene: Scene, node: str, key: str, text: str | None) -> None:
    """What an administrator does; `None` takes the annotation away."""
    scene.api.patch("Node", node, {"metadata": {"annotations": {key: text}}})


def allocatable(scene: Scene, node: str) -> int:
    """Of a node's CPU, in milli-cores, as the API server has it."""
    amounts = scene.api.get("Node", node)["status"]["allocatable"]
    return int(recount.quantity(amounts["cpu"]) * 1000)


def wait_allocatable(scene: Scene, node: str, milli: int, within: float = WITHIN) -> None:
    """Waits until a node's allocatable CPU is exactly so much."""
    wait_until(
        lambda: allocatable(scene, node) == milli,
        within,
        lambda: f"{milli}m allocatable; {scene.api.get('Node', node)}",
    )


def wait_seen(scene: Scene, node: str, **cpu: float) -> None:
    """Waits until the extender has of a node's CPU what is named here, in CPUs."""

    def seen() -> dict[str, Any]:
        found = scene.hosts()[node]["cpu"]
        return {key: found[key] for key in cpu}

    wait_until(lambda: seen() == cpu, WITHIN, lambda: f"{cpu} of {node}; it is {seen()}")


def running(scene: Scene, *names: str) -> bool:
    """Whether all of these pods run."""
    return all(scene.api.get("Pod", name)["status"]["phase"] == "Running" for name in names)


def wait_running(scene: Scene, *names: str) -> None:
    """Waits until all of these pods run."""
    wait_until(
        lambda: running(scene, *names),
        JUDGED_WITHIN,
        lambda: f"running: {[scene.api.get('Pod', name)['status'] for name in names]}",
    )


def assert_outlive_restarts(scene: Scene, kubelet: HollowKubelet, *names: str) -> None:
    """The kubelet, started anew twice, admits all of these pods again."""
    for _ in range(2):
        kubelet.judge_anew(names)
        assert running(scene, *names)


def assert_filter_holds(scene: Scene, node: str, left: int) -> None:
    """Asked directly, filter passes a pod of so many milli-cores, and refuses one more."""
    assert scene.ask_filter(small("fits", f"{left}m"), node) == ({node}, {})
    assert scene.ask_filter(small("over", f"{left + 1}m"), node) == (set(), {node: OUR_REASON})


def delete(scene: Scene, *names: str) -> None:
    """Deletes pods, and waits until the extender no longer counts them."""
    gone = {scene.api.delete("Pod", name, grace=0)["metadata"]["uid"] for name in names}
    wait_until(
        lambda: not any(gone & set(host["instances"]) for host in scene.hosts().values()),
        10,
        "the watch to follow",
    )


def seen(scene: Scene) -> list[dict[str, Any]]:
    """All nodes as the extender sees them."""
    return list(scene.hosts().values())


@pytest.mark.usefixtures("policy")
def test_without_a_ratio_one_fits(scene: Scene, kubelet: HollowKubelet) -> None:
    """The second is rejected by the kubelet if bound directly, and else waits; nothing is touched.

    The policy is there and the leader at work: a node without a ratio is not theirs.
    """
    scene.start(bind=True)
    assert scene.place(small("first")) == kubelet.name
    wait_running(scene, "first")
    assert ITS_REASON in scene.refused(small("waiting"))
    scene.api.create(small("bound", scheduler="another"))
    scene.api.bind("bound", kubelet.name)
    wait_until(
        lambda: scene.api.get("Pod", "bound")["status"].get("reason") == REJECTED,
        JUDGED_WITHIN,
        lambda: f"rejected: {scene.api.get('Pod', 'bound')['status']}",
    )
    assert running(scene, "first")
    assert allocatable(scene, kubelet.name) == CPU_MILLI
    assert ours(scene, kubelet.name) == {}


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("policy")
def test_a_ratio_from_its_annotation_to_its_end(scene: Scene, kubelet: HollowKubelet) -> None:
    """Ratio 4, then 2, then none: what runs goes on through restarts, what comes is held to it."""
    node = kubelet.name
    scene.start(bind=True)

    # 4: four of 900m run, on a node of one CPU.
    annotate(scene, node, RATIO, "4.0")
    wait_allocatable(scene, node, 4000)
    # The ratio is not counted twice: 4, not 16.
    wait_seen(scene, node, total=1, ratio=4, limit=4)
    for name in FOUR:
        assert scene.place(small(name)) == node
    wait_running(scene, *FOUR)
    assert ITS_REASON in scene.refused(small("fifth"))
    # Of 4000m are 400m left: kube-scheduler and filter hold the same line.
    assert ITS_REASON in scene.refused(small("too-large", "401m"))
    assert_filter_holds(scene, node, 400)
    scene.api.delete("Pod", "too-large", grace=0)
    assert scene.place(small("last", "400m")) == node
    wait_running(scene, "last")
    assert_outlive_restarts(scene, kubelet, *FOUR, "last")
    assert allocatable(scene, node) == 4000
    delete(scene, "last")

    # 2: the floor keeps what runs; 3600m are more than is to be, so nothing new fits.
    annotate(scene, node, RATIO, "2")
    wait_allocatable(scene, node, 3600)
    wait_seen(scene, node, total=1, ratio=2, limit=2, used=3.6)
    assert ITS_REASON in scene.refused(small("tiny", "1m"))
    assert_outlive_restarts(scene, kubelet, *FOUR)
    assert allocatable(scene, node) == 3600
    # Of the four two have to go before there is room, and then only for 200m.
    delete(scene, "p0")
    wait_allocatable(scene, node, 2700)
    assert ITS_REASON in scene.refused(small("tiny-2", "1m"))
    for name in ("tiny", "tiny-2"):
        scene.api.delete("Pod", name, grace=0)
    delete(scene, "p1")
    wait_allocatable(scene, node, 2000)
    assert_filter_holds(scene, node, 200)
    assert scene.node_of("fifth") is None
    delete(scene, "p2")
    wait_until(lambda: scene.node_of("fifth") == node, 60, lambda: str(scene.why("fifth")))
    wait_running(scene, "p3", "fifth")

    # None: 1800m go on where 1000m are.
    annotate(scene, node, RATIO, None)
    wait_allocatable(scene, node, 1800)
    wait_seen(scene, node, total=1, ratio=1, limit=1, used=1.8)
    assert_outlive_restarts(scene, kubelet, "p3", "fifth")
    delete(scene, "p3", "fifth")
    wait_allocatable(scene, node, CPU_MILLI, within=15)
    wait_until(
        lambda: ours(scene, node) == {},
        WITHIN,
        lambda: f"nothing left of it: {ours(scene, node)}",
    )


@pytest.mark.timeout(180)
def test_why_the_policy_must_not_go_first(scene: Scene, kubelet: HollowKubelet) -> None:
    """Without it the kubelet writes its one CPU back, and rejects two of three at its restart.

    The floor is an annotation that nobody heeds any more. So the chart is not uninstalled while
    pods request more than a node has of its own.
    """
    node, pods = kubelet.name, FOUR[:3]
    with installed(scene):
        scene.start(bind=True)
        annotate(scene, node, RATIO, "4")
        wait_allocatable(scene, node, 4000)
        for name in pods:
            assert scene.place(small(name)) == node
        wait_running(scene, *pods)
    wait_allocatable(scene, node, CPU_MILLI, within=60)
    assert running(scene, *pods)
    kubelet.judge_anew(pods)
    statuses = [scene.api.get("Pod", name)["status"] for name in pods]
    reasons = sorted(status.get("reason", status["phase"]) for status in statuses)
    assert reasons == [REJECTED, REJECTED, "Running"]


@pytest.mark.usefixtures("policy")
def test_a_hot_plug_to_the_amplified_value(scene: Scene, kubelet: HollowKubelet) -> None:
    """A node of 500m and ratio 2 gets another 500m: its kubelet's 1000m are raw, not amplified.

    The machine was smaller while the kubelet was down. That 1000m are also what was saved as the
    amplified value tells nothing: who writes another capacity has worked out both.
    """
    node = kubelet.name
    scene.start()
    kubelet.stop()
    annotate(scene, node, RATIO, "2")
    half = {"cpu": "500m"}
    scene.api.patch(
        "Node", node, {"status": {"capacity": half, "allocatable": half}}, subresource="status"
    )
    wait_allocatable(scene, node, 1000)
    found = ours(scene, node)
    assert [found[key] for key in SAVED] == ["500", "1000"]
    kubelet.start()
    wait_allocatable(scene, node, 2000, within=30)
    found = ours(scene, node)
    assert [found[key] for key in SAVED] == ["1000", "2000"]
    wait_seen(scene, node, total=1, limit=2)


@pytest.mark.usefixtures("policy")
def test_ratios_that_cannot_be_read_change_nothing(scene: Scene) -> None:
    """The node stays as it is, through a write of its status too; it is reported, and refused."""
    ratios = {f"n{at}": text for at, text in enumerate(MALFORMED)}
    scene.nodes(*(objects.node(name, "1") for name in ratios))
    scene.start(bind=True)
    for name, text in ratios.items():
        annotate(scene, name, RATIO, text)
    wait_until(
        lambda: all(any(RATIO in problem for problem in host["problems"]) for host in seen(scene)),
        WITHIN,
        lambda: f"a problem of each: {[host['problems'] for host in seen(scene)]}",
    )
    assert f"{len(ratios)} allocation ratio is not valid" in scene.refused(small("asking", "100m"))
    for name, text in ratios.items():
        scene.api.patch("Node", name, {"status": {"phase": "Running"}}, subresource="status")
        assert ours(scene, name) == {RATIO: text}
        assert allocatable(scene, name) == CPU_MILLI
