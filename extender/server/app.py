"""What the verbs' listener serves besides the verbs: who this is, and where the rest lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extender.server.replies import json_response, new_app
from extender.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask, Response


def create_app(verbs: Sequence[str], health_bind: str, debug_bind: str) -> Flask:
    """Make the application behind ``VerbsApp``.

    Args:
        verbs: the verbs that are answered, such as ``filter``.
        health_bind: the address of ``/livez``, ``/readyz`` and ``/metrics``, as ``host:port``.
        debug_bind: the address of ``/debug/attempts``, ``/debug/explain`` and ``/debug/hosts``.
    """
    verb_paths = [f"/{verb}" for verb in verbs]
    app = new_app(__name__, ["GET /", *(f"POST {path}" for path in verb_paths)])
    about = {
        "name": "nova-extender",
        "version": __version__,
        "verbs": dict.fromkeys(verb_paths, "POST"),
        "health": {name: f"http://{health_bind}/{name}" for name in ("livez", "readyz", "metrics")},
        "debug": {
            name: f"http://{debug_bind}/debug/{name}" for name in ("attempts", "explain", "hosts")
        },
    }

    @app.get("/")
    def _about() -> Response:
        return json_response(about)

    return app
