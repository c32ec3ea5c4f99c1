"""Single requests about pods."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.pods import annotate, get_pod, list_pods, touch
from extender.kube.transport import Response
from tests.unit.kube.apiserver import (
    Answer,
    Connect,
    Exchange,
    Request,
    Serve,
    give,
    page,
    refuse,
    thing,
)

MERGE = "application/merge-patch+json"


def _names(found: list[object]) -> list[str]:
    return [json.loads(bytes(raw))["metadata"]["name"] for raw in found]  # type: ignore[call-overload] # msgspec.Raw is bytes-like


def test_get(serve: Serve, connect: Connect) -> None:
    """The JSON comes as it is; the read is consistent, for it names no resource version."""
    server = serve([give(b'{"kind": "Pod"} ')])
    assert get_pod(connect(server), "shop", "cart-0", 5.0) == b'{"kind": "Pod"} '
    request = server.requests[0]
    assert (request.method, request.path) == ("GET", "/api/v1/namespaces/shop/pods/cart-0")
    assert request.query == {}


def test_get_of_no_pod(serve: Serve, connect: Connect) -> None:
    """404 is an answer; other refusals are errors."""
    transport = connect(serve([refuse(404, "NotFound"), refuse(403, "Forbidden")]))
    assert get_pod(transport, "shop", "cart-0", 5.0) is None
    with pytest.raises(ApiError, match="403"):
        get_pod(transport, "shop", "cart-0", 5.0)


def test_get_ends_in_time(serve: Serve, connect: Connect) -> None:
    """A pod that does not come is not waited for any longer."""
    with pytest.raises(TransportError) as caught:
        get_pod(connect(serve([Exchange.hold])), "shop", "cart-0", 0.1)
    assert caught.value.kind == "timeout"


def test_times_are_for_all_of_a_call(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for a silence only: an answer in drops ends as well, and so do pages."""
    transport = connect(serve([give(b"{}"), page(7, more="t"), page(7)]))
    totals: list[float] = []
    get = transport.get

    def watch(*args: Any, total: float, **kwargs: Any) -> Response:
        totals.append(total)
        time.sleep(0.05)
        return get(*args, total=total, **kwargs)

    monkeypatch.setattr(transport, "get", watch)
    get_pod(transport, "shop", "cart-0", 17.0)
    list_pods(transport, timeout=5.0)
    assert totals[0] == 17.0
    assert 4.0 < totals[1] <= 5.0
    assert totals[2] <= totals[1] - 0.05


def test_list_of_a_node(serve: Serve, connect: Connect) -> None:
    """The pods that use a node: bound to it and not at their end, read consistently."""
    server = serve([page(7, thing("a", 1), thing("b", 2))])
    assert _names([*list_pods(connect(server), node="n-1", timeout=5.0)]) == ["a", "b"]
    request = server.requests[0]
    assert (request.method, request.path) == ("GET", "/api/v1/pods")
    assert request.query == {
        "fieldSelector": "spec.nodeName=n-1,status.phase!=Succeeded,status.phase!=Failed",
        "limit": "500",
    }


def test_list_of_a_node_with_signs(serve: Serve, connect: Connect) -> None:
    """A node's name cannot widen the selector."""
    server = serve([page(7)])
    assert list_pods(connect(server), node="a,b=c\\", timeout=5.0) == []
    selector = server.requests[0].query["fieldSelector"]
    assert selector.startswith("spec.nodeName=a\\,b\\=c\\\\,status.phase")


def test_list_of_a_namespace(serve: Serve, connect: Connect) -> None:
    """All pods of one, whatever their phase; the name is quoted."""
    server = serve([page(7, thing("a", 1))])
    assert _names([*list_pods(connect(server), namespace="x/y", timeout=5.0)]) == ["a"]
    assert server.requests[0].path == "/api/v1/namespaces/x%2Fy/pods"
    assert "fieldSelector" not in server.requests[0].query


def test_list_of_a_node_and_a_namespace(serve: Serve, connect: Connect) -> None:
    """Both narrow it."""
    server = serve([page(7)])
    list_pods(connect(server), node="n", namespace="shop", timeout=5.0)
    assert server.requests[0].path == "/api/v1/namespaces/shop/pods"
    assert server.requests[0].query["fieldSelector"].startswith("spec.nodeName=n,")


def test_list_of_no_node(serve: Serve, connect: Connect) -> None:
    """An empty name would list the pods that are on no node."""
    server = serve([page(7)])
    with pytest.raises(ValueError, match="empty"):
        list_pods(connect(server), node="", timeout=5.0)
    assert not server.requests


def test_pages(serve: Serve, connect: Connect) -> None:
    """Pages follow each other, the selector with each."""
    server = serve([page(7, thing("a", 1), more="t1"), page(7, more="t2"), page(7, thing("b", 2))])
    assert _names([*list_pods(connect(server), node="n", timeout=5.0)]) == ["a", "b"]
    assert [r.query.get("continue") for r in server.requests] == [None, "t1", "t2"]
    assert len({r.query["fieldSelector"] for r in server.requests}) == 1


def test_expired_page(serve: Serve, connect: Connect) -> None:
    """If the snapshot goes away between pages, all begins again, in one piece."""
    server = serve(
        [
            page(7, thing("a", 1), more="t1"),
            refuse(410, "Expired"),
            page(9, thing("b", 1), thing("c", 2)),
        ]
    )
    assert _names([*list_pods(connect(server), timeout=5.0)]) == ["b", "c"]
    assert [r.query for r in server.requests] == [
        {"limit": "500"},
        {"limit": "500", "continue": "t1"},
        {},
    ]


def test_refused_list(serve: Serve, connect: Connect) -> None:
    """A refusal is the caller's, a 410 without a page before it as well."""
    for status in (403, 410):
        with pytest.raises(ApiError) as caught:
            list_pods(connect(serve([refuse(status, "No")])), timeout=5.0)
        assert caught.value.status == status


@pytest.mark.parametrize(
    "answers",
    [
        [give(b"{}")],
        [give(b"<html>")],
        [page(7, thing("a", 1), more="t"), page(7, thing("b", 1), more="t")],
    ],
)
def test_no_list(serve: Serve, connect: Connect, answers: list[Answer]) -> None:
    """What is no list, or never ends, is against the protocol."""
    with pytest.raises(TransportError) as caught:
        list_pods(connect(serve(answers)), timeout=5.0)
    assert caught.value.kind == "protocol"


def test_list_ends_in_time(serve: Serve, connect: Connect) -> None:
    """The time is for all pages together: many that are slow are given up."""
    served = []

    def slow(exchange: Exchange) -> None:
        served.append(1)
        time.sleep(0.1)
        page(7, thing("a", 1), more=f"t{len(served)}")(exchange)

    server = serve([slow] * 100)
    with pytest.raises(TransportError) as caught:
        list_pods(connect(server), timeout=0.35)
    assert caught.value.kind == "timeout"
    assert len(server.requests) <= 4


def test_no_time_for_a_list(serve: Serve, connect: Connect) -> None:
    """Without time nothing is asked."""
    server = serve([page(7)])
    with pytest.raises(TransportError, match="no whole list in 0 s"):
        list_pods(connect(server), timeout=0.0)
    assert not server.requests


def test_list_ended_from_another_thread(serve: Serve, connect: Connect) -> None:
    """An interrupt ends it."""
    interrupt = Interrupt()
    timer = threading.Timer(0.1, interrupt.trigger)
    timer.start()
    with pytest.raises(TransportError) as caught:
        list_pods(connect(serve([Exchange.hold])), timeout=30.0, interrupt=interrupt)
    assert caught.value.kind == "closed"
    timer.join()


def _patched(request: Request) -> tuple[str, str, str, object]:
    return request.method, request.path, request.headers["content-type"], request.json


def test_annotate(serve: Serve, connect: Connect) -> None:
    """A merge patch of the annotations through the status, for the pod of this UID only."""
    server = serve([give({})])
    annotate(connect(server), "shop", "a b", "u-1", {"nova-extender.io/x": "ä", "old": None}, 5.0)
    metadata = {"uid": "u-1", "annotations": {"nova-extender.io/x": "ä", "old": None}}
    assert _patched(server.requests[0]) == (
        "PATCH",
        "/api/v1/namespaces/shop/pods/a%20b/status",
        MERGE,
        {"metadata": metadata},
    )


def test_touch(serve: Serve, connect: Connect) -> None:
    """A merge patch of one annotation of the pod itself."""
    server = serve([give({})])
    touch(connect(server), "kube-system", "me", "nova-extender.io/woken", "7", 5.0)
    assert _patched(server.requests[0]) == (
        "PATCH",
        "/api/v1/namespaces/kube-system/pods/me",
        MERGE,
        {"metadata": {"annotations": {"nova-extender.io/woken": "7"}}},
    )


@pytest.mark.parametrize("status", [404, 409, 422, 500])
def test_refused_patches(serve: Serve, connect: Connect, status: int) -> None:
    """A refusal is the caller's, and nothing is tried again."""
    server = serve([refuse(status, "No")] * 2)
    transport = connect(server)
    with pytest.raises(ApiError) as caught:
        annotate(transport, "shop", "a", "u", {"a": "1"}, 5.0)
    assert caught.value.status == status
    with pytest.raises(ApiError):
        touch(transport, "shop", "a", "a", "1", 5.0)
    assert len(server.requests) == 2


def test_patches_end_in_time(serve: Serve, connect: Connect) -> None:
    """Silence ends with the time."""
    transport = connect(serve())
    with pytest.raises(TransportError, match="time"):
        annotate(transport, "shop", "a", "u", {"a": "1"}, 0.1)
    with pytest.raises(TransportError, match="time"):
        touch(transport, "shop", "a", "a", "1", 0.1)
