"""Calls that another thread can end while they wait for the API server.

A thread blocked in ``recv`` wakes up only when its socket is shut down; closing the descriptor
under it would not wake it, and could hit a descriptor that was opened meanwhile. So the pool's
connections tell the call at hand which of them carries it, already before the first byte of the
answer has come: that is where a call to an overloaded server waits longest.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection

_local = threading.local()


class Call:
    """One request and its answer, as long as it lasts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._ended

    def attach(self, connection: HTTPConnection) -> None:
        """This connection carries the call from now on.

        Its socket is kept, not itself: ``http.client`` takes the socket away from a connection
        that is to be closed after the answer, while the answer is still being read from it.
        """
        # TLS inside the TLS of a proxy is an object of urllib3 that holds the true socket.
        sock = getattr(connection.sock, "socket", connection.sock)
        with self._lock:
            self._socket = sock if isinstance(sock, socket.socket) else None
            if self._ended:
                self._shut()

    def detach(self) -> None:
        """The connection may serve another call now."""
        with self._lock:
            self._socket = None

    def end(self) -> None:
        """Makes the thread that waits for the answer go on with an error. Any thread may call."""
        with self._lock:
            self._ended = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # closed already
                # Not SSLSocket.shutdown: it takes the TLS object away from the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Interrupt:
    """Ends all calls that were made with it, those in progress and those to come, for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: set[Call] = set()
        self._triggered = False

    def trigger(self) -> None:
        """Ends the calls. Any thread may call, any number of times."""
        with self._lock:
            self._triggered = True
            calls = tuple(self._calls)
        for call in calls:
            call.end()

    @contextmanager
    def covers(self, call: Call) -> Iterator[None]:
        """Ends the call if this is triggered inside the block, or was before."""
        with self._lock:
            self._calls.add(call)
            triggered = self._triggered
        try:
            if triggered:
                call.end()
            yield
        finally:
            with self._lock:
                self._calls.discard(call)


class _Tracked(HTTPConnection):
    """Tells the call of the current thread which connection carries it."""

    def connect(self) -> None:
        super().connect()
        _attach(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        # A connection from the pool is connected already.
        _attach(self)
        super().request(*args, **kwargs)


def track(manager: urllib3.PoolManager) -> None:
    """Makes the connections that this manager will open tell their call; see `carried_by`.

    The classes are derived from those that the manager would use (TLS, proxies and SOCKS have
    their own), which ``pool_classes_by_scheme`` and ``ConnectionCls`` of urllib3 are there for.
    """
    pools: dict[str, Any] = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {
        scheme: type(
            pool.__name__,
            (pool,),
            {"ConnectionCls": type("TrackedConnection", (_Tracked, pool.ConnectionCls), {})},
        )
        for scheme, pool in pools.items()
    }


@contextmanager
def carried_by(call: Call) -> Iterator[None]:
    """Requests that this thread sends inside the block belong to the call."""
    _local.call = call
    try:
        yield
    finally:
        _local.call = None


def _attach(connection: HTTPConnection) -> None:
    call: Call | None = getattr(_local, "call", None)
    if call is not None:
        call.attach(connection)
