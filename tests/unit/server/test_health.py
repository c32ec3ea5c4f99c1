"""extender.server.health."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from extender.server.health import create_health_app, probe_text

WELL = {"nodes": "", "pods": ""}
ILL = {"nodes": "", "pods": "not synced yet"}


def client(live: dict[str, str], ready: dict[str, str]) -> FlaskClient:
    """Make a client of an application with these checks."""
    return create_health_app(
        lambda verbose: probe_text("livez", live, verbose),
        lambda verbose: probe_text("readyz", ready, verbose),
        lambda: (b"up 1\n", "text/plain; version=0.0.4"),
    ).test_client()


@pytest.mark.parametrize("name", ["livez", "readyz"])
@pytest.mark.parametrize(
    ("checks", "query", "status", "text"),
    [
        (WELL, "", 200, "ok\n"),
        (WELL, "?verbose", 200, "[+]nodes ok\n[+]pods ok\n{} check passed\n"),
        (ILL, "", 503, "[+]nodes ok\n[-]pods failed: not synced yet\n{} check failed\n"),
        (ILL, "?verbose=1", 503, "[+]nodes ok\n[-]pods failed: not synced yet\n{} check failed\n"),
        ({}, "", 200, "ok\n"),
    ],
)
def test_probes(name: str, checks: dict[str, str], query: str, status: int, text: str) -> None:
    """Probes answer as Kubernetes' own components do."""
    with client(checks, checks).get(f"/{name}{query}") as response:
        assert response.status_code == status
        assert response.data.decode() == text.format(name)
        assert response.content_type == "text/plain; charset=utf-8"


def test_probes_are_apart() -> None:
    """What is not ready may well be alive."""
    probes = client(WELL, ILL)
    with probes.get("/livez") as live, probes.get("/readyz") as ready:
        assert (live.status_code, ready.status_code) == (200, 503)


def test_metrics() -> None:
    """Metrics go out as they are, with their content type."""
    with client(WELL, WELL).get("/metrics") as response:
        assert response.data == b"up 1\n"
        assert response.content_type == "text/plain; version=0.0.4"


def test_unknown_paths() -> None:
    """Whoever looks elsewhere is told what there is."""
    with client(WELL, WELL).get("/healthz") as response:
        assert response.status_code == 404
        assert response.json == {"Error": "not found; there is /livez, /readyz, /metrics"}


def test_a_probe_that_raises() -> None:
    """A broken check fails the probe."""

    def fail(_verbose: bool) -> tuple[bool, str]:
        raise RuntimeError("secret")

    app = create_health_app(fail, fail, lambda: (b"", "text/plain"))
    app.logger.disabled = True
    with app.test_client().get("/livez") as response:
        assert response.status_code == 500
        assert b"secret" not in response.data
