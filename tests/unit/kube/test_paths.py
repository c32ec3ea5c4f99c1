"""Paths with names of any kind."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extender.kube.paths import part, pod_path, pods_path
from tests.unit.kube.apiserver import Connect, Serve, give


def test_pods() -> None:
    """The paths of the API's documentation."""
    assert pods_path() == "/api/v1/pods"
    assert pods_path("shop") == "/api/v1/namespaces/shop/pods"
    assert pod_path("shop", "cart-0") == "/api/v1/namespaces/shop/pods/cart-0"
    assert pod_path("shop", "c", "binding") == "/api/v1/namespaces/shop/pods/c/binding"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("%2e", "%252e"),
        ("ä", "%C3%A4"),
        ("a b", "a%20b"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("...", "..."),
        ("a..b_c~d", "a..b_c~d"),
    ],
)
def test_part(text: str, quoted: str) -> None:
    """What means something in a path is quoted, dots that mean a step as well."""
    assert part(text) == quoted


@pytest.mark.parametrize("make", [part, pods_path, lambda name: pod_path("ns", name)])
def test_empty_part(make: object) -> None:
    """Without a name the path would be that of all pods."""
    assert callable(make)
    with pytest.raises(ValueError, match="empty"):
        make("")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example("../../../../version")
def test_a_name_stays_one_part(name: str) -> None:
    """No name adds a part to a path or ends it."""
    assert not set(part(name)) & set("/?#\\ \n")
    assert part(name) not in {".", ".."}


@pytest.mark.parametrize("name", ["..", ".", "a/b", "%2F", "a?watch=1", "ä"])
def test_path_arrives_as_written(serve: Serve, connect: Connect, name: str) -> None:
    """The client below takes no step up either, and quotes nothing twice."""
    server = serve([give({})])
    connect(server).get(pod_path("ns", name))
    request = server.requests[0]
    assert request.path == f"/api/v1/namespaces/ns/pods/{part(name)}"
    assert request.query == {}
