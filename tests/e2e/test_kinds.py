"""HostAggregate, Flavor and ServerGroup on a real API server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from extender.state.kind_record import FLAVOR, HOST_AGGREGATE, SERVER_GROUP, Kind, read_kind
from tests.e2e import objects
from tests.e2e.api import Api, ApiError, path
from tests.e2e.objects import nova, pod
from tests.e2e.scene import Scene
from tests.e2e.waiting import wait_until
from tests.kind_specs import BAD, GOOD, PLURALS, label, thing

OURS: dict[str, Kind[Any]] = {kind.name: kind for kind in (HOST_AGGREGATE, FLAVOR, SERVER_GROUP)}


@pytest.fixture
def kinds(scene: Scene) -> Iterator[Scene]:
    """A cluster that has our kinds, and no object of them before and after."""
    scene.install_kinds()
    try:
        clear(scene.api)
        yield scene
    finally:
        clear(scene.api)


def clear(api: Api) -> None:
    """Delete every object of our kinds, once the API server serves them."""

    def served() -> bool:
        try:
            return all(api.list(kind) is not None for kind in PLURALS)
        except ApiError:
            return False

    wait_until(served, 20, "our kinds served")
    for kind in PLURALS:
        for found in api.list(kind, None):
            meta = found["metadata"]
            api.delete(kind, meta["name"], meta.get("namespace", "default"))


def tried(api: Api, kind: str, spec: Any) -> dict[str, Any]:
    """What the API server would store of an object; raises what it says if it would not."""
    return api.request("POST", f"{path(kind)}?dryRun=All", thing(kind, spec))


def refused(api: Api, method: str, where: str, body: Any, content_type: str) -> tuple[int, str]:
    """The status and the words with which a request is refused."""
    with pytest.raises(ApiError) as caught:
        api.request(method, where, body, content_type)
    text = str(caught.value)
    message: str = json.loads(text[text.index("{") :])["message"]
    return caught.value.status, message


def table(scene: Scene, *args: str) -> list[dict[str, str]]:
    """What ``kubectl get`` shows, a row an object."""
    lines = scene.control_plane.kubectl("get", *args).splitlines()
    # Columns are wide enough for their names, with three blanks between them.
    names = lines[0].split("   ")
    starts = [lines[0].index(name.strip()) for name in names if name.strip()]
    ends = [*starts[1:], None]
    return [
        {
            lines[0][start:end].strip(): line[start:end].strip()
            for start, end in zip(starts, ends, strict=True)
        }
        for line in lines[1:]
    ]


def condition(found: dict[str, Any], of: str) -> dict[str, Any]:
    """A condition of an object; empty while it has none."""
    conditions = found.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == of), {})


def test_what_the_schemas_refuse_the_extender_refuses_too(kinds: Scene) -> None:
    """Every bad spec is refused with the place and what would be right; every good one stored.

    What is stored is what the extender can read. The unit tests of ``translate.kinds`` hold the
    same table against files.
    """
    wrong = []
    for bad in BAD:
        where, body = f"{path(bad.kind)}?dryRun=All", thing(bad.kind, bad.spec)
        try:
            status, text = refused(kinds.api, "POST", where, body, "application/json")
        except pytest.fail.Exception:
            wrong.append(f"{label(bad)} is taken")
            continue
        if status != 422 or bad.where not in text or bad.words not in text:
            wrong.append(f"{label(bad)}: {status} {text[:300]}")
    for good in GOOD:
        stored = tried(kinds.api, good.kind, good.spec)
        if stored["spec"] != good.stored:
            wrong.append(f"{label(good)} is stored as {stored['spec']!r:.300}")
        record = read_kind(OURS[good.kind], json.dumps(stored).encode())
        if record.parsed is None:
            wrong.append(f"{label(good)} is stored and cannot be read: {record.error}")
    assert wrong == []


def test_null_in_a_map_is_dropped_before_it_reaches_us(kinds: Scene) -> None:
    """The one thing that a file may not say and the API server takes."""
    stored = tried(kinds.api, "HostAggregate", {"metadata": {"k": None, "l": "v"}})
    assert stored["spec"] == {"metadata": {"l": "v"}}


def test_a_misspelt_field_is_refused(kinds: Scene) -> None:
    """Kubectl asks the API server to be strict."""
    with pytest.raises(RuntimeError, match=r'unknown field "spec\.host"'):
        kinds.control_plane.kubectl(
            "apply", "-f", "-", input=json.dumps(thing("HostAggregate", {"host": ["a"]}))
        )


def test_a_server_group_stays_what_it_is(kinds: Scene) -> None:
    """Neither policy nor rules change, as in Nova; labels do, and it can be made anew."""
    spec = {"policy": "anti-affinity", "rules": {"max_server_per_host": 2}}
    kinds.api.create(thing("ServerGroup", spec, "web"))
    where, merge = path("ServerGroup", "web"), "application/merge-patch+json"
    for change in (
        {"policy": "soft-anti-affinity", "rules": None},
        {"rules": {"max_server_per_host": 3}},
        {"rules": None},
    ):
        status, text = refused(kinds.api, "PATCH", where, {"spec": change}, merge)
        assert status == 422
        assert "a server group cannot be changed; accepted: delete it and create it anew" in text
    kinds.api.patch("ServerGroup", "web", {"metadata": {"labels": {"a": "b"}}})
    kinds.api.delete("ServerGroup", "web")
    kinds.api.create(thing("ServerGroup", {"policy": "affinity"}, "web"))


def test_short_names_and_columns(kinds: Scene) -> None:
    """What people see, by the names they type; a status is kept apart from the spec."""
    api = kinds.api
    zone = {"hosts": ["a"], "metadata": {"availability_zone": "az1"}}
    api.create(thing("HostAggregate", zone, "ssd"))
    api.create(thing("Flavor", {"vcpus": 2, "ram": 4096}, "m1.small"))
    spec = {"policy": "anti-affinity", "rules": {"max_server_per_host": 2}}
    created = api.create({**thing("ServerGroup", spec, "web"), "status": {"members": 9}})
    assert "status" not in created
    moment = "2026-01-02T03:04:05Z"
    accepted = {
        "type": "Accepted",
        "status": "True",
        "reason": "Understood",
        "message": "",
        "lastTransitionTime": moment,
    }
    told = {"hosts": 3, "conditions": [accepted, {**accepted, "type": "MetadataUnderstood"}]}
    api.patch("HostAggregate", "ssd", {"status": told}, subresource="status")
    api.patch("Flavor", "m1.small", {"status": {"conditions": [accepted]}}, subresource="status")
    told = {"members": 5, "hosts": 2, "conditions": [{**accepted, "status": "False"}]}
    patched = api.patch("ServerGroup", "web", {"status": told}, subresource="status")
    assert patched["metadata"]["generation"] == 1

    def row(*args: str) -> dict[str, str]:
        (found,) = table(kinds, *args)
        assert found.pop("AGE")
        return found

    aggregate = {"NAME": "ssd", "HOSTS": "3", "ZONE": "az1", "ACCEPTED": "True", "METADATA": "True"}
    assert row("agg") == row("hagg") == row("hostaggregates") == aggregate
    flavor = {"NAME": "m1.small", "VCPUS": "2", "RAM": "4096", "DISK": "0", "ACCEPTED": "True"}
    assert row("flv") == flavor
    wide = row("flavors", "-o", "wide")
    assert wide == {**flavor, "EPHEMERAL": "0", "SWAP": "0"}
    assert row("sg") == {
        "NAME": "web",
        "POLICY": "anti-affinity",
        "MAX PER HOST": "2",
        "MEMBERS": "5",
        "HOSTS": "2",
        "ACCEPTED": "False",
    }
    listed = kinds.control_plane.kubectl("get", "nova", "-o", "name").split()
    assert sorted(listed) == [
        "flavor.nova-extender.io/m1.small",
        "hostaggregate.nova-extender.io/ssd",
        "servergroup.nova-extender.io/web",
    ]


def test_statuses_say_what_was_understood(kinds: Scene) -> None:
    """Counts, unknown hosts, what cannot be read; written anew only when something changes."""
    kinds.nodes(
        objects.node("a", labels={"pool": "batch"}),
        objects.node("b", labels={"pool": "batch"}),
        objects.node("c"),
    )
    api = kinds.api
    spec = {
        "hosts": ["c", "ghost"],
        "nodeSelector": {"pool": "batch"},
        "metadata": {"cpu_allocation_ratio": "sixteen", "owner": "me"},
    }
    api.create(thing("HostAggregate", spec, "az1"))
    api.create(thing("Flavor", {"vcpus": 1}, "m1"))
    api.create(thing("ServerGroup", {"policy": "soft-anti-affinity"}, "web"))
    kinds.start()

    def told() -> bool:
        named = (("HostAggregate", "az1"), ("Flavor", "m1"), ("ServerGroup", "web"))
        found = [condition(api.get(kind, name), "Accepted") for kind, name in named]
        return all(one.get("status") == "True" for one in found)

    wait_until(told, 30, "the statuses of all three")
    found = api.get("HostAggregate", "az1")
    assert (found["status"]["hosts"], found["status"]["unknownHosts"]) == (3, ["ghost"])
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"] == 1
    understood = condition(found, "MetadataUnderstood")
    assert understood["status"] == "False"
    assert understood["message"] == (
        "'cpu_allocation_ratio' is 'sixteen'; accepted: a finite number, such as 1.5"
    )
    # Nothing is written again while nothing changes.
    versions = {kind: api.list(kind)[0]["metadata"]["resourceVersion"] for kind in PLURALS}
    time.sleep(6)
    assert versions == {kind: api.list(kind)[0]["metadata"]["resourceVersion"] for kind in PLURALS}
    api.patch("HostAggregate", "az1", {"spec": {"metadata": {"cpu_allocation_ratio": "16"}}})
    api.patch("Node", "b", {"metadata": {"labels": {"pool": None}}})

    def mended() -> bool:
        now = api.get("HostAggregate", "az1")
        return (
            condition(now, "MetadataUnderstood").get("status") == "True"
            and now["status"]["hosts"] == 2
            and now["status"]["observedGeneration"] == 2
        )

    wait_until(mended, 20, lambda: f"the status: {api.get('HostAggregate', 'az1')['status']}")
    kept = condition(api.get("HostAggregate", "az1"), "Accepted")["lastTransitionTime"]
    assert kept == condition(found, "Accepted")["lastTransitionTime"]


def test_members_of_a_group_are_counted(kinds: Scene) -> None:
    """Bound pods of the group and their nodes, at most a few seconds late."""
    kinds.nodes(objects.node("a"), objects.node("b"))
    kinds.api.create(thing("ServerGroup", {"policy": "affinity"}, "web"))
    for number, node in enumerate(("a", "a", "b")):
        member = pod(f"web-{number}", annotations=nova(server_group="web"), nodeName=node)
        kinds.api.create(member)
    kinds.start()

    def counts() -> tuple[int | None, int | None]:
        status = kinds.api.get("ServerGroup", "web").get("status", {})
        return status.get("members"), status.get("hosts")

    wait_until(lambda: counts() == (3, 2), 30, lambda: f"3 members on 2 nodes: {counts()}")
    kinds.api.delete("Pod", "web-2", grace=0)
    wait_until(lambda: counts() == (2, 1), 20, lambda: f"2 members on 1 node: {counts()}")


def test_a_changed_object_wakes_the_pods_that_wait_for_it(kinds: Scene) -> None:
    """A pod that nothing else would wake for minutes is bound within 15 s of the edit.

    kube-scheduler does not watch our kinds. The extender's own pod, whose update wakes the others,
    stands on a node here without running: the extender is told by its environment which one it is.
    """
    kinds.nodes(objects.node("a"))
    kinds.api.create(pod("extender-0", nodeName="a"))
    zone = {"hosts": ["a"], "metadata": {"availability_zone": "az2"}}
    kinds.api.create(thing("HostAggregate", zone, "one"))
    kinds.start(env={"POD_NAME": "extender-0", "POD_NAMESPACE": "default"})
    assert "not in the requested availability zone" in kinds.refused(
        pod("zoned", "1", annotations=nova(availability_zone="az1"))
    )
    # The own pod's start is over, and whatever that woke has been tried.
    time.sleep(5)
    kinds.api.patch("HostAggregate", "one", {"spec": {"metadata": {"availability_zone": "az1"}}})
    wait_until(lambda: kinds.node_of("zoned") == "a", 15, lambda: f"bound: {kinds.why('zoned')}")
    assert "HostAggregate one" in own_annotations(kinds)
    assert "flavor does not exist" in kinds.refused(
        pod("flavored", "1", annotations=nova(flavor="m1"))
    )
    kinds.api.create(thing("Flavor", {"vcpus": 1}, "m1"))
    wait_until(
        lambda: kinds.node_of("flavored") == "a", 25, lambda: f"bound: {kinds.why('flavored')}"
    )
    assert "Flavor m1" in own_annotations(kinds)


def own_annotations(scene: Scene) -> str:
    """What the extender wrote to its own pod."""
    return json.dumps(scene.api.get("Pod", "extender-0")["metadata"]["annotations"])
