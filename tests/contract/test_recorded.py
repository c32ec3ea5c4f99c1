"""What a real kube-scheduler sent, word for word, and what it is answered."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.contract.talking import (
    Served,
    recorded_nodes,
    recording,
    recordings,
)
from tests.unit.verbs.making import Object, body, kind, node, pod

FORMS = ["names", "nodes"]
TOO_FEW = "request exceeds the vCPUs of the host"
NO_CPU = "not enough vCPUs"
NO_RAM = "not enough memory"
NO_DISK = "not enough disk"

MI, GI = 1 << 20, 1 << 30

# Milli-cores, bytes of memory and of disk, worked out from the recorded pods by hand.
REQUESTS = {
    # one container
    "deployment-1-filter": (250, 256 * MI, GI),
    # main 200m + sidecar 100m run together, but prepare alone takes 500m; 128 + 32 MiB
    "init-containers-1-filter": (500, 160 * MI, 0),
    # for the pod as a whole
    "pod-level-1-filter": (300, 200 * MI, 0),
    "daemonset-1-filter": (50, 32 * MI, 0),
    "preempting-2-filter": (2000, GI, 0),
}


def test_there_are_recordings() -> None:
    """Both forms and both verbs are recorded, and every pod that the hand-made clusters need."""
    for form in FORMS:
        assert f"{form}/deployment-2-prioritize" in recordings("prioritize")
        assert {f"{form}/{name}" for name in REQUESTS} <= set(recordings("filter"))


@pytest.mark.parametrize("path", recordings("filter", "prioritize"))
def test_recordings_are_word_for_word(path: str) -> None:
    """What the tests send is as long as what kube-scheduler sent, to the byte."""
    found = recording(path)
    assert len(found.body) == int(found.headers["Content-Length"])
    assert json.loads(found.body) == found.sent
    assert list(found.sent) == ["Pod", "Nodes", "NodeNames"]


@pytest.mark.parametrize("knows", ["all", "some", "nothing"])
@pytest.mark.parametrize("path", recordings("filter"))
def test_filter(path: str, knows: str) -> None:
    """Every recorded filter call is answered by the protocol, whatever of the cluster is known."""
    nodes = {"all": recorded_nodes(), "some": recorded_nodes()[1:], "nothing": []}[knows]
    served = Served(nodes)
    found = recording(path)
    result = served.filter(found.body)
    assert served.outcomes == ["ok"]
    if "annotated" in path:
        assert result["NodeNames"] == []
    elif "nodes/" in path or knows == "all":
        assert result["NodeNames"]
    if knows == "nothing" and "names/" in path and "annotated" not in path:
        texts = {**result["FailedNodes"], **result["FailedAndUnresolvableNodes"]}
        assert set(texts.values()) == {"not in cache yet"}


@pytest.mark.parametrize("knows", ["all", "nothing"])
@pytest.mark.parametrize("path", recordings("prioritize"))
def test_prioritize(path: str, knows: str) -> None:
    """Every recorded prioritize call gets one integer score for each node."""
    served = Served(recorded_nodes() if knows == "all" else [])
    scores = served.scores(recording(path).body)
    assert served.outcomes == ["ok"]
    assert len(scores) == 3


@pytest.mark.parametrize("path", recordings("filter", "prioritize"))
def test_same_input_same_bytes(path: str) -> None:
    """The same call twice, and to another engine of the same cluster, has the same answer."""
    served, other = Served(recorded_nodes()), Served(recorded_nodes())
    found = recording(path)
    answers = {s.call(found.verb, found.body).body for s in (served, served, other)}
    assert len(answers) == 1


def test_verbs_that_are_not_served() -> None:
    """Calls of other verbs are told which there are."""
    answer = Served().call("reserve", b"{}")
    assert answer.status == 404
    for verb in ("filter", "prioritize", "bind", "preempt"):
        assert f"/{verb}" in answer.json["Error"]


def fitted(name: str, milli: int, memory: int, disk: int) -> Object:
    """A node of exactly this size."""
    return node(name, cpu=f"{milli}m", memory=str(memory), disk=str(disk), zone="zone-a")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", REQUESTS)
def test_sizes_to_the_unit(form: str, name: str) -> None:
    """A node just as large as the pod takes it; one milli-core, or one byte, less does not."""
    milli, memory, disk = REQUESTS[name]
    nodes = [
        fitted("exact", milli, memory, disk),
        fitted("cpu", milli - 1, memory, disk),
        fitted("ram", milli, memory - 1, disk),
        fitted("node-b", milli, memory, disk),
    ]
    verdicts = Served(nodes).verdicts(recording(f"{form}/{name}").for_nodes(*nodes))
    assert verdicts == {
        "exact": "",
        "cpu": TOO_FEW,
        "ram": "request exceeds the memory of the host",
        "node-b": "",
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_left_to_the_unit(form: str, name: str) -> None:
    """Twice the size with just the pod's room left takes it; one unit more in use does not."""
    milli, memory, disk = REQUESTS[name]
    nodes = [fitted(n, 2 * milli, 2 * memory, 2 * disk) for n in ("exact", "cpu", "ram", "disk")]
    used = {
        "exact": (milli, memory, disk),
        "cpu": (milli + 1, memory, disk),
        "ram": (milli, memory + 1, disk),
        "disk": (milli, memory, disk + 1),
    }
    running = [
        pod(f"on-{on}", cpu=f"{c}m", memory=str(m), disk=str(d), on=on)
        for on, (c, m, d) in used.items()
    ]
    served = Served(nodes, running)
    verdicts = served.verdicts(recording(f"{form}/{name}").for_nodes(*nodes))
    assert verdicts == {
        "exact": "",
        "cpu": NO_CPU,
        "ram": NO_RAM,
        # what is not asked for is not checked
        "disk": NO_DISK if disk else "",
    }


@pytest.mark.parametrize("form", FORMS)
def test_best_effort_pod(form: str) -> None:
    """A pod that requests nothing fits on a node that is over-full, but not on one that is off."""
    nodes = [
        node("full", cpu="1"),
        node("off", annotations={"disabled": "true"}),
        node("down", ready="Unknown"),
        node("cordoned", spec={"unschedulable": True}),
    ]
    served = Served(nodes, [pod("p", cpu=7, on="full")])
    verdicts = served.verdicts(recording(f"{form}/best-effort-1-filter").for_nodes(*nodes))
    assert verdicts == {
        "full": "",
        "off": "host is disabled",
        "down": "host is down",
        "cordoned": "host is disabled",
    }


@pytest.mark.parametrize("form", FORMS)
def test_daemonset_pod(form: str) -> None:
    """It tolerates a cordon; not-ready only with NoExecute, which is no leave to start there."""
    nodes = [
        node("cordoned", spec={"unschedulable": True}),
        node("off", spec={"unschedulable": True}, annotations={"disabled": "true"}),
        node("down", ready="False"),
    ]
    verdicts = Served(nodes).verdicts(recording(f"{form}/daemonset-1-filter").for_nodes(*nodes))
    assert verdicts == {"cordoned": "", "off": "host is disabled", "down": "host is down"}


ZONES = [node(f"node-{zone}", zone=f"zone-{zone}") for zone in "abc"]
for _zone in ZONES:
    _zone["status"]["nodeInfo"] = {"architecture": "amd64"}


@pytest.mark.parametrize("form", FORMS)
def test_annotated_pod_of_an_unknown_group(form: str) -> None:
    """It names a server group that does not exist: every node refuses it for that."""
    served = Served(ZONES)
    verdicts = served.verdicts(recording(f"{form}/annotated-1-filter").for_nodes(*ZONES))
    assert verdicts == dict.fromkeys(verdicts, "server group does not exist")


@pytest.mark.parametrize("form", FORMS)
def test_annotated_pod_with_its_group(form: str) -> None:
    """Once the group is there, the zone it names decides."""
    policy = "soft-affinity"
    served = Served(ZONES, kinds=[kind("web", "ServerGroup", "default", policy=policy)])
    found = recording(f"{form}/annotated-1-filter")
    verdicts = served.verdicts(found.for_nodes(*ZONES))
    plugins = {w.name() for w in served.engine.scheduler.weighers}
    if "ServerGroupSoftAffinityWeigher" not in plugins:
        assert verdicts == dict.fromkeys(verdicts, "server group policy is not enabled")
        sent = copy.deepcopy(found.sent)
        del sent["Pod"]["metadata"]["annotations"]["nova-extender.io/server_group"]
        verdicts = served.verdicts(found._replace(sent=sent).for_nodes(*ZONES))
    wrong = "not in the requested availability zone"
    assert verdicts == {"node-a": "", "node-b": wrong, "node-c": wrong}


@pytest.mark.parametrize("form", FORMS)
def test_pod_that_preempts(form: str) -> None:
    """Its nominated node, asked about alone and still full, is refused through FailedNodes."""
    found = recording(f"{form}/preempting-2-filter")
    name = found.sent["Pod"]["status"]["nominatedNodeName"]
    full = node(name, cpu="4")
    victim = pod("victim", cpu="2500m", on=name)
    served = Served([full], [victim])
    result = served.filter(found.for_nodes(full))
    assert result["FailedNodes"] == {name: NO_CPU}
    assert Served([full]).filter(found.for_nodes(full))["NodeNames"] == [name]


@pytest.mark.parametrize("form", FORMS)
def test_scores_by_hand(form: str) -> None:
    """Free memory decides between nodes that are alike: 15, 8 and 12 of 16 GiB."""
    nodes = [node("node-a"), node("node-b"), node("node-c")]
    running = [
        pod("1", memory="1Gi", on="node-a"),
        pod("2", memory="8Gi", on="node-b"),
        pod("3", memory="4Gi", on="node-c"),
    ]
    served = Served(nodes, running)
    scores = served.scores(recording(f"{form}/deployment-2-prioritize").for_nodes(*nodes))
    assert scores == {"node-a": 100, "node-b": 0, "node-c": 50}


@pytest.mark.parametrize("verb", ["filter", "prioritize"])
def test_both_forms_agree(verb: str) -> None:
    """The same pod gets the same answer whether nodes are named or sent whole."""
    nodes = recorded_nodes()
    answers: list[Any] = []
    for form in FORMS:
        served = Served(nodes, [pod("p", cpu="3800m", on="node-b")])
        number = 1 if verb == "filter" else 2
        found = recording(f"{form}/deployment-{number}-{verb}")
        sent = found.for_nodes(*nodes)
        answers.append(served.verdicts(sent) if verb == "filter" else served.scores(sent))
    assert answers[0] == answers[1]
    if verb == "filter":
        assert answers[0] == {"node-a": "", "node-b": NO_CPU, "node-c": ""}


def test_whole_cycle() -> None:
    """filter, then prioritize for those that passed, join into one attempt."""
    served = Served(recorded_nodes())
    first = recording("names/deployment-1-filter")
    passed = served.filter(first.body)["NodeNames"]
    second = recording("names/deployment-2-prioritize")
    assert second.sent["NodeNames"] == passed
    served.scores(body(second.sent["Pod"], *passed))
    (attempt,) = served.engine.attempts
    assert attempt.uid == first.sent["Pod"]["metadata"]["uid"]
    assert attempt.weighed is not None
