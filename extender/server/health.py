"""``/livez``, ``/readyz`` and ``/metrics``, in the manner of Kubernetes' own components.

``ok`` or the checks that failed; with ``?verbose`` every check on its line, ``[+]name ok`` or
``[-]name failed: why`` (kubernetes ``staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go``).
Unlike theirs, the reasons are not withheld: they hold no secret, and without them a probe that
fails tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, request

from extender.server.replies import new_app

if TYPE_CHECKING:
    from flask import Flask

Probe = Callable[[bool], tuple[bool, str]]
"""Given whether every check is to be listed, says whether all is well, and the text to show."""


def create_health_app(live: Probe, ready: Probe, metrics: Callable[[], tuple[bytes, str]]) -> Flask:
    """Make the application that probes and Prometheus ask.

    Args:
        live: whether a restart would help.
        ready: whether the verbs can be answered.
        metrics: the metrics as text, and their content type.
    """
    app = new_app(__name__, ["/livez", "/readyz", "/metrics"])

    @app.get("/livez")
    def _live() -> Response:
        return _probe_response(live)

    @app.get("/readyz")
    def _ready() -> Response:
        return _probe_response(ready)

    @app.get("/metrics")
    def _metrics() -> Response:
        body, content_type = metrics()
        return Response(body, content_type=content_type)

    return app


def probe_text(name: str, checks: Mapping[str, str], verbose: bool) -> tuple[bool, str]:
    """Put the results of checks into the words of Kubernetes' health endpoints.

    Args:
        name: the endpoint's name, ``livez`` or ``readyz``.
        checks: check → what is wrong with it, "" where nothing is; shown in this order.
        verbose: list every check even if all is well.
    """
    well = not any(checks.values())
    if well and not verbose:
        return True, "ok"
    lines = [
        f"[-]{check} failed: {wrong}" if wrong else f"[+]{check} ok"
        for check, wrong in checks.items()
    ]
    lines.append(f"{name} check {'passed' if well else 'failed'}")
    return well, "\n".join(lines)


def _probe_response(probe: Probe) -> Response:
    well, text = probe("verbose" in request.args)
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
