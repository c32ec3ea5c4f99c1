"""Virtual resources on many nodes, beside real ones, and for many pods at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from threading import Barrier

import pytest

from tests.e2e import objects, verbs
from tests.e2e.bulk import Bulk
from tests.e2e.objects import nova, pod
from tests.e2e.pod_history import PodHistory
from tests.e2e.scene import Scene
from tests.e2e.virtual import (
    ITS_REASON,
    OUR_REASON,
    delete,
    opted_in,
    start,
    virtual,
    wait_seen,
)
from tests.e2e.waiting import wait_until

__all__ = ["opted_in"]  # a fixture

# What a node has, its ratio, and how many pods of one vCPU that is: ⌊raw × ratio⌋, cut to whole.
SHAPES = (
    ("1", "1", 1),
    ("1", "1.5", 1),
    ("3", "1.5", 4),  # 4.5
    ("2", "2.25", 4),  # 4.5
    ("1500m", "3.125", 4),  # 4.687…
    ("1", "5.5", 5),
    ("3", "1.999", 5),  # 5.997
    ("1", "7.333", 7),
    ("2", "4.0", 8),
    ("1", "16", 16),
)
EACH = 10
PLACES = 550  # (1 + 1 + 4 + 4 + 4 + 5 + 5 + 7 + 8 + 16) × 10
MORE = 20


def is_told(scene: Scene, name: str, reason: str) -> bool:
    """Whether a pod's condition names a reason."""
    return reason in (scene.why(name) or "")


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("opted_in")
@pytest.mark.parametrize("placement", ["advise", "decide"])
def test_a_hundred_nodes_filled_to_the_last_pod(scene: Scene, placement: str) -> None:
    """No node has one pod too many, none has room left, and what is too much waits.

    Every other pod asks for CPU, and is moved.
    """
    fits = {}
    nodes = []
    for number, (cpu, ratio, places) in enumerate(SHAPES * EACH):
        name = f"n{number:02}"
        fits[name] = places
        annotations = nova(cpu_allocation_ratio=ratio)
        nodes.append(objects.node(name, cpu, annotations=annotations))
    assert (len(fits), sum(fits.values())) == (100, PLACES)
    scene.nodes(*nodes)
    start(scene, placement=placement)
    assert scene.extender is not None
    pods = [
        virtual(f"p{number}") if number % 2 else pod(f"p{number}", "700m")
        for number in range(PLACES + MORE)
    ]
    with PodHistory(scene.api) as history:
        with Bulk(scene.api) as bulk:
            bulk.create(pods)
        history.wait_bound(PLACES, 180)
        # The others are asked about again as well, and find nothing.
        told = f"100 {OUR_REASON}"
        waiting = [name for name, node in scene.api.placements().items() if node is None]
        assert len(waiting) == MORE
        for name in waiting:
            wait_until(partial(is_told, scene, name, told), 60, f"{name} refused")
        assert history.moved() == []
        print(f"\nvirtual, {placement}: {history.binding_rate():.0f} pods bound a second")
    bound = Counter(node for node in scene.api.placements().values() if node is not None)
    assert bound == fits
    passing, refused = scene.ask_filter(virtual("more"), *fits)
    assert passing == set()
    assert refused == dict.fromkeys(fits, OUR_REASON)
    for name, host in scene.hosts().items():
        assert (host["cpu"]["used"], host["cpu"]["requested"]) == (fits[name], 0)
    made = {node["metadata"]["name"]: node["status"]["allocatable"]["cpu"] for node in nodes}
    assert made == {
        node["metadata"]["name"]: node["status"]["allocatable"]["cpu"]
        for node in scene.api.list("Node")
    }


def test_real_and_virtual_on_one_node(scene: Scene) -> None:
    """4 CPUs with ratio 2: kube-scheduler lets 4 real ones in, and we 8 of both kinds together."""
    scene.nodes(objects.node("a", "4", annotations=nova(cpu_allocation_ratio="2")))
    start(scene)
    scene.place(virtual("v0", 3))
    for name in ("r0", "r1", "r2"):
        scene.place(pod(name, "1"))
    wait_seen(scene, "a", used=6, requested=3, limit=8, allocatable=4)
    # We have room for 2, kube-scheduler for one real CPU.
    assert scene.ask_filter(pod("real", "2"), "a") == ({"a"}, {})
    assert ITS_REASON in scene.refused(pod("too-much", "1001m"))
    scene.place(pod("r3", "1"))
    assert ITS_REASON in scene.refused(pod("tiny", "1m"))
    scene.place(virtual("v1", 1))
    wait_seen(scene, "a", used=8, requested=4)
    assert OUR_REASON in scene.refused(virtual("v2", 1))
    # The other way round: where all 8 are taken, a real CPU that is free helps nobody.
    for name in ("too-much", "tiny", "v2"):
        scene.api.delete("Pod", name, grace=0)
    delete(scene, "r3")
    scene.place(virtual("v3", 1))
    wait_seen(scene, "a", used=8, requested=3)
    text = scene.refused(pod("late", "1m"))
    assert OUR_REASON in text
    assert ITS_REASON not in text


def test_binds_that_race_for_the_last_places(scene: Scene) -> None:
    """Asked at once to bind 60 pods to five nodes of three places each, it binds 15, no more."""
    places, nodes, each = 3, [f"n{number}" for number in range(5)], 12
    annotations = nova(cpu_allocation_ratio="1.5")
    scene.nodes(*(objects.node(name, "2", annotations=annotations) for name in nodes))
    start(scene)
    assert scene.extender is not None
    url = scene.extender.url
    for turn in range(3):
        made = [virtual(f"t{turn}-{n}", scheduler="nobody") for n in range(each * len(nodes))]
        with Bulk(scene.api) as bulk:
            created = bulk.create(made)
        names = [name for name in nodes for _ in range(each)]
        together = Barrier(len(created))

        def bind(
            asked: tuple[objects.Object, str], together: Barrier = together
        ) -> tuple[str, str]:
            made, node = asked
            together.wait(30)
            status, reply, _ = verbs.ask(url, "bind", verbs.bind_body(made, node))
            assert status == HTTPStatus.OK
            return node, reply["Error"]

        with ThreadPoolExecutor(len(created)) as threads:
            answers = list(threads.map(bind, zip(created, names, strict=True)))
        assert Counter(node for node, error in answers if not error) == dict.fromkeys(nodes, places)
        assert all(OUR_REASON in error for _, error in answers if error)
        found = Counter(node for node in scene.api.placements().values() if node is not None)
        assert found == dict.fromkeys(nodes, places)
        wait_until(lambda: scene.counted() == places * len(nodes), 10, "the watch to follow")
        scene.api.delete_all("Pod")
        wait_until(lambda: scene.counted() == 0, 20, "the pods gone")
    assert scene.metric("nova_extender_claim_conflicts_total") == 3 * (each - places) * len(nodes)
