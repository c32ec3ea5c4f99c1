"""The example workload of `make kind`, on machines as kind's: placed as its comments say."""

from __future__ import annotations

from collections import Counter

from tests.e2e import kind, objects
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

NAMESPACE = "nova-example"
EXAMPLE = str(kind.FOLDER / "example.yaml")
WRONG_ZONE = "not in the requested availability zone"
ENOUGH_MEMBERS = "host has enough members of the server group"
# As kind.yaml labels them; test_kubeadm_config.py holds that it does.
ZONES = {"nova-worker": "zone-a", "nova-worker2": "zone-a", "nova-worker3": "zone-b"}


def test_example(scene: Scene) -> None:
    """Pods of a zone, of an aggregate's zone and of a group; two wait, and the texts say why."""
    api = scene.api
    scene.nodes(*(objects.node(name, zone=zone) for name, zone in ZONES.items()))
    scene.install_kinds()
    scene.start(bind=True, preempt=True, profiles=["nova-scheduler"])
    scene.control_plane.kubectl("apply", "-f", EXAMPLE)
    try:
        # Pods of the group that were chosen a node at once are sent back and tried again first.
        wait_until(
            lambda: sorted(why(scene).values()) == [ENOUGH_MEMBERS, WRONG_ZONE],
            60,
            lambda: f"two pods to wait: {why(scene)}, {api.placements(NAMESPACE)}",
        )
        placed: dict[str, list[str | None]] = {}
        for name, node in api.placements(NAMESPACE).items():
            placed.setdefault(name.partition("-")[0], []).append(node)
        assert placed["web"] == ["nova-worker3"] * 3
        assert Counter(placed["database"]) == Counter([*ZONES, None])
        assert placed["quick"] == ["nova-worker2"]
        assert placed["lost"] == [None]
        assert why(scene)["lost"] == WRONG_ZONE
    finally:
        scene.control_plane.kubectl("delete", "-f", EXAMPLE, "--wait=false")
        wait_until(lambda: api.find("Namespace", NAMESPACE) is None, 60, "the namespace gone")


def why(scene: Scene) -> dict[str, str]:
    """What keeps each pod that waits from every node, in the extender's words."""
    found = {
        pod["metadata"]["name"]: objects.unschedulable_message(pod) or ""
        for pod in scene.api.list("Pod", NAMESPACE)
    }
    counted = "0/3 nodes are available: 3 "
    return {
        name: said.removeprefix(counted).partition(".")[0]
        for name, said in found.items()
        if said.startswith(counted)
    }
