"""Requests to the API server: raw bytes over the official client's authenticated pool.

The client (``kubernetes``) reads configuration and credentials and builds the urllib3 pool; its
models and its ``Watch`` are not used: decoding into them costs a hundred times what typed decoding
costs, and ``Watch`` with raw objects neither follows resource versions nor sees ERROR events.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Self
from urllib.parse import urlencode

import urllib3
from kubernetes.client import Configuration
from urllib3.exceptions import ConnectTimeoutError, HTTPError, SSLError

from extender.kube.answer import broken, lines, read, refusal
from extender.kube.connection import Interrupt, carried_by
from extender.kube.deadline import TimedCall, UnsentError
from extender.kube.errors import KubeConfigError, TransportError
from extender.kube.session import Session

CONNECT_TIMEOUT = 5.0
"""Seconds to reach the API server, TLS included."""

MERGE_PATCH = "application/merge-patch+json"
"""The content type of a patch whose fields replace those of the object, null removing them."""


@dataclass(frozen=True, slots=True)
class Response:
    """A success (2xx): its status, its headers (names in lower case) and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str] | None
    read_timeout: float
    connect_timeout: float = CONNECT_TIMEOUT
    body: bytes | None = None
    content_type: str = ""

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


class Transport:
    """The way to one API server, for any number of threads.

    Credentials are refreshed by the client's hooks while they last. An answer 401, or a TLS
    failure (a rotated CA or client certificate), makes the configuration be read anew; after a 401
    the request is then repeated once.

    Args:
        load: reads the configuration: gives a new ``kubernetes.client.Configuration``, or raises
            `KubeConfigError`. Called once at once, so that errors show at the start.
        user_agent: how the API server's audit log and metrics call us.
    """

    def __init__(
        self, load: Callable[[], Configuration], user_agent: str = "nova-extender"
    ) -> None:
        self._load = load
        self._user_agent = user_agent
        self._lock = threading.Lock()
        self._everything = Interrupt()
        self._closed = False
        self._session: Session | None = Session(load(), user_agent)

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        *,
        total: float | None = None,
        interrupt: Interrupt | None = None,
    ) -> Response:
        """One whole answer.

        Args:
            path: from the root of the server, as ``/api/v1/pods``; quoted where it must be.
            query: parameters, not quoted.
            timeout: seconds without a byte, and for the whole body once it has begun.
            total: seconds for all of it, if there shall be an end.
            interrupt: ends this call when triggered.

        Raises:
            ApiError: an answer other than 2xx; redirects are not followed (the token would be).
            TransportError: no whole answer in time.
        """
        request = _Request("GET", path, query, timeout, min(timeout, CONNECT_TIMEOUT))
        return self._whole(request, TimedCall(total), interrupt)

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout: float = 30.0,
        *,
        content_type: str = "application/json",
        interrupt: Interrupt | None = None,
    ) -> Response:
        """A write, and its whole answer.

        It is repeated after a 401, which means that it was not done, and never otherwise: only
        the caller knows if it may be.

        Args:
            method: ``POST``, ``PUT`` or ``PATCH``.
            path: as in `get`.
            body: what is sent.
            timeout: seconds for all of it.
            content_type: of the body; that of a patch says what kind it is.
            interrupt: ends this call when triggered.

        Raises:
            ApiError: an answer other than 2xx.
            UnsentError: the write was certainly not done.
            TransportError: no whole answer in time; it is not known whether the write was done.
        """
        request = _Request(method, path, None, timeout, body=body, content_type=content_type)
        return self._whole(request, TimedCall(timeout), interrupt)

    @contextmanager
    def stream(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = 90.0,
        *,
        interrupt: Interrupt | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """An answer that is read while it comes, line by line; the block must be left to end it.

        Args:
            path: as in `get`.
            query: as in `get`.
            connect_timeout: seconds to reach the server.
            read_timeout: seconds of silence after which the connection counts as dead.
            interrupt: ends the stream at once when triggered.

        Yields:
            The lines, without their end and without empty ones; only whole lines. They stop when
            the server ends the answer in an orderly way.

        Raises:
            ApiError: an answer other than 2xx, on entering the block.
            TransportError: on entering the block or while reading.
        """
        request = _Request("GET", path, query, read_timeout, connect_timeout)
        call = TimedCall()
        with self._answer(request, call, interrupt) as response:
            yield lines(response, call)

    def close(self) -> None:
        """Ends all calls in progress, with `TransportError` of kind ``closed``, and all to come.

        Any thread may call.
        """
        with self._lock:
            self._closed = True
            session, self._session = self._session, None
        self._everything.trigger()
        if session is not None:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _whole(self, request: _Request, call: TimedCall, interrupt: Interrupt | None) -> Response:
        timeout = request.read_timeout
        with self._answer(request, call, interrupt) as response:
            deadline = time.monotonic() + timeout
            body = bytearray()
            call.hurry(response)
            while piece := read(response, call):
                body += piece
                if time.monotonic() > deadline or call.late:
                    raise TransportError(
                        f"{request.method} {request.path}: no whole answer in {timeout:g} s",
                        "timeout",
                    )
                call.hurry(response)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Response(response.status, headers, bytes(body))

    @contextmanager
    def _answer(
        self, request: _Request, call: TimedCall, interrupt: Interrupt | None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        covered: AbstractContextManager[None] = (
            nullcontext() if interrupt is None else interrupt.covers(call)
        )
        with self._everything.covers(call), covered:
            response = self._send(request, call)
            try:
                if not HTTPStatus(200) <= response.status < HTTPStatus(300):
                    call.hurry(response)
                    raise refusal(response, call)
                yield response
            finally:
                # What was not read to its end is cut off; what was is back in the pool already.
                call.detach()
                response.close()

    def _send(
        self, request: _Request, call: TimedCall, *, again: bool = False
    ) -> urllib3.BaseHTTPResponse:
        if call.ended:
            raise UnsentError("the call was ended", "closed")
        session = self._current()
        try:
            headers = session.headers()
        except Exception as error:  # whatever an auth plug-in of the client may raise
            raise UnsentError(f"no credentials: {error}", "credentials") from error
        if request.content_type:
            headers = {**headers, "Content-Type": request.content_type}
        limit = call.limit(request.connect_timeout, request.read_timeout)
        try:
            with carried_by(call):
                response = session.send(
                    request.method, request.target, headers, limit, request.body
                )
        except (HTTPError, HTTPException, OSError) as error:
            if isinstance(error, SSLError) and not call.ended:
                self._discard(session)
            raise _fault(error, call) from error
        if response.status == HTTPStatus.UNAUTHORIZED and not again:
            call.detach()
            response.close()
            self._discard(session)
            return self._send(request, call, again=True)
        return response

    def _current(self) -> Session:
        with self._lock:
            if self._closed:
                raise UnsentError("the transport is closed", "closed")
            if self._session is None:
                try:
                    self._session = Session(self._load(), self._user_agent)
                except KubeConfigError as error:
                    raise UnsentError(f"no credentials: {error}", "credentials") from error
            return self._session

    def _discard(self, session: Session) -> None:
        """The next request reads the configuration anew; streams in progress go on."""
        with self._lock:
            # Of several threads that were refused at once, one renews for all.
            if self._session is not session:
                return
            self._session = None
        session.close()


def _fault(error: Exception, call: TimedCall) -> TransportError:
    """What it means that no answer has come."""
    fault = broken(error, call)
    if call.reached:
        return fault
    # The text of urllib3 has an address in memory. Its subclasses mean something else.
    late = type(error) is ConnectTimeoutError and fault.kind == "connection"
    return UnsentError("cannot connect in time" if late else str(fault), fault.kind)
