"""placement: decide, on a real kube-scheduler: pods land exactly where Nova's pipeline says."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.e2e import objects, recount
from tests.e2e.objects import pod
from tests.e2e.pod_history import PodHistory
from tests.e2e.scene import Scene
from tests.e2e.test_storm import CONFIG, assert_all_is_well, field, storm

__all__ = ["field"]  # a fixture

DECIDE = {"kubernetes": {"placement": "decide"}}
PODS = 100
MIB = 1024.0


@dataclass
class Host:
    """A node as plain numbers: what it has, and what is taken of it."""

    name: str
    vcpus: float
    ram_mb: float
    disk_gb: float
    vcpus_used: float = 0.0
    ram_used: float = 0.0


@dataclass(frozen=True)
class Ask:
    """A pod as plain numbers."""

    name: str
    vcpus: float
    ram_mb: float


HOSTS = [
    Host("a", 8, 16 * MIB, 100),
    Host("b", 16, 24 * MIB, 150),
    Host("c", 12, 64 * MIB, 70),
    Host("d", 24, 20 * MIB, 40),
    Host("e", 6, 48 * MIB, 210),
    Host("f", 10, 30 * MIB, 90),
    Host("g", 18, 36 * MIB, 130),
]
ASKS = [Ask(f"p{n:03}", (n * 7 % 5 + 1) * 0.25, 64.0 * (n * 3 % 7 + 1)) for n in range(PODS)]


def placements() -> list[str | None]:
    """Where each pod goes, by Nova's rules and plain arithmetic (CPU, RAM and disk weighers).

    A host passes that has enough left. A weigher's values are divided by the greatest (their least
    is 0), and added up; the greatest sum wins. ``None`` where no host passes.
    """
    hosts = [Host(h.name, h.vcpus, h.ram_mb, h.disk_gb) for h in HOSTS]
    found: list[str | None] = []
    for ask in ASKS:
        left = [
            h
            for h in hosts
            if h.vcpus - h.vcpus_used >= ask.vcpus and h.ram_mb - h.ram_used >= ask.ram_mb
        ]
        if not left:
            found.append(None)
            continue
        total = dict.fromkeys((h.name for h in left), 0.0)
        for raw in (
            {h.name: h.vcpus - h.vcpus_used for h in left},
            {h.name: h.ram_mb - h.ram_used for h in left},
            {h.name: h.disk_gb for h in left},
        ):
            most = max(raw.values())
            for name, value in raw.items():
                total[name] += value / most if len(left) > 1 else 0.0
        ranked = sorted(total.values(), reverse=True)
        assert len(ranked) == 1 or ranked[0] - ranked[1] > 1e-9, "the example has a tie"
        best = max(left, key=lambda h: total[h.name])
        best.vcpus_used += ask.vcpus
        best.ram_used += ask.ram_mb
        found.append(best.name)
    return found


def test_pods_land_where_the_pipeline_says(scene: Scene) -> None:
    """100 pods one after another, each on the very host, whatever kube-scheduler would prefer."""
    expected = placements()
    assert None not in expected
    assert len(set(expected)) == len(HOSTS)
    scene.nodes(
        *(
            objects.node(h.name, f"{h.vcpus:g}", f"{h.ram_mb:g}Mi", f"{h.disk_gb:g}Gi")
            for h in HOSTS
        )
    )
    # A kwok pod counts as an I/O operation for the moment until it runs.
    config = {**DECIDE, "filter_scheduler": {"io_ops_weight_multiplier": 0.0}}
    scene.start(config, bind=True)
    with PodHistory(scene.api) as history:
        for n, ask in enumerate(ASKS, 1):
            scene.api.create(pod(ask.name, f"{ask.vcpus:g}", f"{ask.ram_mb:g}Mi"))
            history.wait_bound(n, 30)
    found = scene.api.placements()
    assert [found[ask.name] for ask in ASKS] == expected
    # kube-scheduler asks prioritize only where it is left a choice.
    verbs = 'nova_extender_requests_total{{outcome="ok",verb="{}"}}'
    assert scene.metric(verbs.format("filter")) == PODS
    assert scene.metric(verbs.format("prioritize")) == 0
    assert scene.metric(verbs.format("bind")) == PODS
    assert scene.extender is not None
    recount.wait_equal(scene.api, scene.extender.debug_url)


@pytest.mark.timeout(600)
def test_storm_where_the_extender_decides(field: Scene) -> None:
    """The storm once more: no limit broken, no pod lost; and nearly no claim is refused.

    What filter chose counts from that moment on, so pods no longer race for the same place.
    """
    field.start({**CONFIG, **DECIDE}, bind=True)
    with PodHistory(field.api) as history:
        storm(field, history, [])
        assert_all_is_well(field, history)
    assert field.metric("nova_extender_claim_conflicts_total") <= 5
