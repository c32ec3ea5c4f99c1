"""Writing the status of our own kinds."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from extender.kube.errors import ApiError, TransportError
from extender.kube.statuses import patch_status
from tests.unit.kube.apiserver import Connect, Exchange, Serve, give, refuse

PATH = "/apis/nova-extender.io/v1alpha1/hostaggregates/ssd"


def test_patch(serve: Serve, connect: Connect) -> None:
    """A merge patch of the status, through the subresource, with nothing else in it."""
    server = serve([give({})])
    status = MappingProxyType({"hosts": 3, "unknown": ["a", "b"], "message": None})
    patch_status(connect(server), PATH, status, 5.0)
    request = server.requests[0]
    assert (request.method, request.path) == ("PATCH", f"{PATH}/status")
    assert request.headers["content-type"] == "application/merge-patch+json"
    assert request.json == {"status": {"hosts": 3, "unknown": ["a", "b"], "message": None}}


def test_refused(serve: Serve, connect: Connect) -> None:
    """A refusal is the caller's, and nothing is tried again."""
    server = serve([refuse(404, "NotFound")])
    with pytest.raises(ApiError) as caught:
        patch_status(connect(server), PATH, {"hosts": 3}, 5.0)
    assert caught.value.status == 404
    assert len(server.requests) == 1


def test_no_answer(serve: Serve, connect: Connect) -> None:
    """Silence ends with the time."""
    with pytest.raises(TransportError) as caught:
        patch_status(connect(serve([Exchange.hold])), PATH, {"hosts": 3}, 0.1)
    assert caught.value.kind == "timeout"
