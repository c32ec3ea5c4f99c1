"""gunicorn's threaded worker, made safe against clients that stall.

gunicorn's own gives a thread to whoever sends one byte, then waits without end for the rest: 128
such clients would silence it. And where it closes a connection gracefully, it waits up to two
seconds for the client on the one thread that all other connections are watched by.
"""

from __future__ import annotations

import select
import signal
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from gunicorn.workers.gthread import ThreadWorker

from extender.server.short_way import serve_shortly
from extender.server.verbs_app import CLOSE, VerbsApp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

READ_PATIENCE: Final = 20.0
"""Seconds from a request's first byte to its last. kube-scheduler itself gives up on a call after
``httpTimeout``, 5 s by default (kubernetes ``pkg/scheduler/extender.go``)."""

_MOMENT: Final = 5
_LONGER: Final = 250
"""Milliseconds that a thread waits for the next request of the connection it has just served: the
latter while there are two threads or more for each connection."""

_SIGN_EVERY: Final = 0.25
"""Seconds between two signs of life: gunicorn gives one whenever a connection comes or goes."""

_LINGER: Final = 2.0
_DISCARD: Final = 256 * 1024


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no type information
    """Cuts off requests that take too long to arrive, and says goodbye in the request's thread."""

    read_patience: ClassVar[float] = READ_PATIENCE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[Any, float] = {}
        self._serving = threading.local()
        self._verbs: VerbsApp | None = None
        self._notified = 0.0

    def load_wsgi(self) -> None:
        """Load the application, and lend it what only the server can do (see ``CLOSE``)."""
        app: WSGIApplication = self.app.wsgi()
        if isinstance(app, VerbsApp):
            self._verbs = app

        def _serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            environ[CLOSE] = self._close_after_reply
            return app(environ, start_response)

        self.wsgi = _serve  # what gunicorn's own load_wsgi sets

    def _close_after_reply(self) -> None:
        self._serving.connection.parser.mesg.force_close()

    def handle(self, conn: Any) -> Any:
        """Serve what one connection sends now. Runs in a thread of the pool.

        kube-scheduler sends prioritize right after filter, and the next pod's filter soon after:
        the thread waits a moment for that, since handing the connection to the main thread and
        back costs more than a small call. Not where there are more connections than threads.
        """
        self._serving.connection = conn
        while True:
            self._arriving[conn] = time.monotonic()
            try:
                keep = self._shortly(conn)
                if keep is None:
                    keep = super().handle(conn)
            finally:
                del self._arriving[conn]
            if keep is not True or not self._more_to_come(conn):
                break
        if keep is False:
            say_goodbye(conn.sock)
        return keep

    def _shortly(self, conn: Any) -> bool | None:
        """Serve a request in the short way; ``None`` where it must be gunicorn's own."""
        if (
            self._verbs is None
            or not self.alive
            or len(self.keepalived_conns) >= self.max_keepalived
            or not self._begun(conn)
            or conn.is_http2
            or conn.parser.unreader.buf.getvalue()
        ):
            return None
        self.nr += 1
        try:
            conn.sock.setblocking(True)  # the poller has it otherwise
            return serve_shortly(
                self._verbs, conn.sock, conn.parser.unreader.unread, self._forbidden(conn)
            )
        except OSError:
            return False

    def _begun(self, conn: Any) -> bool:
        """Whether the connection is ready to be read; a new one whose client has spoken is made so.

        Go keeps two idle connections to a server: most binds come on a new one.
        """
        if not conn.initialized and not self.cfg.is_ssl:
            poll = select.poll()
            poll.register(conn.sock, select.POLLIN)
            if poll.poll(0):
                conn.init()
        initialized: bool = conn.initialized
        return initialized

    def _forbidden(self, conn: Any) -> str:
        """Why the client of a connection may not ask; here all may."""
        del conn
        return ""

    def _more_to_come(self, conn: Any) -> bool:
        """Whether the connection's next request begins to arrive within a moment."""
        if not self.alive or self.nr_conns > self.cfg.threads:
            return False
        if conn.parser.unreader.buf.getvalue():
            return False  # it is here already, and gunicorn knows of it
        poll = select.poll()
        poll.register(conn.sock, select.POLLIN)
        plenty = 2 * self.nr_conns <= self.cfg.threads
        return bool(poll.poll(_LONGER if plenty else _MOMENT))

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once, on SIGINT or SIGQUIT; further signals change nothing.

        Ctrl-C reaches the worker twice, from the terminal and from the master. The second handler
        would run inside the first, and wait for the lock of the thread pool that the first holds.
        """
        end_is_near()
        super().handle_quit(sig, frame)

    def notify(self) -> None:
        """Tell the master that this worker lives; called often, on its main thread.

        Ending the input of a connection makes the thread that reads it find the body short, which
        the application can still answer. A handler that is merely slow loses no more than the
        connection's reuse.
        """
        now = time.monotonic()
        if now - self._notified < _SIGN_EVERY:
            return
        self._notified = now
        super().notify()
        end_input(self._arriving, self.read_patience)


def end_input(since: dict[Any, float], patience: float) -> None:
    """End the input of connections that something is awaited from for too long.

    Args:
        since: when each connection began with it; other threads change it meanwhile.
        patience: how many seconds it may take.
    """
    if not since:
        return
    oldest = time.monotonic() - patience
    for conn, began in list(since.items()):
        if began < oldest:
            with suppress(OSError):  # it may have ended this very moment
                # Not conn.sock.shutdown: on a TLS socket that would end the encryption.
                socket.socket.shutdown(conn.sock, socket.SHUT_RD)


def end_is_near() -> None:
    """Let no further signal to end interrupt the ending.

    A handler that does nothing, not SIG_IGN: for a signal that has come already and waits for its
    handler, Python would print a traceback.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)


def say_goodbye(sock: socket.socket) -> None:
    """Close our side and read what the client still sends, so that it gets to read our reply.

    Closing a socket with unread input resets the connection, and a reset takes along the reply
    that is on its way (RFC 9112 section 9.6). gunicorn does the same, but afterwards, on its main
    thread; having both sides ended leaves it nothing to wait for.
    """
    until = time.monotonic() + _LINGER
    if isinstance(sock, ssl.SSLSocket):
        sock.settimeout(0)
        with suppress(OSError, ValueError):  # it does not wait for the client's own goodbye
            sock.unwrap()
    with suppress(OSError):  # among them TimeoutError: the client does not hang up
        socket.socket.shutdown(sock, socket.SHUT_WR)
        while (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            if not socket.socket.recv(sock, _DISCARD):
                break
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RD)
