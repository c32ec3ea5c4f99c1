"""The wire types of bind and preempt, as a real kube-scheduler sent them and in Go's shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.protocol.binding import binding_result, decode_binding_args
from extender.protocol.errors import ProtocolError
from extender.protocol.preemption import decode_preemption_args
from extender.protocol.replies import Reply
from tests.contract.talking import Recording, Served, preemption_result, recording, recordings
from tests.unit.verbs.making import Object, node, pod

FORMS = ["names", "nodes"]
WORD_FOR_WORD = {
    "bind": ["PodName", "PodNamespace", "PodUID", "Node"],
    "preempt": ["Pod", "NodeNameToVictims", "NodeNameToMetaVictims"],
}
KEYS = {"names": "NodeNameToMetaVictims", "nodes": "NodeNameToVictims"}


def of_preempt(form: str) -> Recording:
    """The recorded question: a pod of 2 cores and 1 GiB, three nodes with one victim each."""
    return recording(f"{form}/preempting-1-preempt")


def named(sent: Object, form: str) -> dict[str, list[str]]:
    """The victims of the question, by node."""
    return {
        name: [p.get("UID") or p["metadata"]["uid"] for p in victims["Pods"]]
        for name, victims in sent[KEYS[form]].items()
    }


def full_nodes(sent: Object, form: str, cores: dict[str, str]) -> Served:
    """Nodes of these sizes, each filled to the last core by its victim."""
    uids = named(sent, form)
    nodes = [node(name, cpu=size) for name, size in cores.items()]
    pods = [
        pod(f"victim-{name}", cpu=size, uid=uids[name][0], on=name) for name, size in cores.items()
    ]
    return Served(nodes, pods)


def understood(body: bytes) -> Reply:
    """A bind that does nothing but read its order."""
    decode_binding_args(body)
    return Reply(200, binding_result())


def changed(sent: Object, **keys: Any) -> bytes:
    """The question with some of its members replaced."""
    return json.dumps({**sent, **keys}).encode()


@pytest.mark.parametrize("path", recordings("bind", "preempt"))
def test_recordings_are_word_for_word(path: str) -> None:
    """What the tests send is as long as what kube-scheduler sent, to the byte."""
    found = recording(path)
    assert len(found.body) == int(found.headers["Content-Length"])
    assert json.loads(found.body) == found.sent
    assert list(found.sent) == WORD_FOR_WORD[found.verb]


@pytest.mark.parametrize("path", recordings("bind"))
def test_recorded_bind(path: str) -> None:
    """Every recorded order is understood."""
    found = recording(path)
    assert Served(bind=understood).call("bind", found.body).json == {"Error": ""}
    args = decode_binding_args(found.body)
    assert [args.pod_name, args.pod_namespace, args.pod_uid, args.node] == list(found.sent.values())


@pytest.mark.parametrize("form", FORMS)
def test_recorded_preempt(form: str) -> None:
    """The recorded question is understood in both forms: the pod, the nodes and their victims."""
    found = of_preempt(form)
    args = decode_preemption_args(found.body)
    assert json.loads(bytes(args.pod)) == found.sent["Pod"]
    assert {name: v.uids for name, v in args.victims.items()} == named(found.sent, form)
    assert list(args.victims) == ["node-a", "node-b", "node-c"]
    for name, victims in args.victims.items():
        pods = None if victims.pods is None else [json.loads(bytes(p)) for p in victims.pods]
        assert pods == (found.sent[KEYS[form]][name]["Pods"] if form == "nodes" else None)


@pytest.mark.parametrize("form", FORMS)
def test_preempt(form: str) -> None:
    """Without their victims a and c have the 2 cores asked for, b has but 1."""
    found = of_preempt(form)
    made = full_nodes(found.sent, form, {"node-a": "2", "node-b": "1", "node-c": "4"})
    left = made.victims(found.body)
    assert made.outcomes == ["ok"]
    uids = named(found.sent, form)
    assert left == {"node-a": uids["node-a"], "node-c": uids["node-c"]}


@pytest.mark.parametrize("form", FORMS)
def test_preempt_with_nothing_known(form: str) -> None:
    """Nodes that the watch has not shown yet are left out; the answer is empty, not null."""
    found = of_preempt(form)
    answer = Served().call("preempt", found.body)
    assert (answer.status, answer.body) == (200, b'{"NodeNameToMetaVictims":{}}')


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "empty",
    [None, {}, {"Pods": None, "NumPDBViolations": 0}, {"Pods": [], "NumPDBViolations": 0}],
)
def test_preempt_without_victims(form: str, empty: Object | None) -> None:
    """Nodes that only the extender refused come without victims, from Kubernetes 1.38 on."""
    found = of_preempt(form)
    made = full_nodes(found.sent, form, {"node-a": "2", "node-b": "1"})
    sent = {**found.sent, KEYS[form]: {"node-b": empty, "node-a": empty}}
    assert made.victims(json.dumps(sent).encode()) == {"node-a": named(found.sent, form)["node-a"]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", [str.lower, str.upper, str.swapcase])
def test_preempt_in_any_casing(form: str, case: Any) -> None:
    """Old clients write keys as they like."""
    found = of_preempt(form)
    made = full_nodes(found.sent, form, {"node-a": "2", "node-b": "2"})
    sent = {case(key): value for key, value in found.sent.items()}
    answer = made.call("preempt", json.dumps(sent).encode())
    assert list(preemption_result(answer, found.sent)) == ["node-a", "node-b"]


@pytest.mark.parametrize("form", FORMS)
def test_same_input_same_bytes(form: str) -> None:
    """The same call twice, and to another engine of the same cluster, has the same answer."""
    found = of_preempt(form)
    cores = {"node-c": "2", "node-a": "3"}
    one, other = (full_nodes(found.sent, form, cores) for _ in range(2))
    assert len({made.call("preempt", found.body).body for made in (one, one, other)}) == 1


@pytest.mark.parametrize("path", recordings("bind", "preempt"))
def test_truncated(path: str) -> None:
    """Cut anywhere, a body is told to be cut off, at which byte, in which member, and what for."""
    found = recording(path)
    whole = found.body.rstrip()
    decode = {"bind": decode_binding_args, "preempt": decode_preemption_args}[found.verb]
    for cut in {1, 2, len(whole) - 1, *range(1, len(whole), max(1, len(whole) // 60))}:
        with pytest.raises(ProtocolError) as caught:
            decode(whole[:cut])
        text = str(caught.value)
        assert text.startswith(f"the request body is cut off after byte {cut}, in $"), text
        assert "expected Extender" in text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "victims",
    [
        5,
        "node-a",
        ["node-a"],
        {"node-a": 5},
        {"node-a": {"Pods": "uid"}},
        {"node-a": {"Pods": [None]}},
        {"node-a": {"Pods": [{}]}},
        {"node-a": {"Pods": [{"UID": 5, "metadata": {"uid": 5}}]}},
        {"node-a": {"NumPDBViolations": "many"}},
    ],
)
def test_hostile_victims(form: str, victims: Any) -> None:
    """Victims that Go would not write are a fault of the request, and nobody else's."""
    found = of_preempt(form)
    made = full_nodes(found.sent, form, {"node-a": "2"})
    text = made.fault("preempt", changed(found.sent, **{KEYS[form]: victims}))
    assert text.startswith(f"$.{KEYS[form]}")
    assert "expected" in text
    assert list(made.victims(found.body)) == ["node-a"]


@pytest.mark.parametrize("verb", ["bind", "preempt"])
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the request body is empty; expected Extender"),
        (b"[]", "the request body is an array; expected Extender"),
        (b"{}", " is missing"),
        (b'{"Pod":', "the request body is cut off after byte 7"),
        (b'{"Pod":"\xff"}', "the request body is not UTF-8: byte 8"),
        (b'{"Pod":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "is nested too deeply"),
    ],
)
def test_hostile_bodies(verb: str, body: bytes, told: str) -> None:
    """Both verbs answer what is no question of theirs in the form they have for errors."""
    assert told in Served(bind=understood).fault(verb, body)


def test_unreadable_pod() -> None:
    """A pod whose requests cannot be read is a fault of the request, too."""
    found = of_preempt("names")
    bad = json.loads(json.dumps(found.sent))
    bad["Pod"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "many"
    text = Served().fault("preempt", json.dumps(bad).encode())
    assert "default/preempting" in text
