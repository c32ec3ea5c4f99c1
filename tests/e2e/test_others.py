"""Pods that nobody asked the extender about take their place on the node all the same.

The nodes' ratios are below 1, so that a refusal can only be the extender's: kube-scheduler itself
sees room enough.
"""

from __future__ import annotations

from tests.e2e import objects, recount
from tests.e2e.hollow_kubelet import HollowKubelet
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

OUR_REASON = "not enough vCPUs"


def test_pods_of_another_scheduler_are_counted(scene: Scene) -> None:
    """1500m of the node's 2000m are taken past us: 600m are refused, 500m fit; gone, 600m fit."""
    scene.nodes(objects.node("half", "4", annotations=nova(cpu_allocation_ratio="0.5")))
    extender = scene.start()
    scene.api.create(pod("theirs", "1500m", "1Gi", "2Gi", scheduler="another"))
    scene.api.bind("theirs", "half")
    recount.wait_equal(scene.api, extender.debug_url)
    assert recount.of_extender(extender.debug_url)["half"].vcpus_used_milli == 1500
    assert f"1 {OUR_REASON}" in scene.refused(pod("ours", "600m"))
    assert scene.place(pod("fits", "500m")) == "half"
    scene.api.delete("Pod", "theirs", grace=0)
    wait_until(lambda: scene.node_of("ours") == "half", 30, lambda: f"{scene.why('ours')}")
    recount.wait_equal(scene.api, extender.debug_url)


def test_static_pods_are_counted(scene: Scene) -> None:
    """A kubelet's own pod of 500m, known by its mirror only, leaves 200m of a node's 700m."""
    with HollowKubelet(scene.control_plane, "hollow-static") as kubelet:
        scene.api.patch(
            "Node", kubelet.name, {"metadata": {"annotations": nova(cpu_allocation_ratio="0.7")}}
        )
        extender = scene.start()
        mirror = kubelet.run_static_pod(pod("static", "500m", "64Mi"))
        assert scene.node_of(mirror) == kubelet.name
        recount.wait_equal(scene.api, extender.debug_url)
        assert recount.of_extender(extender.debug_url)[kubelet.name].vcpus_used_milli == 500
        assert f"1 {OUR_REASON}" in scene.refused(pod("ours", "201m"))
        assert scene.place(pod("fits", "200m")) == kubelet.name
