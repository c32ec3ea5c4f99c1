"""What a binding asks for, and what a pod says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from extender.kube.errors import TransportError
from extender.kube.outcome import Binding, Outcome, Result, body, judge, result, wrong_with

BINDING = Binding("shop", "cart-0", "u-1", "n-1", {"nova-extender.io/x": "1"})


def _pod(uid: str = "u-1", deleted: str | None = None, **spec: Any) -> bytes:
    meta = {"name": "cart-0", "uid": uid} | ({"deletionTimestamp": deleted} if deleted else {})
    return json.dumps({"kind": "Pod", "metadata": meta, "spec": spec}).encode()


def test_body() -> None:
    """A Binding of v1, as the API's documentation has it."""
    assert json.loads(body(BINDING)) == {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {
            "namespace": "shop",
            "name": "cart-0",
            "uid": "u-1",
            "annotations": {"nova-extender.io/x": "1"},
        },
        "target": {"apiVersion": "v1", "kind": "Node", "name": "n-1"},
    }


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (_pod(nodeName="n-2"), "it is on node n-2 already"),
        (_pod(deleted="2026-01-01T00:00:00Z"), "it is being deleted"),
        (
            _pod(schedulingGates=[{"name": "a.io/quota"}, {"name": "b"}]),
            "it has scheduling gates: a.io/quota, b",
        ),
        (_pod("u-2"), "another pod has its name by now, of UID u-2 and not u-1"),
        (_pod("u-2", nodeName="n-1"), "another pod has its name by now, of UID u-2 and not u-1"),
    ],
)
def test_conflicts(raw: bytes, why: str) -> None:
    """What keeps this pod from being bound is told; another's node is not this pod's."""
    text = f"pod shop/cart-0 is not bound to node n-1: {why}"
    assert judge(BINDING, raw) == Result(Outcome.CONFLICT, text)


@pytest.mark.parametrize("deleted", [None, "2026-01-01T00:00:00Z"])
def test_bound(deleted: str | None) -> None:
    """A pod on the node is bound, even if it is on its way out already."""
    assert judge(BINDING, _pod(deleted=deleted, nodeName="n-1")) == Result(Outcome.BOUND, "")


@pytest.mark.parametrize("raw", [_pod(), _pod(nodeName=None, schedulingGates=None), _pod(gates=1)])
def test_still_to_be_bound(raw: bytes) -> None:
    """Nothing keeps it from being bound."""
    assert judge(BINDING, raw) is None


def test_pod_that_is_nested_deep() -> None:
    """A pod whose managed fields no decoder can read is judged all the same."""
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    raw = b'{"metadata": {"managedFields": %s, "uid": "u-1"}, "spec": {"nodeName": "n-1"}}' % deep
    assert judge(BINDING, raw) == Result(Outcome.BOUND, "")


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"metadata": {}, "spec": {}}', b"<html>", b'"\xff"'])
def test_no_pod(raw: bytes) -> None:
    """What is no pod says nothing."""
    with pytest.raises(TransportError, match="not a pod") as caught:
        judge(BINDING, raw)
    assert caught.value.kind == "protocol"


def test_right_binding() -> None:
    """Nothing is wrong with it, without annotations as well."""
    assert wrong_with(BINDING, 1000) is None
    assert wrong_with(Binding("shop", "cart-0", "u-1", "n-1")) is None


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"uid": ""}, "its UID is not given"),
        ({"uid": "\ud800"}, r"its UID '\ud800' is no Unicode text"),
        ({"node": "N_1!"}, "'N_1!' is no name of a node: a DNS subdomain of at most 253"),
        ({"node": ""}, "'' is no name of a node"),
        ({"node": "x" * 10_000}, "is no name of a node"),
        ({"name": ".."}, "'..' is no name of a pod"),
        ({"name": "a/b"}, "'a/b' is no name of a pod"),
        ({"namespace": "\ud800"}, r"'\ud800' is no name of a namespace"),
        ({"annotations": {"bad key": ""}}, "'bad key' is no key of an annotation"),
        ({"annotations": {"a": "x" * 262144}}, "the largest of them is a with 262145"),
    ],
)
def test_wrong_bindings(wrong: dict[str, Any], text: str) -> None:
    """What would be refused with a puzzle, or taken to the pod's harm, is named before."""
    binding = replace(BINDING, **wrong)
    found = wrong_with(binding)
    assert found is not None
    assert text in found
    # Whatever the name is, the text can be sent on and is not endless.
    told = result(binding, Outcome.REFUSED, found).text
    assert len(told.encode()) < 1500


def test_texts() -> None:
    """They name the pod and the node; who does not know does not say no."""
    assert result(BINDING, Outcome.GONE, "why").text == (
        "pod shop/cart-0 is not bound to node n-1: why"
    )
    assert result(BINDING, Outcome.UNKNOWN, "why").text == (
        "it is not known whether pod shop/cart-0 is bound to node n-1: why"
    )
