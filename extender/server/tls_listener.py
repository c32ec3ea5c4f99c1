"""A listener with TLS, for API servers that call again and again.

Beside the encryption two things differ from ``listener.py``. Connections are kept: a handshake
costs more than the call. And there is a bound on how many there are, for each holds a thread.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

from extender.server.listener import CLIENT_PATIENCE, Handler, Listener

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication

    from extender.server.certificate import ServingCertificate

CONNECTIONS: Final = 256
"""Connections at a time; further ones are closed at once. An API server keeps 25 that are idle
(client-go ``transport/cache.go``)."""

IDLE: Final = 120.0
"""Seconds a connection is kept without a request: longer than the 90 s of Go's client, which would
otherwise send a request just as it is closed, and cannot repeat a POST."""

OPTION: Final = "server.webhook_bind"

_LINGER: Final = 2.0
_PIECE: Final = 16 * 1024
_PIECES: Final = 1024
"""Of the size of a TLS record, and how many are read of a body that nobody wants: 16 MiB."""


class TlsListener(Listener):
    """Serves one WSGI application with TLS on one address, from threads of its own.

    The application may not stream, and must read the whole body of each POST that it answers with
    200: only then is the connection kept.

    Args:
        app: the application.
        bind: ``host:port``, or a socket, as for ``Listener``.
        certificate: what to show, asked for each new connection.

    Raises:
        ListenError: the address cannot be had.
    """

    def __init__(
        self,
        app: WSGIApplication,
        bind: str | socket.socket,
        certificate: ServingCertificate,
    ) -> None:
        self._certificate = certificate
        super().__init__(app, bind, OPTION)

    def stop(self) -> None:
        """As ``Listener``; connections that are kept end after the request under way, if any."""
        self._server.ending = True  # type: ignore[attr-defined]  # it is a _Server
        super().stop()

    def _make_server(self, host: str, port: int, app: WSGIApplication, fd: int) -> BaseWSGIServer:
        return _Server(host, port, app, fd, self._certificate)


class _Server(ThreadedWSGIServer):
    """As many connections as there may be, each with a thread of its own."""

    def __init__(
        self, host: str, port: int, app: WSGIApplication, fd: int, certificate: ServingCertificate
    ) -> None:
        super().__init__(host, port, app, _TlsHandler, fd=fd)
        self.certificate = certificate
        self.ending = False
        self._free = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread for a connection, if it may have one."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread to be had
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet of clients that are gone before they could be served."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _TlsHandler(Handler):
    """One connection: its handshake and its requests."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Take the connection over; here, not where it is accepted, for that is one thread."""
        self.request = self.server.certificate.context().wrap_socket(
            self.request, server_side=True, do_handshake_on_connect=False
        )
        super().setup()

    def handle(self) -> None:
        """Answer requests until either side has had enough."""
        try:
            self.connection.do_handshake()
            super().handle()
        except OSError:
            """A client that speaks no TLS, does not trust us, stalls or has gone: its concern."""

    def finish(self) -> None:
        """Close what ``setup`` made: the server knows the bare socket only."""
        try:
            super().finish()
        finally:
            self.connection.close()

    def handle_one_request(self) -> None:
        """Wait long for a request, and not so long for what belongs to it."""
        self.connection.settimeout(IDLE)
        super().handle_one_request()

    def parse_request(self) -> bool:
        """The first line is here."""
        self.connection.settimeout(CLIENT_PATIENCE)
        return super().parse_request()

    def run_wsgi(self) -> None:
        """Answer one request. werkzeug's own always ends the connection."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: object = None
        ) -> object:
            started[:] = [(status, headers)]
            return None

        pieces: Iterable[bytes] = self.server.app(self.make_environ(), start_response)  # type: ignore[arg-type]  # its write() is for what streams
        try:
            body = b"".join(pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        status, headers = started[0]
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        # Flask answers OPTIONS by itself, and reads no body.
        whole = int(code) == HTTPStatus.OK and self.command == "POST"
        if not whole or self.server.ending:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        if not whole:
            self._discard()

    def _discard(self) -> None:
        """Read what of the body may be on its way still.

        It is not to be taken for a request, and closing a socket with unread input would take the
        reply along (RFC 9112 section 9.6).
        """
        self.connection.settimeout(_LINGER)
        with suppress(OSError):
            for _ in range(_PIECES):
                if not self.rfile.read1(_PIECE):
                    break
