"""``/debug``: what was decided, what would be decided now, and what is known of the hosts.

They show pods and nodes of every namespace and ask for no credentials, so they answer this machine
only: clients whose address is loopback, asking for a host that is loopback. The second keeps web
pages out: a page whose own name was made to point at 127.0.0.1 (DNS rebinding) still sends that
name as ``Host``. ``kubectl port-forward`` passes both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Response, request

from extender.server.addresses import is_loopback
from extender.server.replies import error_response, json_response, new_app

if TYPE_CHECKING:
    from flask import Flask

_HOST: Final = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::[0-9]*)?")


def create_debug_app(
    attempts: Callable[[], Any],
    attempt: Callable[[str, str], Any | None],
    explain: Callable[[str, str], Any],
    hosts: Callable[[], Any],
) -> Flask:
    """Make the application for the person at the terminal.

    Args:
        attempts: the attempts that are remembered, ready for JSON.
        attempt: the attempts of one pod, by namespace and name, ``None`` if none is remembered.
        explain: the verdicts on one pending pod now; raises ``LookupError`` saying why there are
            none (no such pod, or it is bound).
        hosts: every host as the scheduler sees it, with the pods that are counted there.
    """
    app = new_app(
        __name__,
        [
            "/debug/attempts",
            "/debug/attempts/<namespace>/<pod>",
            "/debug/explain/<namespace>/<pod>",
            "/debug/hosts",
        ],
    )
    app.before_request(_refuse_strangers)
    app.after_request(_never_sniff)

    @app.get("/debug/attempts")
    def _attempts() -> Response:
        return json_response(attempts())

    @app.get("/debug/attempts/<namespace>/<pod>")
    def _attempt(namespace: str, pod: str) -> Response:
        found = attempt(namespace, pod)
        if found is None:
            return error_response(
                f"no attempt for pod {namespace}/{pod}; see /debug/attempts for those remembered, "
                f"/debug/explain/{namespace}/{pod} for what would be decided now",
                HTTPStatus.NOT_FOUND,
            )
        return json_response(found)

    @app.get("/debug/explain/<namespace>/<pod>")
    def _explain(namespace: str, pod: str) -> Response:
        try:
            found = explain(namespace, pod)
        except LookupError as error:
            return error_response(str(error), HTTPStatus.NOT_FOUND)
        return json_response(found)

    @app.get("/debug/hosts")
    def _hosts() -> Response:
        return json_response(hosts())

    return app


def _refuse_strangers() -> Response | None:
    client = request.remote_addr or ""
    if not is_loopback(client):
        return error_response(
            f"/debug answers clients of this machine only, not {client or 'an unknown address'}; "
            f"use kubectl port-forward",
            HTTPStatus.FORBIDDEN,
        )
    host = request.headers.get("Host", "")
    if not _names_loopback(host):
        return error_response(
            f"/debug answers as localhost only, not as {host[:100]!r} (header Host); "
            f"ask for http://localhost or http://127.0.0.1",
            HTTPStatus.FORBIDDEN,
        )
    return None


def _names_loopback(host: str) -> bool:
    """Whether a ``Host`` header names loopback: ``localhost``, a name below it, or an address."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = (match["v6"] or match["name"] or "").lower()
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)


def _never_sniff(response: Response) -> Response:
    # Names in the JSON are other people's text: no browser is to take it for a page.
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
