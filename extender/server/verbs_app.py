"""The verbs over WSGI, in front of Flask, whose own request handling costs about 1 ms a call.

What kube-scheduler does with the answers stands in kubernetes ``pkg/scheduler/extender.go``: it
sends ``POST`` to the verb's path without a trailing slash, takes only status 200 for an answer, and
reads the text of an error from the reply's ``Error``. A verb's own failure is therefore a 200 with
``Error`` wherever the reply type has that field; replies of prioritize and preempt have none.
kube-scheduler
reuses a connection only if the reply had a ``Content-Length``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from extender.protocol.binding import binding_result
from extender.protocol.errors import ProtocolError
from extender.protocol.replies import JSON, Reply, error_body, filter_error
from extender.server.body import BodyError, read_body

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CLOSE: Final = "nova_extender.close_connection"
"""Environ key: a function that ends the connection after this reply.

An application may not send ``Connection: close`` itself (PEP 3333), so the server lends this.
"""

FORBIDDEN: Final = "nova_extender.forbidden"
"""Environ key: why the client may not ask, by its certificate; "" or missing for one that may."""

ERROR_REPLIES: Final[Mapping[str, Callable[[str], bytes]]] = MappingProxyType(
    {"filter": filter_error, "bind": binding_result}
)
"""How each verb whose reply has an ``Error`` says that the call failed."""

_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class VerbsApp:
    """A WSGI application that answers the verbs and hands every other path to another one.

    Args:
        verbs: verb → what answers it. The path of a verb is ``/verb``, or ``/verb/``: a redirect
            to the other spelling would cost a second round trip.
        fallback: answers every other path.
        ready: says what is still missing before the verbs can be answered, "" once nothing is.
        max_body_bytes: the largest body that is read.
        observe: called once a call with the verb, how it ended (``ok``, ``bad_request``,
            ``bad_body``, ``too_large``, ``forbidden``, ``not_ready``, ``bad_method``, ``error``)
            and the seconds it took, the sending excepted.
        on_exception: called with the verb and what its handler raised; the client never sees it.
        error_replies: verb → how its reply type tells an error; verbs not named answer errors with
            an HTTP status and ``{"Error": text}``.
    """

    def __init__(
        self,
        verbs: Mapping[str, Callable[[bytes], Reply]],
        fallback: WSGIApplication,
        ready: Callable[[], str],
        max_body_bytes: int,
        observe: Callable[[str, str, float], None],
        on_exception: Callable[[str, Exception], None],
        error_replies: Mapping[str, Callable[[str], bytes]] = ERROR_REPLIES,
    ) -> None:
        self._verbs = dict(verbs)
        self._paths = {f"/{verb}{slash}": verb for verb in verbs for slash in ("", "/")}
        self._fallback = fallback
        self._ready = ready
        self._max_body_bytes = max_body_bytes
        self._observe = observe
        self._on_exception = on_exception
        self._error_replies = dict(error_replies)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        verb = self._paths.get(environ.get("PATH_INFO", ""))
        if verb is None:
            return self._elsewhere(environ, start_response)
        began = time.perf_counter()
        headers: list[tuple[str, str]] = []
        if environ["REQUEST_METHOD"] == "POST":
            outcome, reply = self._answer(verb, environ)
        else:
            outcome, reply = "bad_method", _bad_method(verb, environ["REQUEST_METHOD"])
            headers.append(("Allow", "POST"))
        headers.append(("Content-Type", reply.content_type))
        headers.append(("Content-Length", str(len(reply.body))))
        start_response(_STATUS_LINES[reply.status], headers)
        try:
            self._observe(verb, outcome, time.perf_counter() - began)
        except Exception as error:  # noqa: BLE001 - a broken metric must not cost the reply
            self._report(verb, error)
        return (reply.body,)

    def _elsewhere(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        forbidden: str = environ.get(FORBIDDEN, "")
        if not forbidden:
            return self._fallback(environ, start_response)
        _close(environ)
        body = error_body(forbidden)
        headers = [("Content-Type", JSON), ("Content-Length", str(len(body)))]
        start_response(_STATUS_LINES[HTTPStatus.FORBIDDEN], headers)
        return (body,)

    def _answer(self, verb: str, environ: WSGIEnvironment) -> tuple[str, Reply]:
        # The body first, even if the answer will be 503: a connection with an unread body on it
        # cannot be used again, and closing it may take the answer along.
        try:
            body = read_body(environ, self._max_body_bytes)
        except BodyError as error:
            _close(environ)
            return error.outcome, self._refusal(verb, error.status, str(error))
        if forbidden := environ.get(FORBIDDEN):
            # The client may have another certificate by now, which it shows when it connects anew.
            _close(environ)
            return "forbidden", self._refusal(verb, HTTPStatus.FORBIDDEN, forbidden)
        try:
            missing = self._ready()
            if missing:
                # kube-scheduler would keep its connection to a replica that lost the lease.
                _close(environ)
                return "not_ready", Reply(HTTPStatus.SERVICE_UNAVAILABLE, error_body(missing))
            return "ok", self._verbs[verb](body)
        except ProtocolError as error:
            return "bad_request", self._refusal(verb, HTTPStatus.BAD_REQUEST, str(error))
        except Exception as error:  # noqa: BLE001 - one bad pod must not end the connection
            self._report(verb, error)
            text = f"internal error in {verb}; the log of nova-extender says more"
            return "error", self._refusal(verb, HTTPStatus.INTERNAL_SERVER_ERROR, text)

    def _refusal(self, verb: str, status: HTTPStatus, text: str) -> Reply:
        encode = self._error_replies.get(verb)
        if encode is None:
            return Reply(status, error_body(text))
        return Reply(HTTPStatus.OK, encode(f"nova-extender: {text}"))

    def _report(self, verb: str, error: Exception) -> None:
        with suppress(Exception):  # whoever reports may be what is broken
            self._on_exception(verb, error)


def _bad_method(verb: str, method: str) -> Reply:
    text = f"/{verb} answers POST, not {method[:20]}; its body is what kube-scheduler sends"
    return Reply(HTTPStatus.METHOD_NOT_ALLOWED, error_body(text))


def _close(environ: WSGIEnvironment) -> None:
    close: Callable[[], None] | None = environ.get(CLOSE)
    if close is not None:
        close()
