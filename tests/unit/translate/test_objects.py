"""Decoding Kubernetes objects: what is read, and one kind of error for everything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.translate.errors import TranslateError
from extender.translate.objects import (
    decode_aggregate,
    decode_flavor,
    decode_node,
    decode_pod,
    decode_server_group,
)

DECODERS: list[Callable[[bytes], object]] = [
    decode_pod,
    decode_node,
    decode_aggregate,
    decode_flavor,
    decode_server_group,
]

POD = b"""{
  "apiVersion": "v1", "kind": "Pod", "managedFields": [{"f:a": {}}],
  "metadata": {
    "name": "web", "namespace": "shop", "uid": "u1", "resourceVersion": "7",
    "labels": {"app": "web"}, "annotations": {"a": "b"},
    "deletionTimestamp": "2026-01-02T03:04:05Z",
    "ownerReferences": [
      {"kind": "Node", "name": "n", "uid": "o1"},
      {"kind": "ReplicaSet", "name": "r", "uid": "o2", "controller": true}
    ]
  },
  "spec": {
    "nodeName": "node-a", "priority": 9, "schedulerName": "nova", "schedulingGroup": {"x": 1},
    "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": 2}}}],
    "initContainers": [{"name": "i", "restartPolicy": "Always"}],
    "overhead": {"cpu": "1m"}, "resources": {"requests": {"memory": "1Gi"}},
    "tolerations": [{"key": "k", "operator": "Exists", "value": "v", "effect": "NoSchedule"}]
  },
  "status": {
    "phase": "Running", "reason": "r", "nominatedNodeName": "node-b",
    "conditions": [{"type": "Ready", "status": "True", "reason": "x"}],
    "containerStatuses": [{"name": "c", "allocatedResources": {"cpu": "1"},
                           "resources": {"requests": {"cpu": "2"}}}],
    "resources": {"requests": {"cpu": "3"}}, "allocatedResources": {"cpu": "4"}
  }
}"""


def test_a_pod() -> None:
    """Every field that is read, under its own name."""
    pod = decode_pod(POD)
    assert (pod.name, pod.namespace, pod.uid) == ("web", "shop", "u1")
    assert (pod.resource_version, pod.labels, pod.annotations) == ("7", {"app": "web"}, {"a": "b"})
    assert pod.terminating
    assert not pod.terminal
    assert pod.controller is not None
    assert pod.controller.uid == "o2"
    assert (pod.node_name, pod.priority, pod.phase) == ("node-a", 9, "Running")
    assert pod.nominated_node_name == "node-b"
    assert pod.in_scheduling_group
    assert pod.spec is not None
    assert pod.spec.scheduler_name == "nova"
    assert pod.status is not None
    assert pod.status.reason == "r"


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"metadata": null, "spec": null, "status": null}',
        (
            b'{"metadata": {"name": null, "labels": null, "annotations": null,'
            b' "ownerReferences": null, "deletionTimestamp": null},'
            b' "spec": {"nodeName": null, "containers": null,'
            b' "initContainers": null, "overhead": null, "resources": null, "tolerations": null,'
            b' "priority": null, "schedulingGroup": null}, "status": {"phase": null,'
            b' "conditions": null, "containerStatuses": null, "resources": null}}'
        ),
    ],
)
def test_null_and_absent_are_empty(raw: bytes) -> None:
    """A pod that says nothing is unbound, Pending, and in no group."""
    pod = decode_pod(raw)
    assert (pod.name, pod.namespace, pod.uid, pod.resource_version) == ("", "", "", "")
    assert (dict(pod.labels), dict(pod.annotations)) == ({}, {})
    assert (pod.node_name, pod.phase, pod.nominated_node_name) == ("", "Pending", "")
    assert pod.priority == 0
    assert pod.controller is None
    assert not pod.terminating
    assert not pod.terminal
    assert not pod.in_scheduling_group


def test_quantities_keep_their_text() -> None:
    """Texts and numbers of any size stay as they are written."""
    pod = decode_pod(
        b'{"spec": {"overhead": {"cpu": 0.5, "memory": "1.50Gi", "x": 1e400, "y": {"z": [1]}}}}'
    )
    assert pod.spec is not None
    assert {name: bytes(raw) for name, raw in (pod.spec.overhead or {}).items()} == {
        "cpu": b"0.5",
        "memory": b'"1.50Gi"',
        "x": b"1e400",
        "y": b'{"z": [1]}',
    }


def test_a_raw_value_decodes_as_its_bytes_do() -> None:
    """An object inside a list is decoded where it stands."""
    (raw,) = msgspec.json.decode(b"[" + POD + b"]", type=list[msgspec.Raw])
    assert decode_pod(raw).name == "web"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            (
                b'{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [{}, '
                b'{"name": 3}]}}'
            ),
            "Pod 'shop/web': spec.containers[1].name is a whole number; accepted: a text",
        ),
        (
            b'{"metadata": {"name": "web"}, "spec": {"containers": {}}}',
            "Pod 'web': spec.containers is an object; accepted: a list",
        ),
        (b'{"spec": {"containers": [null]}}', "Pod: spec.containers[0] is null; accepted: an obj"),
        (b'{"metadata": {"labels": {"a": 1}}}', "Pod: metadata.labels[...] is a whole number; ac"),
        (
            b'{"spec": {"priority": 1.5}}',
            "Pod: spec.priority is a number; accepted: a whole number",
        ),
        (b'{"spec": {"priority": 1e400}}', "Pod: spec.priority is out of range (Number out of"),
        (b'{"spec": {"priority": 2147483648}}', "Pod: spec.priority is out of range (Expected"),
        (b"[]", "Pod: the object is a list; accepted: an object"),
        (b"null", "Pod: the object is null; accepted: an object"),
        (b"", "Pod: not valid JSON (Input data was truncated); accepted: one JSON object"),
        (b"{", "Pod: not valid JSON (Input data was truncated)"),
        (b"{} x", "Pod: not valid JSON (JSON is malformed: trailing characters (byte "),
        (b"\x00", "Pod: not valid JSON (JSON is malformed: invalid character (byte 0))"),
        (b'{"metadata": {"name": "\xff"}}', "Pod: a text is not valid UTF-8; accepted: JSON"),
        (b'{"metadata": {"name": "\\ud800"}}', "Pod: not valid JSON ("),
    ],
)
def test_an_error_names_object_place_and_cure(raw: bytes, message: str) -> None:
    """What was found where, in which object, and what is right."""
    with pytest.raises(TranslateError) as caught:
        decode_pod(raw)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"spec":{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
        b'{"metadata":{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
        b"[" * 1_000_000,
    ],
    ids=["objects", "lists", "in the spec", "in the metadata", "no end"],
)
def test_deep_nesting(decode: Callable[[bytes], object], raw: bytes) -> None:
    """Nesting 10,000 deep is an error like any other."""
    with pytest.raises(TranslateError):
        decode(raw)


def test_deep_nesting_in_a_quantity() -> None:
    """Also where values are kept raw."""
    with pytest.raises(TranslateError, match="nested too deep"):
        decode_pod(b'{"spec":{"overhead":{"cpu":' + b"[" * 10_000 + b"]" * 10_000 + b"}}}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["metadata", "spec", "status", "name", "labels", "containers", "rules", "hosts", "requests"]
)
SHAPED = st.recursive(
    JSON, lambda inner: st.dictionaries(FIELDS, inner) | st.lists(inner), max_leaves=20
)


@settings(max_examples=50)
@given(value=SHAPED, decode=st.sampled_from(DECODERS))
def test_any_json_decodes_or_is_an_error(value: object, decode: Callable[[bytes], object]) -> None:
    """No other exception than TranslateError, whatever the JSON."""
    with suppress(TranslateError):
        decode(json.dumps(value).encode())


@given(raw=st.binary(), decode=st.sampled_from(DECODERS))
def test_any_bytes_decode_or_are_an_error(raw: bytes, decode: Callable[[bytes], object]) -> None:
    """Nor for what is no JSON at all."""
    with suppress(TranslateError):
        decode(raw)


@pytest.mark.parametrize(
    ("decode", "kind"),
    [
        (decode_pod, "Pod"),
        (decode_node, "Node"),
        (decode_aggregate, "HostAggregate"),
        (decode_flavor, "Flavor"),
        (decode_server_group, "ServerGroup"),
    ],
)
def test_errors_name_the_kind(decode: Callable[[bytes], object], kind: str) -> None:
    """Each decoder says what it was decoding."""
    with pytest.raises(TranslateError, match=rf"^{kind} 'n': spec is a text; accepted: an object$"):
        decode(b'{"metadata": {"name": "n"}, "spec": "x"}')
