"""Merge patches."""

from __future__ import annotations

import json

import pytest

from extender.kube.errors import ApiError
from extender.kube.patches import merge
from tests.unit.kube.apiserver import Connect, Serve, give, refuse


def test_merge(serve: Serve, connect: Connect) -> None:
    """The fields go as they are, None as null; the object comes back."""
    server = serve([give({"kind": "Thing"})])
    answer = merge(connect(server), "/things/a", {"a": 1, "b": None, "c": {}}, 5.0)
    assert json.loads(answer) == {"kind": "Thing"}
    request = server.requests[0]
    assert (request.method, request.path) == ("PATCH", "/things/a")
    assert request.headers["content-type"] == "application/merge-patch+json"
    assert request.json == {"a": 1, "b": None, "c": {}}


def test_refused(serve: Serve, connect: Connect) -> None:
    """Nothing is tried again."""
    server = serve([refuse(409, "Conflict")])
    with pytest.raises(ApiError, match="409"):
        merge(connect(server), "/things/a", {}, 5.0)
    assert len(server.requests) == 1
