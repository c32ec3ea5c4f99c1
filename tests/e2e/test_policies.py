"""Nova's policies on a real cluster: groups, tenants, extra specs, and hosts that failed builds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.e2e import objects, verbs
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until

GROUP = "web"
OTHER = "kube-public"


@pytest.fixture
def kinds(scene: Scene) -> Iterator[Scene]:
    """A cluster that has our kinds; what a test makes of them is taken away again."""
    scene.install_kinds()
    yield scene
    for kind in ("HostAggregate", "ServerGroup"):
        for found in scene.api.list(kind):
            scene.api.delete(kind, found["metadata"]["name"])


def config(*filters: str, **options: object) -> dict[str, object]:
    """A configuration with these filters beside CoreFilter."""
    return {"filter_scheduler": {"enabled_filters": ["CoreFilter", *filters], **options}}


def placed(scene: Scene) -> list[str]:
    """The nodes of all pods that have one."""
    return [node for node in scene.api.placements().values() if node is not None]


def wait_placed(scene: Scene, number: int) -> None:
    """Wait until so many pods have a node."""
    wait_until(lambda: len(placed(scene)) == number, 60, lambda: f"{number} pods: {placed(scene)}")


def test_two_members_a_host(kinds: Scene) -> None:
    """max_server_per_host 2: six replicas fill three nodes, and the seventh waits."""
    kinds.nodes(*(objects.node(name, "16") for name in ("a", "b", "c")))
    kinds.api.create(objects.server_group(GROUP, "anti-affinity", max_server_per_host=2))
    kinds.start(config("ServerGroupAntiAffinityFilter"), bind=True)
    kinds.api.create(objects.deployment("web", 6, "100m", annotations=nova(server_group=GROUP)))
    wait_placed(kinds, 6)
    assert Counter(placed(kinds)) == {"a": 2, "b": 2, "c": 2}
    text = kinds.refused(pod("seventh", "100m", annotations=nova(server_group=GROUP)))
    assert "3 host has enough members of the server group" in text


def test_soft_affinity_packs_and_spills(kinds: Scene) -> None:
    """Members go where the others are, as long as there is room, and then elsewhere."""
    kinds.nodes(*(objects.node(name, "2") for name in ("a", "b", "c")))
    kinds.api.create(objects.server_group(GROUP, "soft-affinity"))
    kinds.start(config(soft_affinity_weight_multiplier=1000.0), bind=True)
    member = partial(pod, cpu="500m", annotations=nova(server_group=GROUP))
    hosts = [kinds.place(member(f"member-{n}")) for n in range(6)]
    assert hosts[:4] == [hosts[0]] * 4
    assert hosts[4:] == [hosts[4]] * 2
    assert hosts[4] != hosts[0]


def test_soft_anti_affinity_spreads_and_doubles(kinds: Scene) -> None:
    """Each member goes where fewest are, although another node is always the emptiest."""
    kinds.nodes(objects.node("a", "64"), objects.node("b", "4"), objects.node("c", "4"))
    kinds.api.create(objects.server_group(GROUP, "soft-anti-affinity"))
    kinds.start(config(soft_anti_affinity_weight_multiplier=1000.0), bind=True)
    member = partial(pod, cpu="500m", annotations=nova(server_group=GROUP))
    hosts = [kinds.place(member(f"member-{n}")) for n in range(6)]
    assert set(hosts[:3]) == {"a", "b", "c"}
    assert Counter(hosts) == {"a": 2, "b": 2, "c": 2}


def test_a_tenant_has_its_aggregate_to_itself(kinds: Scene) -> None:
    """Pods of other namespaces stay out; the tenant's own may also go elsewhere, as in Nova."""
    api = kinds.api
    kinds.nodes(objects.node("theirs", "64"), objects.node("everybodys", "4"))
    api.create(objects.aggregate("rented", ["theirs"], filter_tenant_id=f"nobody, {OTHER}"))
    kinds.start(config("AggregateMultiTenancyIsolation"), bind=True)
    assert kinds.place(pod("mine", "500m")) == "everybodys"
    text = kinds.refused(pod("large", "8"))
    assert "1 host is reserved for other projects" in text
    try:
        api.create(pod("large", "8", namespace=OTHER))

        def theirs() -> bool:
            found = api.find("Pod", "large", OTHER)
            return bool(found and found["spec"].get("nodeName") == "theirs")

        wait_until(theirs, 30, "the tenant's pod on its own node")
    finally:
        api.delete("Pod", "large", OTHER, grace=0)
        wait_until(lambda: api.find("Pod", "large", OTHER) is None, 30, "the tenant's pod gone")


def test_extra_specs_pick_the_aggregate(kinds: Scene) -> None:
    """A pod that asks for ssd goes to an aggregate that has it; one that asks for more waits."""
    kinds.nodes(*(objects.node(name, "64" if name == "plain" else "4") for name in ("plain", "s")))
    kinds.api.create(objects.aggregate("fast", ["s"], ssd="true", iops="9500"))
    kinds.start(config("AggregateInstanceExtraSpecsFilter"), bind=True)

    def asking(name: str, specs: str) -> objects.Object:
        return pod(name, "100m", annotations=nova(extra_specs=specs))

    ssd = '{"aggregate_instance_extra_specs:ssd": "true"}'
    assert kinds.place(asking("ssd", ssd)) == "s"
    assert kinds.place(asking("anything", '{"other_scope:x": "1"}')) == "plain"
    enough = '{"aggregate_instance_extra_specs:iops": ">= 9000"}'
    assert kinds.place(asking("enough", enough)) == "s"
    text = kinds.refused(asking("more", '{"aggregate_instance_extra_specs:iops": ">= 9600"}'))
    assert "1 host aggregates do not match the flavor" in text
    assert "1 host aggregates lack a required key" in text


def test_a_failed_build_sinks_a_host(kinds: Scene) -> None:
    """One kubelet rejection puts the best host last; the order of the others stays as it was."""
    api = kinds.api
    sizes = {"first": "32", "second": "16", "third": "8", "fourth": "4"}
    # The first is not kept by kwok, which would have every pod there run at once.
    kinds.nodes(
        *(objects.node(name, size, "64Gi", ready=name != "first") for name, size in sizes.items())
    )
    extender = kinds.start(config(), bind=True)
    asked = api.create(pod("asked", "64"))

    def order() -> list[str]:
        status, scores, _ = verbs.ask(
            extender.url, "prioritize", verbs.filter_body(asked, list(sizes))
        )
        assert status == 200
        return [each["Host"] for each in sorted(scores, key=lambda each: -each["Score"])]

    assert order() == ["first", "second", "third", "fourth"]
    # What a kubelet does with a pod that it has no room for.
    api.create(pod("rejected", "1", nodeName="first"))
    rejection = {"phase": "Failed", "reason": "OutOfcpu", "message": "Node didn't have enough"}
    api.patch("Pod", "rejected", {"status": rejection}, subresource="status")
    sunk = ["second", "third", "fourth", "first"]
    wait_until(lambda: order() == sunk, 20, lambda: f"the host last: {order()}")
    # Nova forgets failed builds at the first that succeeds; the API tells whole seconds.
    time.sleep(1.1)
    api.create(pod("builds", "1", nodeName="first"))
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    container = {
        "name": "main",
        "image": objects.IMAGE,
        "imageID": "",
        "ready": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": at}},
    }
    running = {"phase": "Running", "startTime": at, "containerStatuses": [container]}
    api.patch("Pod", "builds", {"status": running}, subresource="status")
    wait_until(lambda: order()[0] == "first", 30, lambda: f"the host first: {order()}")
