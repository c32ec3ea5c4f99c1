"""extender.verbs.admit."""

from __future__ import annotations

import base64
import json
from fractions import Fraction
from typing import Any

import pytest

from extender.model.options import TranslateOptions
from extender.protocol.errors import ProtocolError
from extender.translate.admission import Ratios
from extender.verbs import admit as module
from extender.verbs.admit import ERROR, PATCHED, UNCHANGED, UNREAD, admit, default_ratios

Object = dict[str, Any]

PREFIX = "nova-extender.io/"
ESCAPED = "/metadata/annotations/nova-extender.io~1"
RATIO = f"{PREFIX}cpu_allocation_ratio"
RAW = f"{PREFIX}raw_allocatable_cpu"
AMPLIFIED = f"{PREFIX}amplified_allocatable_cpu"
ONE = Ratios()


def node(cpu: object = "4", annotations: dict[str, str] | None = None, **more: object) -> Object:
    """A node of 4 CPUs, which says what is given of what is allocatable."""
    metadata: Object = {"name": "a", "labels": {"nova-extender.io/overcommit": "true"}}
    if annotations is not None:
        metadata["annotations"] = annotations
    status = {"capacity": {"cpu": "4"}, "allocatable": {"cpu": cpu}}
    return {"metadata": metadata, "spec": {}, "status": status, **more}


def review(
    new: object,
    old: object = None,
    operation: str = "UPDATE",
    subresource: str = "status",
    resource: str = "nodes",
    user: str = "admin",
) -> bytes:
    """What the API server asks."""
    request = {
        "uid": "705a",
        "resource": {"group": "", "version": "v1", "resource": resource},
        "subResource": subresource,
        "operation": operation,
        "userInfo": {"username": user},
        "object": new,
        "oldObject": old,
    }
    document = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(document).encode()


def response(body: bytes, ratios: Ratios = ONE) -> tuple[str, Object]:
    """The outcome, and the response with its patch decoded."""
    outcome, reply, error = admit(body, ratios)
    assert error is None
    answered: Object = json.loads(reply)["response"]
    assert answered["uid"] == "705a"
    assert answered["allowed"] is True
    if "patch" in answered:
        answered["patch"] = json.loads(base64.b64decode(answered["patch"]))
    return outcome, answered


def patch(body: bytes, ratios: Ratios = ONE) -> list[Object]:
    """The steps of a patch that there is to be."""
    outcome, answered = response(body, ratios)
    assert outcome == PATCHED
    assert "warnings" not in answered
    steps: list[Object] = answered["patch"]
    return steps


def test_a_status_is_amplified() -> None:
    """4 CPUs, 4 times over, are 16; what the node had of its own is saved beside."""
    new = node(annotations={RATIO: "4"})
    assert patch(review(new, new)) == [
        {"op": "add", "path": "/status/allocatable/cpu", "value": "16000m"},
        {"op": "add", "path": f"{ESCAPED}raw_allocatable_cpu", "value": "4000"},
        {"op": "add", "path": f"{ESCAPED}amplified_allocatable_cpu", "value": "16000"},
    ]


@pytest.mark.parametrize("annotations", [None, {}])
def test_annotations_are_made_where_there_are_none(annotations: dict[str, str] | None) -> None:
    """A member cannot be added to what is not there; 4 CPUs, by default twice over, are 8."""
    new = node(annotations=annotations)
    assert patch(review(new, new), Ratios({"cpu": Fraction(2)})) == [
        {"op": "add", "path": "/metadata/annotations", "value": {RAW: "4000", AMPLIFIED: "8000"}},
        {"op": "add", "path": "/status/allocatable/cpu", "value": "8000m"},
    ]


def test_annotations_that_are_null() -> None:
    """As good as none."""
    new = node()
    new["metadata"]["annotations"] = None
    first, _ = patch(review(new, new), Ratios({"cpu": Fraction(2)}))
    assert first["path"] == "/metadata/annotations"


def test_a_ratio_that_is_gone_takes_its_annotations_along() -> None:
    """And leaves what the node has of its own."""
    new = node("16", {RAW: "4000", AMPLIFIED: "16000", "other": "kept"})
    assert patch(review(new, new)) == [
        {"op": "add", "path": "/status/allocatable/cpu", "value": "4000m"},
        {"op": "remove", "path": f"{ESCAPED}raw_allocatable_cpu"},
        {"op": "remove", "path": f"{ESCAPED}amplified_allocatable_cpu"},
    ]


def test_all_three_resources() -> None:
    """Twice 8 Gi are 17179869184 bytes, thrice 100 G are 300000000000."""
    new = node(annotations={RATIO: "2", f"{PREFIX}ram_allocation_ratio": "2.0"})
    new["status"]["allocatable"] |= {"memory": "8Gi", "ephemeral-storage": "100G"}
    ratios = Ratios({"ephemeral-storage": Fraction(3)}, allow_memory_overcommit=True)
    amounts = {
        step["path"].removeprefix("/status/allocatable/"): step["value"]
        for step in patch(review(new, new), ratios)
        if step["path"].startswith("/status")
    }
    assert amounts == {
        "cpu": "8000m",
        "memory": "17179869184",
        "ephemeral-storage": "300000000000",
    }


def test_a_node_without_anything_is_left_alone() -> None:
    """Not one byte, whoever writes what."""
    for new in (node(), node(annotations={}), node("1500100u", {"other": "Zoë ✓"})):
        for body in (
            review(new, node()),
            review(new, node(), subresource=""),
            review(new, None, "CREATE", ""),
        ):
            assert response(body) == (UNCHANGED, {"uid": "705a", "allowed": True})


def test_what_is_amplified_already_is_left_alone() -> None:
    """Who writes another part of the status writes this one back as it was."""
    new = node("16", {RATIO: "4", RAW: "4000", AMPLIFIED: "16000"})
    assert response(review(new, new))[0] == UNCHANGED


def test_a_creation_with_a_status_is_a_status_write() -> None:
    """Kubelets register with a status."""
    steps = patch(review(node(annotations={RATIO: "4"}), None, "CREATE", ""))
    assert steps[0] == {"op": "add", "path": "/status/allocatable/cpu", "value": "16000m"}


def test_a_write_without_the_status_keeps_what_is_saved() -> None:
    """An older copy must not take it back, nor may it bring anything."""
    old = node("16", {RATIO: "4", RAW: "4000", AMPLIFIED: "16000"})
    new = node("16", {RATIO: "2", RAW: "1"})
    assert patch(review(new, old, subresource="")) == [
        {"op": "add", "path": f"{ESCAPED}raw_allocatable_cpu", "value": "4000"},
        {"op": "add", "path": f"{ESCAPED}amplified_allocatable_cpu", "value": "16000"},
    ]
    assert patch(review(node("16"), old, subresource="")) == [
        {"op": "add", "path": "/metadata/annotations", "value": {RAW: "4000", AMPLIFIED: "16000"}}
    ]
    assert patch(review(new, node("16", {RATIO: "4"}), subresource="")) == [
        {"op": "remove", "path": f"{ESCAPED}raw_allocatable_cpu"}
    ]


def test_who_writes_counts() -> None:
    """Another capacity from the node's own kubelet makes 8 CPUs raw; from others it does not."""
    old = node("8", {RATIO: "2", RAW: "4000", AMPLIFIED: "8000"})
    new = json.loads(json.dumps(old))
    new["status"]["capacity"]["cpu"] = "8"
    (first, *_) = patch(review(new, old, user="system:node:a"))
    assert first["value"] == "16000m"
    for other in ("system:node:b", "admin", ""):
        assert response(review(new, old, user=other))[0] == UNCHANGED


@pytest.mark.parametrize(
    "body",
    [
        review(None, node(), "DELETE", ""),
        review(node(), None, "CONNECT", "proxy"),
        review(node(), node(), "UPDATE", "proxy"),
    ],
)
def test_what_is_no_write_is_let_through(body: bytes) -> None:
    """The chart asks for none of it."""
    assert response(body) == (UNCHANGED, {"uid": "705a", "allowed": True})


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        (review(None, node()), "request.object is missing or null; accepted: a Node"),
        (review(node(), None), "request.oldObject is missing or null; accepted: a Node"),
        (review(node(), None, subresource=""), "request.oldObject is missing or null; "),
        (review(None, None, "CREATE", ""), "request.object is missing or null; "),
        (review({}, node()), "request.object.metadata is missing or null; accepted: a Node"),
        (review(5, node()), "Node: the object is a whole number; accepted: an object"),
        (
            review({"metadata": {"name": "é", "annotations": []}}, node()),
            "Node 'é': metadata.annotations is a list; accepted: an object",
        ),
        (
            review(node(status={"allocatable": "all"}), node()),
            "Node 'a': status.allocatable is a text; accepted: an object",
        ),
        (review(node(), node(), resource="pods"), "this is about 'pods'; accepted: nodes"),
        (review(node(), node(), resource="x" * 10_000), "this is about 'xxx"),
    ],
)
def test_a_node_that_cannot_be_read_passes_with_a_warning(body: bytes, warning: str) -> None:
    """It is never denied: its status would never be written again."""
    outcome, answered = response(body)
    assert outcome == UNREAD
    assert "patch" not in answered
    (told,) = answered["warnings"]
    assert told.startswith(f"nova-extender leaves the node as it is: {warning}")


@pytest.mark.parametrize("cpu", ["four", "-1", None, {}, [], True, "1e9999999999", "٤", ""])
def test_a_quantity_that_is_none_spoils_nothing(cpu: object) -> None:
    """The resource stays as it is, and the others are amplified."""
    new = node(cpu, {RATIO: "4", f"{PREFIX}disk_allocation_ratio": "2"})
    new["status"]["allocatable"]["ephemeral-storage"] = "10"
    steps = patch(review(new, new))
    assert {"op": "add", "path": "/status/allocatable/ephemeral-storage", "value": "20"} in steps


def test_a_defect_of_ours_denies_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The node passes as it is, the writer is told, and the log gets to know what happened."""

    def fail(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(module, "amend_status", fail)
    outcome, reply, error = admit(review(node(), node()), ONE)
    assert outcome == ERROR
    assert isinstance(error, KeyError)
    answered = json.loads(reply)["response"]
    assert answered["allowed"] is True
    assert "patch" not in answered
    assert answered["warnings"][0].endswith("internal error; its log says more")
    assert b"secret" not in reply


def test_what_is_no_review_is_refused() -> None:
    """There is nothing to answer."""
    with pytest.raises(ProtocolError):
        admit(b"{}", ONE)


def test_default_ratios() -> None:
    """The option of a resource, else the one with ``initial_`` before its name."""
    options = TranslateOptions(
        cpu_allocation_ratio=Fraction(16),
        initial_cpu_allocation_ratio=Fraction(4),
        initial_ram_allocation_ratio=Fraction("1.5"),
        allow_memory_overcommit=True,
    )
    assert default_ratios(options) == Ratios(
        {"cpu": Fraction(16), "memory": Fraction("1.5"), "ephemeral-storage": Fraction(1)},
        allow_memory_overcommit=True,
    )
    assert default_ratios(TranslateOptions()).allow_memory_overcommit is False
