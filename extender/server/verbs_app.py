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
from collections.abc import Callable, Iterable, Iterator, Mapping
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
        after: called once a call when its reply has been sent: what can wait until then does.
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
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._verbs = dict(verbs)
        self._paths = {f"/{verb}{slash}": verb for verb in verbs for slash in ("", "/")}
        self._fallback = fallback
        self._ready = ready
        self.max_body_bytes = max_body_bytes
        self._observe = observe
        self._on_exception = on_exception
        self._error_replies = dict(error_replies)
        self._after = after

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        verb = self._paths.get(environ.get("PATH_INFO", ""))
        if verb is None:
            return self._elsewhere(environ, start_response)
        began = time.perf_counter()
        headers: list[tuple[str, str]] = []
        if environ["REQUEST_METHOD"] == "POST":
            outcome, reply = self._answer(
                verb,
                lambda: read_body(environ, self.max_body_bytes),
                environ.get(FORBIDDEN, ""),
                environ.get(CLOSE, lambda: None),
            )
        else:
            outcome, reply = "bad_method", _bad_method(verb, environ["REQUEST_METHOD"])
            headers.append(("Allow", "POST"))
        headers.append(("Content-Type", reply.content_type))
        headers.append(("Content-Length", str(len(reply.body))))
        start_response(_STATUS_LINES[reply.status], headers)
        self._count(verb, outcome, began)
        return _Sent(reply.body, self.after)

    def answers(self, path: str) -> bool:
        """Whether the path is a verb's."""
        return path in self._paths

    def answer(self, path: str, body: bytes, forbidden: str, close: Callable[[], None]) -> Reply:
        """Answer the call of a verb whose body has been read, without WSGI's ceremony.

        Args:
            path: one that ``answers``.
            body: as sent.
            forbidden: see ``FORBIDDEN``.
            close: see ``CLOSE``.
        """
        began = time.perf_counter()
        verb = self._paths[path]
        outcome, reply = self._answer(verb, lambda: body, forbidden, close)
        self._count(verb, outcome, began)
        return reply

    def after(self) -> None:
        """Do what could wait until the reply was sent; to be called after each."""
        try:
            self._after()
        except Exception as error:  # noqa: BLE001 - the reply is out, and the next one must not suffer
            self._report("after", error)

    def _count(self, verb: str, outcome: str, began: float) -> None:
        try:
            self._observe(verb, outcome, time.perf_counter() - began)
        except Exception as error:  # noqa: BLE001 - a broken metric must not cost the reply
            self._report(verb, error)

    def _elsewhere(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        forbidden: str = environ.get(FORBIDDEN, "")
        if not forbidden:
            return self._fallback(environ, start_response)
        environ.get(CLOSE, lambda: None)()
        body = error_body(forbidden)
        headers = [("Content-Type", JSON), ("Content-Length", str(len(body)))]
        start_response(_STATUS_LINES[HTTPStatus.FORBIDDEN], headers)
        return (body,)

    def _answer(
        self,
        verb: str,
        read: Callable[[], bytes],
        forbidden: str,
        close: Callable[[], None],
    ) -> tuple[str, Reply]:
        # The body first, even if the answer will be 503: a connection with an unread body on it
        # cannot be used again, and closing it may take the answer along.
        try:
            body = read()
        except BodyError as error:
            close()
            return error.outcome, self._refusal(verb, error.status, str(error))
        if forbidden:
            # The client may have another certificate by now, which it shows when it connects anew.
            close()
            return "forbidden", self._refusal(verb, HTTPStatus.FORBIDDEN, forbidden)
        try:
            missing = self._ready()
            if missing:
                # kube-scheduler would keep its connection to a replica that lost the lease.
                close()
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


class _Sent:
    """A reply's body, and what is called once the server has sent it (PEP 3333, ``close``)."""

    def __init__(self, body: bytes, after: Callable[[], None]) -> None:
        self._body = body
        self.close = after

    def __iter__(self) -> Iterator[bytes]:
        yield self._body


def _bad_method(verb: str, method: str) -> Reply:
    text = f"/{verb} answers POST, not {method[:20]}; its body is what kube-scheduler sends"
    return Reply(HTTPStatus.METHOD_NOT_ALLOWED, error_body(text))
