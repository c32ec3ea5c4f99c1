"""extender.protocol.preemption."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from extender.protocol.errors import ProtocolError
from extender.protocol.preemption import (
    PreemptionArgs,
    Victims,
    decode_preemption_args,
    preemption_result,
)

# As Go writes them: nodeCacheCapable true, and false.
META = (
    b'{"Pod":{"metadata":{"name":"vip"}},"NodeNameToVictims":null,"NodeNameToMetaVictims":{'
    b'"b":{"Pods":[{"UID":"u2"},{"UID":"u1"}],"NumPDBViolations":1},'
    b'"a":{"Pods":null,"NumPDBViolations":0}}}\n'
)
WHOLE = (
    b'{"Pod":{"metadata":{"name":"vip"}},"NodeNameToVictims":{'
    b'"b":{"Pods":[{"metadata":{"uid":"u2"}},{"metadata":{"uid":"u1"}}],"NumPDBViolations":1},'
    b'"a":{"Pods":null,"NumPDBViolations":0}},"NodeNameToMetaVictims":null}\n'
)
EXPECTED = "expected ExtenderPreemptionArgs, {"

Plain = list[tuple[str, list[str], int, list[bytes] | None]]


def plain(args: PreemptionArgs) -> Plain:
    """The victims by node, in their order, comparable."""
    return [
        (node, v.uids, v.num_pdb_violations, None if v.pods is None else [bytes(p) for p in v.pods])
        for node, v in args.victims.items()
    ]


def asking(by_node: Any, key: str = "NodeNameToMetaVictims") -> bytes:
    """A question about these victims."""
    return json.dumps({"Pod": {}, key: by_node}).encode()


def of_a(pods: Any, key: str = "NodeNameToMetaVictims") -> bytes:
    """A question about these pods on node a."""
    return asking({"a": {"Pods": pods, "NumPDBViolations": 0}}, key)


def refusal(body: bytes) -> ProtocolError:
    """Decode what cannot be decoded."""
    with pytest.raises(ProtocolError) as caught:
        decode_preemption_args(body)
    return caught.value


def test_meta_victims() -> None:
    """What kube-scheduler sends with nodeCacheCapable: true; nodes and pods keep their order."""
    args = decode_preemption_args(META)
    assert bytes(args.pod) == b'{"metadata":{"name":"vip"}}'
    assert plain(args) == [("b", ["u2", "u1"], 1, None), ("a", [], 0, None)]


def test_whole_victims() -> None:
    """What kube-scheduler sends with nodeCacheCapable: false."""
    args = decode_preemption_args(WHOLE)
    pods = [b'{"metadata":{"uid":"u2"}}', b'{"metadata":{"uid":"u1"}}']
    assert plain(args) == [("b", ["u2", "u1"], 1, pods), ("a", [], 0, None)]


@pytest.mark.parametrize("body", [META, WHOLE])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.swapcase])
def test_any_casing(body: bytes, case: object) -> None:
    """Keys of another casing mean the same; names of nodes are no keys and stay as they are."""
    assert callable(case)
    text = body.decode()
    for key in ("Pod", "NodeNameToVictims", "NodeNameToMetaVictims", "Pods", "NumPDBViolations"):
        text = text.replace(f'"{key}":', f'"{case(key)}":')
    text = text.replace('"UID":', f'"{case("UID")}":')
    assert plain(decode_preemption_args(text.encode())) == plain(decode_preemption_args(body))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"Pod":{}}', []),
        (b'{"Pod":{},"NodeNameToVictims":null,"NodeNameToMetaVictims":null}', []),
        (asking({}), []),
        (asking({"a": None}), [("a", [], 0, None)]),
        (asking({"a": {}}), [("a", [], 0, None)]),
        (asking({"a": {"Pods": []}}), [("a", [], 0, None)]),
        (asking({"a": {"NumPDBViolations": 3}}), [("a", [], 3, None)]),
        (asking({"a": {"Pods": None, "NumPDBViolations": None}}), [("a", [], 0, None)]),
        (
            asking({"a": None, "b": None}, "NodeNameToVictims"),
            [("a", [], 0, None), ("b", [], 0, None)],
        ),
        (asking({"a": {"Pods": []}}, "NodeNameToVictims"), [("a", [], 0, [])]),
        (asking({"a": {"Pods": [{"UID": "u", "Name": 5}], "X": 1}}), [("a", ["u"], 0, None)]),
        (asking({"A": None, "a": None}), [("A", [], 0, None), ("a", [], 0, None)]),
        (asking({"é": {"Pods": [{"UID": "ü"}]}}), [("é", ["ü"], 0, None)]),
        (asking({"a": {"NumPDBViolations": 2**63 - 1}}), [("a", [], 2**63 - 1, None)]),
    ],
)
def test_what_may_be_left_out(body: bytes, found: Plain) -> None:
    """Missing keys, nulls and empty lists mean no victims; unknown keys do no harm."""
    assert plain(decode_preemption_args(body)) == found


def test_both_forms() -> None:
    """Where there are both the UIDs count, also if they are of no node at all."""
    both = {"Pod": {}, "NodeNameToVictims": {"b": None}}
    for meta in ({"a": None}, {}):
        body = json.dumps({**both, "NodeNameToMetaVictims": meta}).encode()
        assert list(decode_preemption_args(body).victims) == list(meta)


def test_last_duplicate_wins() -> None:
    """Of a node given twice the last victims count."""
    body = b'{"Pod":{},"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"x"}]},"a":{"Pods":null}}}'
    assert plain(decode_preemption_args(body)) == [("a", [], 0, None)]


M, V = "$.NodeNameToMetaVictims", "$.NodeNameToVictims"
WHOLES = "NodeNameToVictims"


@pytest.mark.parametrize(
    ("body", "path", "says"),
    [
        (b"{}", "$.Pod", "$.Pod is missing or null; expected ExtenderPreemptionArgs"),
        (b'{"Pod":null}', "$.Pod", "$.Pod is missing or null"),
        (b'{"Pod":"x"}', "$.Pod", "is a string; expected a Pod object"),
        (b"[]", "$", "the request body is an array; expected ExtenderPreemptionArgs"),
        (asking([]), M, "is an array; expected an object of victims by node name, or null"),
        (asking("a", WHOLES), V, "is a string; expected an object of victims"),
        (asking({"a": []}), f"{M}.a", 'is an array; expected victims, {"Pods": [...]'),
        (asking({"a": 1}, WHOLES), f"{V}.a", "is a number; expected victims"),
        (asking({"x.y": 1}), f'{M}["x.y"]', "is a number; expected victims"),
        (of_a({}), f"{M}.a.Pods", "is an object; expected an array of pods or null"),
        (of_a("u"), f"{M}.a.Pods", "is a string; expected an array of pods or null"),
        (of_a([{"UID": "u"}, None]), f"{M}.a.Pods[1]", "is null; expected a MetaPod"),
        (of_a(["u"]), f"{M}.a.Pods[0]", 'is a string; expected a MetaPod, {"UID": "..."}'),
        (of_a([{}]), f"{M}.a.Pods[0].UID", "is missing, null or empty; expected a pod's UID"),
        (of_a([{"UID": None}]), f"{M}.a.Pods[0].UID", "is missing, null or empty"),
        (of_a([{"UID": ""}]), f"{M}.a.Pods[0].UID", "is missing, null or empty"),
        (of_a([{"UID": 7}]), f"{M}.a.Pods[0].UID", "is a number; expected a UID (a string)"),
        (of_a({}, WHOLES), f"{V}.a.Pods", "is an object; expected an array of Pod objects or null"),
        (of_a([None], WHOLES), f"{V}.a.Pods[0]", "is null; expected a Pod object"),
        (of_a([{}], WHOLES), f"{V}.a.Pods[0].metadata.uid", "is missing, null or empty"),
        (
            of_a([{"metadata": []}], WHOLES),
            f"{V}.a.Pods[0].metadata",
            "is an array; expected an ob",
        ),
        (of_a([{"metadata": {"uid": 1}}], WHOLES), f"{V}.a.Pods[0].metadata.uid", "is a number"),
        (
            asking({"a": {"NumPDBViolations": "1"}}),
            f"{M}.a.NumPDBViolations",
            "is a string; expected a whole number or null",
        ),
        (
            asking({"a": {"NumPDBViolations": 1.5}}),
            f"{M}.a.NumPDBViolations",
            "is no whole number of 64 bits; expected a count such as 0",
        ),
        (asking({"a": {"NumPDBViolations": 2**63}}), f"{M}.a.NumPDBViolations", "64 bits"),
        (asking({"a": {"NumPDBViolations": 10**40}}), f"{M}.a.NumPDBViolations", "64 bits"),
    ],
)
def test_wrong_shapes(body: bytes, path: str, says: str) -> None:
    """A wrong kind of value: where, what it is, what it should be."""
    error = refusal(body)
    assert error.path == path
    assert says in str(error)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the request body is empty"),
        (META[:120], "the request body is cut off after byte 120, in $.NodeNameToMetaVictims.b."),
        (META + b"1", "the request body goes on after its JSON value"),
        (
            META.replace(b"u1", b"\xff"),
            "is not UTF-8: byte 119, in $.NodeNameToMetaVictims.b.Pods[1].UID",
        ),
        (META.replace(b"u1", b"\\ud800"), "unexpected end of hex escape at byte 125"),
        (META.replace(b'"u1"', b"u1"), "the request body is not JSON: invalid character"),
        (META.replace(b'"u1"', b"[" * 50_000 + b"]" * 50_000), "nested too deeply"),
    ],
)
def test_broken_texts(body: bytes, says: str) -> None:
    """A text that is no JSON: at which byte, in which member, and what would be right."""
    error = str(refusal(body))
    assert says in error
    assert EXPECTED in error
    assert len(error.encode()) < 1024


def test_every_truncation_is_told_as_such() -> None:
    """Wherever a request is cut off, the message says so, with the byte."""
    whole = WHOLE.rstrip()
    for end in range(1, len(whole)):
        assert f"cut off after byte {end}, in $" in str(refusal(whole[:end]))


def test_nothing_but_protocol_errors() -> None:
    """Mangled requests decode or raise ProtocolError; what decodes can be sent back."""
    rng = random.Random(20)  # noqa: S311 - a repeatable test
    for _ in range(10_000):
        body = bytearray(rng.choice([META, WHOLE]))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(body) + 1)
            match rng.randrange(3):
                case 0:
                    del body[at : at + rng.randrange(1, 9)]
                case 1:
                    body[at:at] = bytes(rng.choices(b'{}[]",:\\u\x00\xff nult0-.e', k=2))
                case _:
                    start = rng.randrange(len(body) + 1)
                    body[at:at] = body[start : start + rng.randrange(1, 30)]
        try:
            args = decode_preemption_args(bytes(body))
        except ProtocolError:
            continue
        sent = json.loads(preemption_result(args.victims))["NodeNameToMetaVictims"]
        assert {node: [pod["UID"] for pod in v["Pods"]] for node, v in sent.items()} == {
            node: v.uids for node, v in args.victims.items()
        }


def test_result() -> None:
    """Go's own keys, nodes and pods in the order given; whole pods go back by UID."""
    victims = {"b": Victims(["u2", "u1"], 1), "a": Victims(["ü"], 0, [])}
    assert (
        preemption_result(victims)
        == (
            '{"NodeNameToMetaVictims":{"b":{"Pods":[{"UID":"u2"},{"UID":"u1"}],"NumPDBViolations":1},'
            '"a":{"Pods":[{"UID":"ü"}],"NumPDBViolations":0}}}'
        ).encode()
    )


@pytest.mark.parametrize(
    ("victims", "body"),
    [
        ({}, b'{"NodeNameToMetaVictims":{}}'),
        ({"a": Victims([])}, b'{"NodeNameToMetaVictims":{"a":{"Pods":[],"NumPDBViolations":0}}}'),
    ],
)
def test_result_is_never_null(victims: dict[str, Victims], body: bytes) -> None:
    """What is empty is written as empty: a null ends the kube-scheduler process."""
    assert preemption_result(victims) == body


@pytest.mark.parametrize("body", [META, WHOLE])
def test_what_came_goes_back(body: bytes) -> None:
    """Read and written, the victims are those of the question by UID, but that null is empty."""
    sent = json.loads(META)["NodeNameToMetaVictims"]
    sent["a"]["Pods"] = []
    found = json.loads(preemption_result(decode_preemption_args(body).victims))
    assert found == {"NodeNameToMetaVictims": sent}
    assert list(found["NodeNameToMetaVictims"]) == ["b", "a"]
