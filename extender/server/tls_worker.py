"""The worker of ``worker.py`` with TLS, for clients that show certificates.

gunicorn's own gives a handshake a thread that answers requests, without end if the client falls
silent in the middle, and writes the refusal of a certificate to the log each time. Here a
connection gets such a thread once its client is known: others can hold up newcomers at worst.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar, Final

from extender.server.verbs_app import FORBIDDEN
from extender.server.worker import PatientWorker, end_input, say_goodbye

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from extender.server.tls import MutualTls

HANDSHAKE_PATIENCE: Final = 10.0
"""Seconds a handshake may take: as long as Go's clients would wait for it."""


class TlsWorker(PatientWorker):
    """Greets new connections in threads of their own, then serves them as ``PatientWorker``."""

    tls: ClassVar[MutualTls]
    handshake_patience: ClassVar[float] = HANDSHAKE_PATIENCE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._greeting: dict[Any, float] = {}

    def init_process(self) -> None:
        """Run the worker, in its process. No thread is started before there is a connection."""
        self._greeters = ThreadPoolExecutor(self.cfg.threads, "handshake")
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application, and tell it with each request whether its client may ask."""
        super().load_wsgi()
        app: WSGIApplication = self.wsgi

        def _serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            environ[FORBIDDEN] = self._serving.connection.forbidden
            return app(environ, start_response)

        self.wsgi = _serve

    def enqueue_req(self, conn: Any) -> None:
        """Have a connection served that is known and has sent something; greet a new one."""
        if conn.initialized:
            super().enqueue_req(conn)
            return
        greeted = self._greeters.submit(self._greet, conn)
        # One that was greeted waits for its first request where idle connections wait.
        greeted.add_done_callback(
            lambda future: self.method_queue.defer(self.finish_request, conn, future)
        )

    def _greet(self, conn: Any) -> bool:
        """Shake hands; whether the connection is to be kept. Runs in a thread of the greeters."""
        self._greeting[conn] = time.monotonic()
        try:
            conn.init()  # gunicorn's own, which asks ``tls`` for the context
            conn.forbidden = self.tls.refusal(conn.sock.getpeercert() or {})
        except OSError as error:  # ssl.SSLError is one
            self.tls.failed(error, conn.client[0])
        except Exception:
            self.log.exception("greeting a client failed")
        else:
            return True
        finally:
            del self._greeting[conn]
        say_goodbye(conn.sock)
        return False

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Take a connection back on the main thread.

        gunicorn counts out twice what is closed already, and would then stop before the last
        calls are answered.
        """
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
            return
        super().finish_request(conn, fs)

    def _forbidden(self, conn: Any) -> str:
        """What the client's certificate says."""
        refusal: str = conn.forbidden
        return refusal

    def _more_to_come(self, conn: Any) -> bool:
        """Also what has been decrypted already: the poller would not see it."""
        return bool(conn.sock.pending()) or super()._more_to_come(conn)

    def notify(self) -> None:
        """Also cut off handshakes that take too long."""
        super().notify()
        end_input(self._greeting, self.handshake_patience)
