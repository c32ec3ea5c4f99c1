"""What metrics.k8s.io tells of the nodes."""

from __future__ import annotations

import time

import pytest

from extender.kube.errors import ApiError, TransportError
from extender.kube.node_metrics import node_metrics
from tests.unit.kube.apiserver import Connect, Exchange, Serve, give, refuse


def test_the_answer_as_it_came(serve: Serve, connect: Connect) -> None:
    """One list of all nodes, not asked for in pages."""
    server = serve([give(b'{"items": []}')])
    assert node_metrics(connect(server), 5.0) == b'{"items": []}'
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/apis/metrics.k8s.io/v1beta1/nodes")
    assert request.query == {}


def test_no_such_api(serve: Serve, connect: Connect) -> None:
    """A cluster without metrics-server."""
    assert node_metrics(connect(serve([refuse(404, "NotFound")])), 5.0) is None


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "Forbidden"), (503, "ServiceUnavailable"), (500, "InternalError")]
)
def test_refused(serve: Serve, connect: Connect, status: int, reason: str) -> None:
    """Not allowed, or the server behind the API is away: the caller's to tell."""
    with pytest.raises(ApiError) as caught:
        node_metrics(connect(serve([refuse(status, reason)])), 5.0)
    assert caught.value.status == status


def test_no_answer(serve: Serve, connect: Connect) -> None:
    """Silence ends with the time."""
    began = time.monotonic()
    with pytest.raises(TransportError) as caught:
        node_metrics(connect(serve([Exchange.hold])), 0.3)
    assert caught.value.kind == "timeout"
    assert time.monotonic() - began < 3
