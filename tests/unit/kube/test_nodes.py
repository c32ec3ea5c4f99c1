"""Single requests about nodes."""

from __future__ import annotations

import json

import pytest

from extender.kube.errors import ApiError, TransportError
from extender.kube.nodes import annotate_node, list_nodes, nudge_node, restore_node
from tests.unit.kube.apiserver import Connect, Exchange, Serve, give, page, refuse, thing


def test_list(serve: Serve, connect: Connect) -> None:
    """All of them, page by page."""
    server = serve([page(7, thing("a", 1), more="t"), page(7, thing("b", 2))])
    found = list_nodes(connect(server), 5.0)
    assert [json.loads(bytes(raw))["metadata"]["name"] for raw in found] == ["a", "b"]
    assert {request.path for request in server.requests} == {"/api/v1/nodes"}


def test_annotate(serve: Serve, connect: Connect) -> None:
    """The annotations and nothing else; the name is quoted."""
    server = serve([give({}), give({})])
    transport = connect(server)
    annotate_node(transport, "a/b", {"x": "1", "y": None}, 5.0)
    annotate_node(transport, "a", {"x": "1"}, 5.0, version="17")
    first, second = server.requests
    assert (first.method, first.path) == ("PATCH", "/api/v1/nodes/a%2Fb")
    assert first.json == {"metadata": {"annotations": {"x": "1", "y": None}}}
    assert second.json == {"metadata": {"annotations": {"x": "1"}, "resourceVersion": "17"}}


def test_nudge(serve: Serve, connect: Connect) -> None:
    """An empty patch of the status."""
    server = serve([give({})])
    nudge_node(connect(server), "a", 5.0)
    request = server.requests[0]
    assert (request.method, request.path) == ("PATCH", "/api/v1/nodes/a/status")
    assert request.headers["content-type"] == "application/merge-patch+json"
    assert request.json == {}


def test_restore(serve: Serve, connect: Connect) -> None:
    """One write of both, to just this version; what was made of it comes back."""
    server = serve([give({"kind": "Node"}), give({})])
    transport = connect(server)
    answer = restore_node(transport, "a", "17", {"x": None}, {"cpu": "4000m"}, 5.0)
    assert json.loads(answer) == {"kind": "Node"}
    restore_node(transport, "a", "18", {"x": None}, {}, 5.0)
    first, second = server.requests
    assert first.path == "/api/v1/nodes/a/status"
    assert first.json == {
        "metadata": {"resourceVersion": "17", "annotations": {"x": None}},
        "status": {"allocatable": {"cpu": "4000m"}},
    }
    assert "status" not in second.json


def test_refusals_and_silence(serve: Serve, connect: Connect) -> None:
    """Both are the caller's, and nothing is tried again."""
    transport = connect(serve([refuse(403, "Forbidden"), Exchange.hold]))
    with pytest.raises(ApiError, match="403"):
        nudge_node(transport, "a", 5.0)
    with pytest.raises(TransportError):
        annotate_node(transport, "a", {}, 0.1)


def test_no_name(serve: Serve, connect: Connect) -> None:
    """It would be the path of all nodes."""
    with pytest.raises(ValueError, match="empty"):
        nudge_node(connect(serve([])), "", 5.0)
