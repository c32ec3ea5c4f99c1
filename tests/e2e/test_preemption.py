"""A pod of a higher priority evicts others only where our filters pass once they are gone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.e2e import objects
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

HIGH = "preempting"
MEDIUM = "worth-more"


@pytest.fixture
def crowded(scene: Scene) -> Iterator[Scene]:
    """Two full nodes; on their own merits kube-scheduler would evict on `wrong`.

    The pod on `wrong` has the lowest priority, and the lowest is what it looks for.
    """
    scene.api.create(objects.priority_class(HIGH, 1000))
    scene.api.create(objects.priority_class(MEDIUM, 100))
    scene.nodes(
        objects.node("wrong", "4", zone="zone-a"),
        objects.node("right", "4", zone="zone-b"),
    )
    yield scene
    scene.api.delete("PriorityClass", HIGH)
    scene.api.delete("PriorityClass", MEDIUM)


def fill(scene: Scene) -> None:
    """A cheap victim on `wrong`, a dear one on `right`, each of 3 of 4 CPUs."""
    cheap = pod("victim-wrong", "3", "1Gi", scheduler="another")
    dear = pod("victim-right", "3", "1Gi", scheduler="another", priorityClassName=MEDIUM)
    for victim, node in ((cheap, "wrong"), (dear, "right")):
        scene.api.create(victim)
        scene.api.bind(victim["metadata"]["name"], node)
    if scene.extender is not None:
        wait_until(lambda: scene.counted() == 2, 10, "the watch to follow")


def evicted(scene: Scene) -> set[str]:
    """The victims that are gone."""
    return {"victim-wrong", "victim-right"} - set(scene.api.placements())


def wanting(zone: str) -> objects.Object:
    """A pod of a high priority for a zone, which fits nowhere unless somebody goes."""
    annotations = nova(availability_zone=zone)
    return pod("high", "2", "1Gi", priorityClassName=HIGH, annotations=annotations)


def test_it_evicts_where_the_filters_pass(crowded: Scene) -> None:
    """The pod wants zone-b: the dearer victim there goes, the cheaper one in zone-a stays."""
    crowded.start(bind=True, preempt=True)
    fill(crowded)
    assert crowded.place(wanting("zone-b"), timeout=60) == "right"
    assert evicted(crowded) == {"victim-right"}


def test_without_the_verb_the_wrong_pod_is_evicted(crowded: Scene) -> None:
    """The control: kube-scheduler's dry run knows no zones of ours and takes the cheap victim."""
    crowded.start(bind=True, preempt=False)
    fill(crowded)
    crowded.api.create(wanting("zone-b"))
    wait_until(lambda: "victim-wrong" in evicted(crowded), 60, "the cheap victim evicted")


def test_it_evicts_nobody_where_the_filters_refuse(crowded: Scene) -> None:
    """No node is in zone-z: kube-scheduler asks, is told of no node, and the pod waits."""
    crowded.start(bind=True, preempt=True)
    fill(crowded)
    crowded.refused(wanting("zone-z"))
    asked = 'nova_extender_requests_total{outcome="ok",verb="preempt"}'
    wait_until(lambda: crowded.metric(asked) >= 1, 30, "preempt asked")
    # Whom kube-scheduler evicts it evicts within this.
    time.sleep(3)
    assert evicted(crowded) == set()
    assert crowded.node_of("high") is None
