"""The verbs as the server calls them."""

from __future__ import annotations

import json

import pytest

from extender.protocol.errors import ProtocolError
from extender.protocol.replies import Reply
from extender.translate.errors import TranslateError
from extender.verbs.calls import VERBS, calls
from extender.verbs.handover import HandOver
from tests.unit.verbs.making import body, engine, node, nodes_body, pod


def test_verbs_by_name() -> None:
    """The four verbs of the protocol, each taking a body and giving a reply."""
    verbs = calls(engine([node("a"), node("b", cpu="8")]))
    assert set(verbs) == set(VERBS) == {"filter", "prioritize", "bind", "preempt"}
    found = json.loads(verbs["filter"](body(pod(cpu=1), "a", "b")).body)
    assert found["NodeNames"] == ["a", "b"]
    scores = json.loads(verbs["prioritize"](body(pod(cpu=1), "a", "b")).body)
    assert [entry["Score"] for entry in scores] == [0, 100]
    victims = {"Pod": pod(cpu=1), "NodeNameToMetaVictims": {"a": {"Pods": [{"UID": "u"}]}}}
    kept = json.loads(verbs["preempt"](json.dumps(victims).encode()).body)
    assert list(kept["NodeNameToMetaVictims"]) == ["a"]


def test_nothing_to_bind_to() -> None:
    """An extender without a live cluster says so, instead of pretending."""
    reply = calls(engine([node("a")]))["bind"](b"{}")
    assert (reply.status, "file" in json.loads(reply.body)["Error"]) == (200, True)


def test_bind_is_answered_by_who_can() -> None:
    """What is handed in answers; a pod that cannot be read is a fault of the request there, too."""

    def bind(data: bytes) -> Reply:
        if data == b"broken":
            raise TranslateError("Pod: metadata is a number")
        return Reply(200, data)

    verbs = calls(engine(), bind)
    assert verbs["bind"](b"x").body == b"x"
    with pytest.raises(ProtocolError, match="metadata is a number"):
        verbs["bind"](b"broken")


def test_each_call_is_a_sign_that_we_are_asked() -> None:
    """Also one that is at fault: it came to us and to nobody else."""
    handover = HandOver(lambda: 100.0)
    verbs = calls(engine([node("a")]), handover=handover)
    assert not handover.recent
    with pytest.raises(ProtocolError):
        verbs["filter"](b"")
    assert handover.recent


@pytest.mark.parametrize("verb", ["filter", "prioritize"])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (body(pod(cpu="x"), "a"), "Pod 'default/new': spec.containers['main']"),
        (body({**pod(), "spec": 1}, "a"), "Pod 'default/new': spec is a whole number; accepted"),
        (nodes_body(pod(), {"metadata": 1}), "Node: metadata is a whole number; accepted"),
        (nodes_body(pod(), {}), "Nodes.items[0] has no metadata.name"),
        (b"", "the request body is empty"),
        (b'{"Pod":', "the request body is cut off after byte"),
    ],
)
def test_faults_of_the_request(verb: str, data: bytes, told: str) -> None:
    """Whatever is wrong with a request is told as such, with the place."""
    with pytest.raises(ProtocolError) as error:
        calls(engine([node("a")]))[verb](data)
    assert told in str(error.value)


def test_faults_of_ours_are_not_blamed_on_the_request() -> None:
    """Anything else goes through as it is."""
    made = engine([node("a")])

    def broken(_: object) -> None:
        raise RuntimeError("the disk is full")

    made.record = broken
    with pytest.raises(RuntimeError):
        calls(made)["filter"](body(pod(), "a"))
