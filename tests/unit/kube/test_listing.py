"""Whole lists; their pages are tested with those of pods."""

from __future__ import annotations

import json

import pytest

from extender.kube.errors import TransportError
from extender.kube.listing import list_all
from tests.unit.kube.apiserver import Connect, Serve, page, refuse, thing


def test_pages(serve: Serve, connect: Connect) -> None:
    """The query goes with each page."""
    server = serve([page(7, thing("a", 1), more="t"), page(7, thing("b", 2))])
    found = list_all(connect(server), "/things", {"labelSelector": "x=y"}, 5.0)
    assert [json.loads(bytes(raw))["metadata"]["name"] for raw in found] == ["a", "b"]
    assert [request.query for request in server.requests] == [
        {"labelSelector": "x=y", "limit": "500"},
        {"labelSelector": "x=y", "limit": "500", "continue": "t"},
    ]


def test_compacted_away(serve: Serve, connect: Connect) -> None:
    """The list begins again in one piece, and nothing is in it twice."""
    answers = [page(7, thing("a", 1), more="t"), refuse(410, "Expired"), page(9, thing("a", 3))]
    found = list_all(connect(serve(answers)), "/things", {}, 5.0)
    assert len(found) == 1


def test_no_time(serve: Serve, connect: Connect) -> None:
    """Not even a first page is asked for."""
    server = serve([])
    with pytest.raises(TransportError, match="no whole list in 0 s"):
        list_all(connect(server), "/things", {}, 0.0)
    assert not server.requests
