"""Events as they go over the wire."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.kube.event_object import (
    Event,
    Series,
    collection,
    creation,
    cut,
    new_name,
    repetition,
)

EVENT = Event(
    namespace="shop",
    name="web-0",
    uid="u-1",
    reason="ClaimRefused",
    action="Binding",
    note="no room left",
    node="n1",
)


def test_creation() -> None:
    """Every field the API requires, and those that say what it is about."""
    body = creation(EVENT, "web-0.1", "pod-a", 1_767_225_600.5, None)
    assert json.loads(body) == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": "shop", "name": "web-0.1"},
        "eventTime": "2026-01-01T00:00:00.500000Z",
        "type": "Warning",
        "reason": "ClaimRefused",
        "action": "Binding",
        "note": "no room left",
        "reportingController": "nova-extender.io/nova-extender",
        "reportingInstance": "pod-a",
        "regarding": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": "shop",
            "name": "web-0",
            "uid": "u-1",
        },
        "related": {"apiVersion": "v1", "kind": "Node", "name": "n1"},
    }
    assert collection(EVENT) == "/apis/events.k8s.io/v1/namespaces/shop/events"


def test_of_a_node() -> None:
    """What lives in no namespace has its Events in ``default``, and names no namespace itself."""
    event = replace(EVENT, namespace="", name="n1", kind="Node", node=None, type="Normal")
    body = json.loads(creation(event, "n1.1", "pod-a", 0.0, None))
    assert body["metadata"]["namespace"] == "default"
    assert body["regarding"] == {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u-1"}
    assert "related" not in body
    assert body["type"] == "Normal"
    assert collection(event) == "/apis/events.k8s.io/v1/namespaces/default/events"


def test_series() -> None:
    """The same content whether it comes with the Event or after it."""
    content = {"count": 3, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}
    series = Series(3, 1_767_225_601.0)
    assert json.loads(creation(EVENT, "a", "b", 0.0, series))["series"] == content
    assert json.loads(repetition(series)) == {"series": content}


def test_names() -> None:
    """The object's name and 16 hexadecimal digits, never twice; cut where it is too long."""
    names = {new_name(EVENT) for _ in range(100)}
    assert len(names) == 100
    assert all(
        name.startswith("web-0.") and len(name) == 6 + 16 and int(name[6:], 16) >= 0
        for name in names
    )
    # 253 - 16 - 1 = 236 characters are left, of which the last may be neither dash nor dot.
    name = new_name(replace(EVENT, name="a" * 234 + ".-" + "b" * 17))
    assert name.startswith("a" * 234 + ".")
    assert len(name) == 234 + 1 + 16
    assert len(new_name(replace(EVENT, name="a" * 253))) == 253


@pytest.mark.parametrize("name", ["", "system:node", "Web", "..", "a/b"])
def test_names_of_the_nameless(name: str) -> None:
    """An object whose name no Event could bear lends it none."""
    assert new_name(replace(EVENT, name=name)).startswith("nova-extender.")


def test_path_is_quoted() -> None:
    """No namespace leads out of its place in the path."""
    assert collection(replace(EVENT, namespace="a/../b")).endswith("/namespaces/a%2F..%2Fb/events")
    assert collection(replace(EVENT, namespace="..")).endswith("/namespaces/%2E%2E/events")


def test_limits() -> None:
    """Notes of 1024 bytes and words of 128 are whole; one more byte and they are cut."""
    full = replace(EVENT, note="n" * 1024, reason="r" * 128, action="a" * 128)
    body = json.loads(creation(full, "a", "i" * 128, 0.0, None))
    assert body["note"] == "n" * 1024
    assert (body["reason"], body["action"]) == ("r" * 128, "a" * 128)
    assert body["reportingInstance"] == "i" * 128
    more = replace(EVENT, note="n" * 1025, reason="r" * 129, action="a" * 129)
    body = json.loads(creation(more, "a", "i" * 129, 0.0, None))
    assert body["note"] == "n" * 1021 + "…"  # which is 3 bytes
    assert (body["reason"], body["action"]) == ("r" * 125 + "…", "a" * 125 + "…")
    assert body["reportingInstance"] == "i" * 125 + "…"


def test_cut_between_characters() -> None:
    """A character that does not fit as a whole is left out as a whole; bytes count."""
    assert cut("ä" * 5, 10) == "ä" * 5
    assert cut("ä" * 6, 10) == "äää…"  # 10 - 3 = 7 bytes: three of two, and half of one
    assert cut("half \ud800", 10) == "half ?"


@given(st.text(st.characters(), max_size=60), st.integers(3, 40))
def test_cut_law(text: str, size: int) -> None:
    """Never longer than allowed, and but for the … a beginning of what was to be said."""
    whole = text.encode(errors="replace").decode()
    result = cut(text, size)
    assert len(result.encode()) <= size
    assert result == whole or whole.startswith(result.removesuffix("…"))


def test_what_is_the_same() -> None:
    """Note apart, whatever differs makes another Event; kind and name make another object."""
    assert replace(EVENT, note="else").key == EVENT.key
    others = [
        replace(EVENT, namespace="x"),
        replace(EVENT, name="x"),
        replace(EVENT, uid="x"),
        replace(EVENT, kind="x"),
        replace(EVENT, api_version="x"),
        replace(EVENT, type="Normal"),
        replace(EVENT, reason="x"),
        replace(EVENT, action="x"),
        replace(EVENT, node="x"),
        replace(EVENT, node=None),
    ]
    assert len({event.key for event in others} | {EVENT.key}) == len(others) + 1
    assert len({event.regarding for event in others} | {EVENT.regarding}) == 5 + 1
