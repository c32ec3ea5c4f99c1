"""extender.protocol.binding."""

from __future__ import annotations

import json
import random

import pytest

from extender.protocol.binding import BindingArgs, binding_result, decode_binding_args
from extender.protocol.errors import ProtocolError

# As Go writes it, the line feed of its encoder included.
BODY = b'{"PodName":"web-1","PodNamespace":"shop","PodUID":"0e1c","Node":"node-a"}\n'
ARGS = BindingArgs(pod_name="web-1", pod_namespace="shop", pod_uid="0e1c", node="node-a")
KEYS = ("PodName", "PodNamespace", "PodUID", "Node")


def refusal(body: bytes) -> ProtocolError:
    """Decode what cannot be decoded."""
    with pytest.raises(ProtocolError) as caught:
        decode_binding_args(body)
    return caught.value


def changed(**keys: object) -> bytes:
    """The order with some of its members replaced."""
    return json.dumps({**json.loads(BODY), **keys}).encode()


def test_as_kube_scheduler_sends_it() -> None:
    """Four texts."""
    assert decode_binding_args(BODY) == ARGS


@pytest.mark.parametrize("case", [str.lower, str.upper, str.swapcase])
def test_any_casing_and_unknown_keys(case: object) -> None:
    """Keys of another casing mean the same, and others are no concern."""
    assert callable(case)
    sent = {case(key): value for key, value in json.loads(BODY).items()}
    assert decode_binding_args(json.dumps({"Other": [None], **sent}).encode()) == ARGS


def test_last_duplicate_wins() -> None:
    """Of a key given twice the last counts."""
    assert decode_binding_args(b'{"Node":"x",' + BODY[1:]) == ARGS


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [None, ""])
def test_nothing_may_be_missing(key: str, value: object) -> None:
    """An order without a pod, its UID or a node cannot be carried out."""
    without = {name: text for name, text in json.loads(BODY).items() if name != key}
    for body in (changed(**{key: value}), json.dumps(without).encode()):
        error = refusal(body)
        assert error.path == f"$.{key}"
        assert str(error).startswith(
            f"$.{key} is missing, null or empty; expected ExtenderBindingArgs, "
        )


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("value", "kind"), [(5, "a number"), (["a"], "an array"), ({}, "an object"), (True, "true or")]
)
def test_wrong_types(key: str, value: object, kind: str) -> None:
    """A member that is no text is told by its name."""
    error = refusal(changed(**{key: value}))
    assert error.path == f"$.{key}"
    assert f"$.{key} is {kind}" in str(error)
    assert str(error).endswith("expected a string")


@pytest.mark.parametrize("key", ["PodName", "PodNamespace", "Node"])
@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "a/b",
        "../nodes/x",
        "a?x=y",
        "a#b",
        "a%2fb",
        "a b",
        "a\n",
        "é",
        "-a",
        "a-",
        "a" * 254,
    ],
)
def test_names_that_no_object_has(key: str, name: str) -> None:
    """What would lead elsewhere in an address of the API server is refused, and not repeated."""
    error = refusal(changed(**{key: name}))
    assert error.path == f"$.{key}"
    assert f"$.{key} is no object's name; expected up to 253 letters" in str(error)
    assert len(str(error)) < 200


@pytest.mark.parametrize("name", ["a", "7", "web-1", "node.example.com", "a" * 253])
def test_names_that_objects_have(name: str) -> None:
    """Whatever Kubernetes admits as a name."""
    assert decode_binding_args(changed(PodName=name, Node=name)).node == name


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the request body is empty"),
        (b"[]", "the request body is an array"),
        (b"null", "the request body is null"),
        (b"x", "the request body is not JSON: invalid character at byte 0"),
        (BODY[:36], "the request body is cut off after byte 36, in $.PodNamespace"),
        (BODY + b"{}", "the request body goes on after its JSON value, from byte 74 of 76"),
        (b'{"Node":"\xff"}', "the request body is not UTF-8: byte 9, in $.Node"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000, "the request body is nested too deeply"),
    ],
)
def test_bodies_that_are_no_order(body: bytes, says: str) -> None:
    """What is wrong, where, and what is expected."""
    error = str(refusal(body))
    assert error.startswith(says)
    assert "expected ExtenderBindingArgs, {" in error


def test_nothing_but_protocol_errors() -> None:
    """Mangled orders decode or raise ProtocolError."""
    rng = random.Random(20)  # noqa: S311 - a repeatable test
    for _ in range(5_000):
        body = bytearray(BODY)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(body) + 1)
            body[at : at + rng.randrange(3)] = bytes(rng.choices(b'{}[]",:\\u\x00\xff nult0', k=2))
        try:
            args = decode_binding_args(bytes(body))
        except ProtocolError:
            continue
        assert args.pod_name
        assert args.node


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("", b'{"Error":""}'),
        ("node a is gone", b'{"Error":"node a is gone"}'),
        ('"\n\ud800', b'{"Error":"\\"\\n?"}'),
    ],
)
def test_result(text: str, body: bytes) -> None:
    """One key as Go names it, whatever the text holds; empty means bound."""
    assert binding_result(text) == body
    assert binding_result() == b'{"Error":""}'
