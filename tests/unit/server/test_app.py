"""extender.server.app."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from extender.server.app import create_app
from extender.version import __version__


@pytest.fixture
def client() -> FlaskClient:
    """A client of the application."""
    app = create_app(["filter", "prioritize"], "127.0.0.1:8889", "127.0.0.1:8890")
    return app.test_client()


def test_root_says_who_this_is(client: FlaskClient) -> None:
    """Name, version, verbs, and where the rest is."""
    with client.get("/") as response:
        assert response.status_code == 200
        assert response.content_type == "application/json"
        assert response.json == {
            "name": "nova-extender",
            "version": __version__,
            "verbs": {"/filter": "POST", "/prioritize": "POST"},
            "health": {
                "livez": "http://127.0.0.1:8889/livez",
                "readyz": "http://127.0.0.1:8889/readyz",
                "metrics": "http://127.0.0.1:8889/metrics",
            },
            "debug": {
                "attempts": "http://127.0.0.1:8890/debug/attempts",
                "explain": "http://127.0.0.1:8890/debug/explain",
                "hosts": "http://127.0.0.1:8890/debug/hosts",
            },
        }


def test_root_is_the_same_every_time(client: FlaskClient) -> None:
    """Same question, same bytes."""
    with client.get("/") as one, client.get("/") as other:
        assert one.data == other.data


@pytest.mark.parametrize("path", ["/bind", "/static/x", "/filter/x", "/%00", "//"])
def test_unknown_paths(client: FlaskClient, path: str) -> None:
    """What is not there is told what is."""
    with client.post(path) as response:
        assert response.status_code in {404, 405}
        assert response.content_type == "application/json"
        assert response.json is not None
        assert "there is GET /, POST /filter, POST /prioritize" in response.json["Error"]


def test_wrong_method(client: FlaskClient) -> None:
    """A wrong method is told the right ones."""
    with client.post("/") as response:
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert response.json is not None
        assert response.json["Error"].startswith("method not allowed; there is GET /")
