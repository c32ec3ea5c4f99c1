"""Ratios of aggregates: the least one holds, exactly, and it can but tighten what a node offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import chart, objects, recount
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

NODE = "shared"
FILTERS = ("AggregateCoreFilter", "AggregateRamFilter", "AggregateDiskFilter", "ComputeFilter")


@pytest.fixture
def kinds(scene: Scene) -> Iterator[Scene]:
    """A cluster that has our kinds; the aggregates of a test are taken away again."""
    scene.install_kinds()
    yield scene
    for found in scene.api.list("HostAggregate"):
        scene.api.delete("HostAggregate", found["metadata"]["name"])


@pytest.fixture
def amplifying(kinds: Scene) -> Iterator[Scene]:
    """The chart installed, memory included."""
    chart.install_overcommit(kinds.control_plane, {"allowMemoryOvercommit": True})
    yield kinds
    chart.uninstall_overcommit(kinds.control_plane)


def config(**kubernetes: Any) -> dict[str, Any]:
    """The Aggregate filters in place of the plain ones."""
    return {"filter_scheduler": {"enabled_filters": list(FILTERS)}, "kubernetes": kubernetes}


def two_aggregates(scene: Scene, less: str, more: str) -> None:
    """Two aggregates of the one node, with these ratios of all three resources."""
    for name, ratio in (("less", less), ("more", more)):
        metadata = {f"{each}_allocation_ratio": ratio for each in ("cpu", "ram", "disk")}
        scene.api.create(objects.aggregate(name, [NODE], **metadata))


def wait_limits(scene: Scene, **limits: float) -> None:
    """Waits until the extender holds the node to these limits, in CPUs and MiB."""

    def held() -> dict[str, float]:
        host = scene.hosts()[NODE]
        return {resource: host[resource]["limit"] for resource in limits}

    wait_until(lambda: held() == limits, 30, lambda: f"limits {limits}; they are {held()}")


def amounts(scene: Scene) -> dict[str, int]:
    """What the node offers kube-scheduler and its kubelet, in CPUs and bytes."""
    found = scene.api.get("Node", NODE)["status"]["allocatable"]
    return {name: int(recount.quantity(found[name])) for name in recount.NAMES}


def test_two_holds_against_eight(amplifying: Scene) -> None:
    """A node of one CPU, amplified to eight, in aggregates of 2 and 8: two CPUs are given out.

    Its room for eight leaves all that is refused to AggregateCoreFilter.
    """
    scene = amplifying
    scene.nodes(objects.node(NODE, "1", annotations=nova(cpu_allocation_ratio="8")))
    two_aggregates(scene, "2", "8")
    scene.start(config(), bind=True)
    wait_until(lambda: amounts(scene)["cpu"] == 8, 30, "the node amplified")
    wait_limits(scene, cpu=2)
    for name in ("first", "second"):
        assert scene.place(pod(name, "900m")) == NODE
    assert "1 not enough vCPUs" in scene.refused(pod("third", "201m"))
    assert scene.place(pod("rest", "200m")) == NODE
    assert "1 not enough vCPUs" in scene.refused(pod("tiny", "1m"))
    # Without the lesser one, the third fits, and more.
    scene.api.delete("HostAggregate", "less")
    wait_limits(scene, cpu=8)
    assert scene.place(pod("fourth", "900m")) == NODE


def test_memory_and_disk_likewise(amplifying: Scene) -> None:
    """1 GiB of memory and 10 GiB of disk, amplified to eight times as much: twice is given out."""
    scene = amplifying
    ratios = nova(ram_allocation_ratio="8", disk_allocation_ratio="8")
    scene.nodes(objects.node(NODE, "4", "1Gi", "10Gi", annotations=ratios))
    two_aggregates(scene, "8", "2")
    scene.start(config(allow_memory_overcommit=True), bind=True)
    wait_until(
        lambda: (
            amounts(scene) == {"cpu": 4, "memory": 8 * 1024**3, "ephemeral-storage": 80 * 1024**3}
        ),
        30,
        lambda: f"the node amplified: {amounts(scene)}",
    )
    wait_limits(scene, ram=2 * 1024, disk=20 * 1024)
    for number in (1, 2):
        assert scene.place(pod(f"p{number}", None, "1000Mi", "10Gi")) == NODE
    assert "1 not enough memory" in scene.refused(pod("memory", None, "49Mi"))
    assert "1 not enough disk" in scene.refused(pod("disk", None, None, "1"))
    assert scene.place(pod("rest", None, "48Mi")) == NODE


def test_less_than_one_holds_and_touches_no_node(kinds: Scene) -> None:
    """Mode advisory, nothing installed: half of four CPUs and a quarter of its memory are given.

    The node is written by nobody for it: afterwards it is what it was.
    """
    scene = kinds
    annotations = nova(cpu_allocation_ratio="0.9", ram_allocation_ratio="0.25")
    scene.nodes(objects.node(NODE, "4", "16Gi", annotations=annotations))
    for name, ratio in (("half", "0.5"), ("most", "0.75")):
        scene.api.create(objects.aggregate(name, [NODE], cpu_allocation_ratio=ratio))
    before = scene.api.get("Node", NODE)
    scene.start(config(overcommit="advisory"), bind=True)
    # The node's own ratio counts where no aggregate has one.
    wait_limits(scene, cpu=2, ram=4 * 1024)
    assert scene.place(pod("first", "1500m", "3Gi")) == NODE
    assert "1 not enough vCPUs" in scene.refused(pod("cpu", "501m"))
    assert "1 not enough memory" in scene.refused(pod("memory", None, "1025Mi"))
    assert scene.place(pod("rest", "500m", "1Gi")) == NODE
    assert written(scene.api.get("Node", NODE)) == written(before)


def written(node: objects.Object) -> objects.Object:
    """A node with all that anybody may have written, who and when included."""
    return {**node, "metadata": {**node["metadata"], "resourceVersion": ""}}
