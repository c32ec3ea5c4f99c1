"""extender.protocol.admission."""

from __future__ import annotations

import base64
import json
import random
from contextlib import suppress
from typing import Any

import pytest

from extender.protocol.admission import (
    Review,
    add,
    decode_review,
    pointer,
    remove,
    review_reply,
)
from extender.protocol.errors import ProtocolError

# As kube-apiserver writes it, but for what is left out of the node.
BODY = (
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705a","kind":'
    b'{"group":"","version":"v1","kind":"Node"},"resource":{"group":"","version":"v1","resource":'
    b'"nodes"},"subResource":"status","requestKind":{"group":"","version":"v1","kind":"Node"},'
    b'"requestResource":{"group":"","version":"v1","resource":"nodes"},"requestSubResource":'
    b'"status","name":"a","operation":"UPDATE","userInfo":{"username":"system:node:a","groups":'
    b'["system:nodes","system:authenticated"]},"object":{"metadata":{"name":"a"}},"oldObject":'
    b'{"metadata":{"name":"a","uid":"1"}},"dryRun":false,"options":{"kind":"UpdateOptions",'
    b'"apiVersion":"meta.k8s.io/v1"}}}\n'
)


def changed(*keys: str, to: object) -> bytes:
    """The review with the member at the end of these keys replaced."""
    document = json.loads(BODY)
    inner = document
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = to
    return json.dumps(document).encode()


def refusal(body: bytes) -> ProtocolError:
    """Decode what cannot be decoded."""
    with pytest.raises(ProtocolError) as caught:
        decode_review(body)
    return caught.value


def fields(review: Review) -> tuple[str, ...]:
    """All that is no object."""
    return (
        review.uid,
        review.resource,
        review.subresource,
        review.operation,
        review.username,
    )


def test_as_kube_apiserver_sends_it() -> None:
    """Who writes what where, and the two objects as they came."""
    review = decode_review(BODY)
    assert fields(review) == ("705a", "nodes", "status", "UPDATE", "system:node:a")
    assert review.new is not None
    assert review.old is not None
    assert bytes(review.new) == b'{"metadata":{"name":"a"}}'
    assert bytes(review.old) == b'{"metadata":{"name":"a","uid":"1"}}'


def test_what_may_be_missing() -> None:
    """A creation has no old object, a deletion no new one, and a bare object no subresource."""
    request = {"uid": "1", "object": None, "resource": {"resource": "nodes"}}
    document = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}
    review = decode_review(json.dumps(document).encode())
    assert fields(review) == ("1", "nodes", "", "", "")
    assert (review.new, review.old) == (None, None)


def test_a_resource_of_another_group_bears_its_name() -> None:
    """The nodes of the metrics API are others."""
    body = changed("request", "resource", "group", to="metrics.k8s.io")
    assert decode_review(body).resource == "nodes.metrics.k8s.io"


def test_unicode_survives() -> None:
    """Names and objects may be in any script."""
    body = changed("request", "userInfo", "username", to="Zoë ✓ 𝄞")
    assert decode_review(body).username == "Zoë ✓ 𝄞"


@pytest.mark.parametrize(
    ("keys", "value", "path", "begins"),
    [
        (("kind",), "Node", "$.kind", '$.kind is "Node", not "AdmissionReview"; expected'),
        (("kind",), None, "$.kind", "$.kind is missing, null or empty, not"),
        (("kind",), 1, "$.kind", "$.kind is a number; expected a string"),
        (
            ("apiVersion",),
            "admission.k8s.io/v1beta1",
            "$.apiVersion",
            '$.apiVersion is "admission.k8s.io/v1beta1", not "admission.k8s.io/v1"',
        ),
        (("request",), None, "$.request", "$.request is missing or null; expected"),
        (("request",), [], "$.request", "$.request is an array; expected an object"),
        (("request", "uid"), "", "$.request.uid", "$.request.uid is missing, null or empty"),
        (("request", "uid"), 7, "$.request.uid", "$.request.uid is a number; expected a string"),
        (("request", "userInfo"), "me", "$.request.userInfo", "$.request.userInfo is a string"),
        (
            ("request", "resource", "resource"),
            {},
            "$.request.resource.resource",
            "$.request.resource.resource is an object; expected a string",
        ),
    ],
)
def test_what_is_no_review(keys: tuple[str, ...], value: object, path: str, begins: str) -> None:
    """Where, what it is, and what it should be."""
    error = refusal(changed(*keys, to=value))
    assert error.path == path
    assert str(error).startswith(begins)


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        (b"", "the request body is empty; expected AdmissionReview, "),
        (b" \n", "the request body is empty; expected AdmissionReview, "),
        (b"[]", "the request body is an array; expected AdmissionReview, "),
        (b"null", "the request body is null; expected AdmissionReview, "),
        (b"kind: AdmissionReview", "the request body is not JSON"),
        (BODY[:300], "the request body is cut off after byte 300"),
        (BODY + b"{}", "the request body goes on after its JSON value"),
        (BODY.replace(b"705a", b"\xff"), "the request body is not UTF-8"),
        (BODY.replace(b'"705a"', b"[" * 100_000), "the request body is nested too deeply"),
    ],
)
def test_what_is_no_json(body: bytes, begins: str) -> None:
    """It says where it breaks."""
    assert str(refusal(body)).startswith(begins)


def test_nothing_but_protocol_errors() -> None:
    """Whatever happens to the bytes on the way."""
    rng = random.Random(20)  # noqa: S311 - chance, not a secret
    for _ in range(3000):
        body = bytearray(BODY)
        for _ in range(rng.randint(1, 4)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        with suppress(ProtocolError):
            decode_review(bytes(body))


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        (("status", "allocatable", "cpu"), "/status/allocatable/cpu"),
        (
            ("metadata", "annotations", "nova-extender.io/raw_allocatable_cpu"),
            "/metadata/annotations/nova-extender.io~1raw_allocatable_cpu",
        ),
        (("a~b/c~1",), "/a~0b~1c~01"),
        ((), ""),
    ],
)
def test_paths(keys: tuple[str, ...], path: str) -> None:
    """``~`` is ``~0`` and ``/`` is ``~1`` (RFC 6901)."""
    assert pointer(*keys) == path


def decoded(reply: bytes) -> Any:
    """A reply, its patch decoded."""
    document = json.loads(reply)
    response = document["response"]
    if "patch" in response:
        response["patch"] = json.loads(base64.b64decode(response["patch"], validate=True))
    return document


def test_a_reply_without_a_patch() -> None:
    """It says no more than that the object may pass."""
    assert decoded(review_reply("705a")) == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": "705a", "allowed": True},
    }


def test_a_reply_with_a_patch() -> None:
    """The steps in their order, in base64; a removal has no value."""
    steps = [add("/a", {"b": "ü"}), remove("/c")]
    assert decoded(review_reply("1", steps))["response"] == {
        "uid": "1",
        "allowed": True,
        "patchType": "JSONPatch",
        "patch": [{"op": "add", "path": "/a", "value": {"b": "ü"}}, {"op": "remove", "path": "/c"}],
    }


@pytest.mark.parametrize(
    ("warning", "shown"),
    [
        ("one\r\ntwo\tthree", "one two three"),
        ("x" * 256, "x" * 256),
        ("x" * 257, "x" * 255 + "…"),
        ("half \ud800 pair", "half ? pair"),
    ],
)
def test_a_warning_is_one_line_that_a_header_can_hold(warning: str, shown: str) -> None:
    """Not longer than clients are bound to show."""
    reply = decoded(review_reply("1", warning=warning))
    assert reply["response"] == {"uid": "1", "allowed": True, "warnings": [shown]}
