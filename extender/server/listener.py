"""A small second server in the same process, for health, metrics and debug.

gunicorn has one set of TLS settings and one thread pool for all its sockets; probes must be
answered in the clear, and also while every thread is busy with a verb.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from extender.server.addresses import listen

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

CLIENT_PATIENCE: Final = 10.0
"""Seconds a client may leave its request unfinished: each holds a thread meanwhile."""


class Handler(WSGIRequestHandler):
    """One connection; nothing is said of it."""

    timeout = CLIENT_PATIENCE
    # Headers and body are two writes: with Nagle's algorithm the second waits for the client's
    # delayed acknowledgement of the first, 40 ms.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay quiet: a probe every few seconds is no news."""

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Stay quiet: a client that hung up or sent no HTTP is its own concern."""


class Listener:
    """Serves one WSGI application on one address, from a thread of its own.

    Args:
        app: the application.
        bind: ``host:port``, or a socket from ``addresses.listen``, taken before the worker was
            forked so that a port in use stops the program before it starts.
        option: the configuration option that ``bind`` comes from.

    Raises:
        ListenError: the address cannot be had.
    """

    def __init__(
        self, app: WSGIApplication, bind: str | socket.socket, option: str = "server.health_bind"
    ) -> None:
        owned = listen(bind, option) if isinstance(bind, str) else bind
        host, port = owned.getsockname()[:2]
        # Given a socket, werkzeug duplicates it; without one it would end the process by itself
        # when the port is in use.
        self._server = self._make_server(host, port, app, owned.fileno())
        if isinstance(bind, str):
            owned.close()
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name=option,
            daemon=True,
        )
        self.host: str = host
        self.port: int = port

    def start(self) -> None:
        """Begin to answer, from a thread: never before a fork, which would lose it."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the address back; requests under way are cut off."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _make_server(self, host: str, port: int, app: WSGIApplication, fd: int) -> BaseWSGIServer:
        return make_server(host, port, app, threaded=True, request_handler=Handler, fd=fd)
