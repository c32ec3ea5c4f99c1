"""extender.server.debug."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from extender.server.debug import create_debug_app

ATTEMPT = {"result": "rejected", "hosts": 2}


@pytest.fixture
def client() -> FlaskClient:
    """A client on this machine of an application that knows the pod default/web-1."""

    def known(namespace: str, pod: str) -> object | None:
        return ATTEMPT if (namespace, pod) == ("default", "web-1") else None

    def explain(namespace: str, pod: str) -> object:
        if pod == "bound":
            raise LookupError(f"pod {namespace}/{pod} is bound to node a")
        return ATTEMPT

    return create_debug_app(lambda: [ATTEMPT], known, explain, lambda: [ATTEMPT]).test_client()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/debug/attempts", [ATTEMPT]),
        ("/debug/attempts/default/web-1", ATTEMPT),
        ("/debug/explain/default/web-1", ATTEMPT),
        ("/debug/hosts", [ATTEMPT]),
    ],
)
def test_values(client: FlaskClient, path: str, value: object) -> None:
    """What is known is shown as JSON, and never guessed to be a page."""
    with client.get(path) as response:
        assert response.status_code == 200
        assert response.json == value
        assert response.content_type == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/debug/attempts/default/x", "no attempt for pod default/x; see /debug/attempts"),
        ("/debug/explain/default/bound", "pod default/bound is bound to node a"),
        ("/debug", "not found; there is /debug/attempts, /debug/attempts/<namespace>/<pod>"),
        ("/debug/attempts/default", "not found; there is"),
    ],
)
def test_unknown(client: FlaskClient, path: str, says: str) -> None:
    """What is not known says where to look."""
    with client.get(path) as response:
        assert response.status_code == 404
        assert response.json is not None
        assert says in response.json["Error"]


@pytest.mark.parametrize("path", ["/debug/attempts", "/debug/nothing"])
@pytest.mark.parametrize("client_address", ["10.0.0.7", "::ffff:10.0.0.7", "", "localhost"])
def test_clients_of_other_machines(client: FlaskClient, client_address: str, path: str) -> None:
    """Only this machine is answered, whatever address the server was bound to."""
    with client.get(path, environ_overrides={"REMOTE_ADDR": client_address}) as response:
        assert response.status_code == 403
        assert response.json is not None
        assert "clients of this machine only" in response.json["Error"]


@pytest.mark.parametrize("client_address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_clients_of_this_machine(client: FlaskClient, client_address: str) -> None:
    """Loopback addresses of both families are answered."""
    overrides = {"REMOTE_ADDR": client_address}
    with client.get("/debug/attempts", environ_overrides=overrides) as response:
        assert response.status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8890",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "notlocalhost",
        "10.0.0.7:8890",
        "[2001:db8::1]:8890",
        "[::1",
        "[::1]x",
        "localhost:x",
        "0.0.0.0:8890",
        "",
    ],
)
def test_foreign_host_headers(client: FlaskClient, host: str) -> None:
    """A page whose own name points at this machine gets nothing."""
    with client.get("/debug/attempts", headers={"Host": host}) as response:
        assert response.status_code == 403
        assert response.json is not None
        assert "answers as localhost only" in response.json["Error"]


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:8890", "x.localhost", "127.0.0.1:8890", "[::1]:8890", "[::1]"]
)
def test_own_host_headers(client: FlaskClient, host: str) -> None:
    """Every name of this machine will do."""
    with client.get("/debug/attempts", headers={"Host": host}) as response:
        assert response.status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_read_only(client: FlaskClient, method: str) -> None:
    """Nothing can be changed here."""
    with client.open("/debug/attempts", method=method) as response:
        assert response.status_code == 405
