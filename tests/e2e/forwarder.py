"""One address in front of several extenders, as a Service is: whoever is ready gets the connection.

kube-scheduler knows one address only. A connection stays with whom it went to, as with kube-proxy.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.e2e.extender_process import LOOPBACK, Extender
from tests.e2e.process import answers

PIECE = 2**16


class Forwarder:
    """Listens on the loopback address between entry and exit."""

    def __init__(self, extenders: Sequence[Extender]) -> None:
        self._extenders = list(extenders)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = self._ready()
        if server is None:
            client.close()
            return
        with self._lock:
            self._sockets |= {client, server}
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join()
        with self._lock:
            self._sockets -= {client, server}
        client.close()
        server.close()

    def _ready(self) -> socket.socket | None:
        for extender in self._extenders:
            if answers(f"{extender.health_url}/readyz"):
                target = urlsplit(extender.url)
                with suppress(OSError):
                    return socket.create_connection((target.hostname, target.port), timeout=2)
        return None

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="forwarder", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # An accept() that waits is not ended by close() alone.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copies until the source ends; then the target is told that nothing more comes."""
    try:
        source.settimeout(None)
        while data := source.recv(PIECE):
            target.sendall(data)
    except OSError:
        pass
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
