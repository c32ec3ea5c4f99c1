"""Every shape in which the same question may come: casing, missing keys, nulls, both, neither."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.talking import Served
from tests.unit.verbs.making import Object, body, node, nodes_body, pod

A, B = node("a"), node("b", cpu="1")
VERDICTS = {"a": "", "b": "request exceeds the vCPUs of the host"}
SCORES = {"a": 100, "b": 0}
POD = pod(cpu=2)


@pytest.fixture
def served() -> Served:
    """Two nodes, of which one is large enough."""
    return Served([A, B])


def dumped(value: Any) -> bytes:
    """JSON as it comes."""
    return json.dumps(value).encode()


def answered(served: Served, data: bytes) -> dict[str, str]:
    """The verdicts, whatever the keys of the request look like."""
    answer = served.call("filter", data)
    result = answer.json
    assert (answer.status, result["Error"]) == (200, "")
    assert result["NodeNames"] is not None
    passed = dict.fromkeys(result["NodeNames"], "")
    return {**passed, **result["FailedNodes"], **result["FailedAndUnresolvableNodes"]}


def scored(served: Served, data: bytes) -> dict[str, int]:
    """The scores, likewise."""
    answer = served.call("prioritize", data)
    assert answer.status == 200
    return {entry["Host"]: entry["Score"] for entry in answer.json}


CASINGS: list[Callable[[str], str]] = [
    str,
    str.lower,
    str.upper,
    str.swapcase,
    lambda key: key[0].lower() + key[1:],
    lambda key: "".join(c.upper() if n % 2 else c.lower() for n, c in enumerate(key)),
    # the Kelvin sign and the long s fold to k and s, in Go as here
    lambda key: key.replace("s", "\u017f"),
]


@pytest.mark.parametrize("casing", CASINGS)
@pytest.mark.parametrize("form", ["names", "nodes"])
def test_any_casing(served: Served, casing: Callable[[str], str], form: str) -> None:
    """Keys are matched whatever their casing, in both verbs and forms."""
    sent: Object = {casing("Pod"): POD}
    if form == "names":
        sent |= {casing("Nodes"): None, casing("NodeNames"): ["a", "b"]}
    else:
        sent |= {casing("Nodes"): {casing("items"): [A, B]}, casing("NodeNames"): None}
    assert answered(served, dumped(sent)) == VERDICTS
    assert scored(served, dumped(sent)) == SCORES


@pytest.mark.parametrize(
    "sent",
    [
        {"Pod": POD, "NodeNames": ["a", "b"]},
        {"NodeNames": ["a", "b"], "Pod": POD},
        {"Pod": POD, "Nodes": {"items": [A, B]}},
        {"Pod": POD, "Nodes": {"items": None}, "NodeNames": ["a", "b"]},
        {"Pod": POD, "Nodes": {}, "NodeNames": ["a", "b"]},
        {"Pod": POD, "NodeNames": ["a", "b"], "Extra": {"anything": [1, None]}},
        {"Pod": {**POD, "extra": 1}, "NodeNames": ["a", "b"], "apiVersion": "v1"},
        {"pod": {"nothing": 1}, "Pod": POD, "NodeNames": ["a", "b"]},
    ],
)
def test_missing_and_unknown_keys(served: Served, sent: Object) -> None:
    """Keys may be missing or unknown; an exact key beats one that differs in case."""
    assert answered(served, dumped(sent)) == VERDICTS
    assert scored(served, dumped(sent)) == SCORES


def test_repeated_keys(served: Served) -> None:
    """Of a key given twice the last counts, as in Go."""
    data = b'{"Pod":%s,"NodeNames":["x"],"NodeNames":["a","b"]}' % dumped(POD)
    assert answered(served, data) == VERDICTS


@pytest.mark.parametrize(
    "sent",
    [
        {"Pod": POD},
        {"Pod": POD, "Nodes": None, "NodeNames": None},
        {"Pod": POD, "Nodes": {}, "NodeNames": None},
        {"Pod": POD, "Nodes": {"items": None}},
        {"Pod": POD, "Nodes": None, "NodeNames": []},
    ],
)
def test_neither_nodes_nor_names(served: Served, sent: Object) -> None:
    """A question about nothing gets empty lists, never null."""
    result = served.call("filter", dumped(sent)).json
    assert result["NodeNames"] == []
    assert result["FailedNodes"] == result["FailedAndUnresolvableNodes"] == {}
    assert served.call("prioritize", dumped(sent)).body == b"[]"


def test_both_nodes_and_names(served: Served) -> None:
    """Names count: the answer is about them, and holds no Nodes."""
    data = body(POD, "b", Nodes={"metadata": {}, "items": [A]})
    result = served.filter(data)
    assert (result["Nodes"], result["NodeNames"]) == (None, [])
    assert list(result["FailedAndUnresolvableNodes"]) == ["b"]
    assert served.scores(data) == {"b": 0}


def test_empty_names_beside_nodes(served: Served) -> None:
    """An empty list of names is a list of names."""
    result = served.filter(body(POD, Nodes={"items": [A]}))
    assert (result["Nodes"], result["NodeNames"]) == (None, [])


@pytest.mark.parametrize("verb", ["filter", "prioritize"])
@pytest.mark.parametrize("sent", [{}, {"NodeNames": ["a"]}, {"Pod": None, "NodeNames": ["a"]}])
def test_no_pod(served: Served, verb: str, sent: Object) -> None:
    """Only the pod may not be missing."""
    text = served.fault(verb, dumped(sent))
    assert text.startswith("$.Pod is missing or null; expected ExtenderArgs")


def nulled(value: Any, keys: tuple[str, ...]) -> Object:
    """The pod with a part of it null."""
    found: Object = json.loads(json.dumps(POD))
    part: Any = found
    for key in keys[:-1]:
        part = part[int(key)] if key.isdigit() else part[key]
    last = keys[-1]
    part[int(last) if last.isdigit() else last] = value
    return found


@pytest.mark.parametrize(
    "keys",
    [
        ("metadata", "namespace"),
        ("metadata", "name"),
        ("metadata", "uid"),
        ("metadata", "annotations"),
        ("metadata",),
        ("status",),
        ("status", "phase"),
        ("spec", "containers", "0", "name"),
        ("spec", "tolerations"),
        ("spec", "overhead"),
        ("spec", "nodeName"),
    ],
)
def test_nulls_in_the_pod(served: Served, keys: tuple[str, ...]) -> None:
    """A null is as good as an absent value."""
    for value in (nulled(None, keys),):
        assert answered(served, body(value, "a", "b")) == VERDICTS


@pytest.mark.parametrize(
    "keys",
    [
        ("spec",),
        ("spec", "containers"),
        ("spec", "containers", "0", "resources"),
        ("spec", "containers", "0", "resources", "requests"),
        ("spec", "containers", "0", "resources", "requests", "cpu"),
    ],
)
def test_nulls_for_the_requests(served: Served, keys: tuple[str, ...]) -> None:
    """Where what is requested is null, nothing is requested."""
    assert answered(served, body(nulled(None, keys), "a", "b")) == {"a": "", "b": ""}


def test_nulls_in_whole_nodes(served: Served) -> None:
    """A node of nothing but a name has no readiness, and so is down."""
    bare: Object = {"metadata": {"name": "bare", "labels": None}, "spec": None, "status": None}
    verdicts = answered(served, nodes_body(pod(), A, bare))
    assert verdicts == {"a": "", "bare": "host is down"}


@pytest.mark.parametrize("blank", [b" ", b"\n", b"\r\n\t "])
def test_blanks_around_the_body(served: Served, blank: bytes) -> None:
    """White space before and after the value is no fault."""
    assert answered(served, blank + body(POD, "a", "b") + blank) == VERDICTS
