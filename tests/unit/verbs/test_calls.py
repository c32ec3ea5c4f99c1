"""The verbs as the server calls them."""

from __future__ import annotations

import json

import pytest

from extender.protocol.errors import ProtocolError
from extender.verbs.calls import calls
from tests.unit.verbs.making import body, engine, node, nodes_body, pod


def test_verbs_by_name() -> None:
    """Filter and prioritize, each taking a body and giving a reply."""
    verbs = calls(engine([node("a"), node("b", cpu="8")]))
    assert set(verbs) == {"filter", "prioritize"}
    found = json.loads(verbs["filter"](body(pod(cpu=1), "a", "b")).body)
    assert found["NodeNames"] == ["a", "b"]
    scores = json.loads(verbs["prioritize"](body(pod(cpu=1), "a", "b")).body)
    assert [entry["Score"] for entry in scores] == [0, 100]


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
