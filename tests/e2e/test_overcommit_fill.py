"""A hundred nodes of many ratios are filled to the last pod, and no node by one pod too many."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from tests.e2e import chart, objects, recount
from tests.e2e.bulk import Bulk
from tests.e2e.objects import nova, pod
from tests.e2e.pod_history import PodHistory
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

# Nodes of each size with each ratio. Two ratios leave the nodes alone: 1, and none.
RAW_MILLI = (1000, 1010, 1100, 1234, 1500, 1750, 2000, 2222, 2500, 3000)
RATIOS = (None, "1", "1.01", "1.2", "2.25", "3.0", "5.125", "8", "12.5", "16.0")
# Fits on the smallest node; divides the limits of three nodes, of the others something is left.
POD_MILLI = 700
MORE = 30
# Any node whose status nobody writes gets its ratio by the leader, 50 a second at most.
AMPLIFIED_WITHIN = 60.0


def limits() -> dict[str, int]:
    """What each node offers, in milli-cores: ⌊raw × ratio⌋."""
    return {
        f"n{raw}-{ratio or 'none'}": int(raw * Fraction(ratio or 1))
        for raw, ratio in product(RAW_MILLI, RATIOS)
    }


def filling(name: str, milli: int = POD_MILLI) -> objects.Object:
    """A pod that nothing but its CPU keeps from a node."""
    return pod(name, f"{milli}m", "1Mi")


def allocatable(scene: Scene) -> dict[str, int]:
    """Of every node's CPU, in milli-cores, as the API server has it."""
    return {
        node["metadata"]["name"]: int(recount.quantity(node["status"]["allocatable"]["cpu"]) * 1000)
        for node in scene.api.list("Node")
    }


@pytest.fixture
def policy(scene: Scene) -> Iterator[None]:
    """What the chart installs by default."""
    chart.install_overcommit(scene.control_plane, {})
    yield
    chart.uninstall_overcommit(scene.control_plane)


@pytest.fixture
def amplified(scene: Scene, policy: None) -> Scene:
    """The nodes with their ratios in effect.

    Every other is created with its ratio, as by an installer; the rest are annotated afterwards,
    when nobody writes their status any more.
    """
    del policy
    names = iter(limits())
    nodes: list[objects.Object] = []
    later: dict[str, str] = {}
    for number, (raw, ratio) in enumerate(product(RAW_MILLI, RATIOS)):
        name, annotations = next(names), {}
        if ratio is not None and number % 2:
            annotations = nova(cpu_allocation_ratio=ratio)
        elif ratio is not None:
            later[name] = ratio
        nodes.append(objects.node(name, f"{raw}m", "64Gi", annotations=annotations))
    scene.nodes(*nodes)
    scene.start(bind=True)
    for name, ratio in later.items():
        annotations = nova(cpu_allocation_ratio=ratio)
        scene.api.patch("Node", name, {"metadata": {"annotations": annotations}})
    wait_until(
        lambda: allocatable(scene) == limits(),
        AMPLIFIED_WITHIN,
        lambda: f"the nodes amplified: {different(limits(), allocatable(scene))}",
    )
    wait_until(
        lambda: seen(scene) == limits(),
        10,
        lambda: f"the extender to see it: {different(limits(), seen(scene))}",
    )
    return scene


def seen(scene: Scene) -> dict[str, int]:
    """The limits that the extender holds, in milli-cores."""
    return {name: round(host["cpu"]["limit"] * 1000) for name, host in scene.hosts().items()}


def different(wanted: dict[str, Any], found: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is not as it should be, by node."""
    return {
        name: (wanted[name], found.get(name)) for name in wanted if wanted[name] != found.get(name)
    }


@pytest.mark.timeout(300)
def test_filled_to_the_last_pod(amplified: Scene) -> None:
    """More pods than fit: each node gets ⌊limit ÷ 700m⌋, the others wait, and filter agrees.

    Up to the end kube-scheduler offers the extender no node that CoreFilter has to refuse: both
    reckon with the same limits.
    """
    scene = amplified
    assert scene.extender is not None
    fits = {name: limit // POD_MILLI for name, limit in limits().items()}
    places = sum(fits.values())
    with PodHistory(scene.api) as history, Bulk(scene.api) as bulk:
        bulk.create(filling(f"p{number:04}") for number in range(places + MORE))
        history.wait_bound(places, 180)
        # Time for one too many.
        time.sleep(3)
        on = Counter(state.node for state in history.latest().values() if state.node)
        rate = history.binding_rate()
    assert dict(on) == fits
    recount.wait_equal(scene.api, scene.extender.debug_url)
    refused = (
        'nova_extender_filter_rejections_total{filter="CoreFilter",reason="insufficient_vcpus"}'
    )
    assert scene.metric(refused) == 0
    assert scene.metric("nova_extender_claim_conflicts_total") == 0
    # What is left on each node is for exactly the pods that kube-scheduler would let in.
    left = {name: limit - fits[name] * POD_MILLI for name, limit in limits().items()}
    for milli in {1, 10, POD_MILLI - 1, POD_MILLI, *left.values()} - {0}:
        passing, _ = scene.ask_filter(filling("asking", milli), *left)
        assert passing == {name for name, free in left.items() if free >= milli}
    print(f"\nfill: {places} pods on {len(fits)} nodes, {rate:.0f} bound a second")
