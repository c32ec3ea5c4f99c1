"""A client that costs little itself: one kept connection, bytes out, bytes in."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import Self

_TIMEOUT = 30.0
_ROOM = 16 * 1024 * 1024
_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


class BadReplyError(Exception):
    """What came back is not the answer that was asked for."""


class Client:
    """One keep-alive connection, as Go's HTTP client has to an extender.

    Args:
        address: host and port.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self._host = f"{address[0]}:{address[1]}"
        self._socket = socket.create_connection(address, _TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._room = memoryview(bytearray(_ROOM))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def request(self, verb: str, body: bytes) -> bytes:
        """A whole request, ready to be sent, with the headers that Go sends."""
        head = (
            f"POST /{verb} HTTP/1.1\r\nHost: {self._host}\r\nUser-Agent: Go-http-client/1.1\r\n"
            f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n"
            "Accept-Encoding: gzip\r\n\r\n"
        )
        return head.encode() + body

    def ask(self, request: bytes) -> tuple[float, bytes]:
        """Send a request; the seconds until the whole reply was here, and the reply's body.

        Raises:
            BadReplyError: any status but 200, or a connection that the server ends.
        """
        room, end = self._room, 0
        began = time.perf_counter()
        self._socket.sendall(request)
        got = whole = 0
        while not whole or got < whole:
            more = self._socket.recv_into(room[got:])
            if not more:
                raise BadReplyError(f"the server hung up after {got} bytes of a reply")
            got += more
            if not whole and (end := bytes(room[: min(got, 4096)]).find(_END) + len(_END)) > 3:
                whole = end + _length(bytes(room[:end]))
        seconds = time.perf_counter() - began
        reply = bytes(room[:whole])
        if not reply.startswith(b"HTTP/1.1 200 ") or got != whole:
            raise BadReplyError(f"not an answer: {reply[:300]!r}")
        return seconds, reply[end:]


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(_LENGTH)
    if at < 0 or b"\r\nconnection: close" in lower:
        raise BadReplyError(f"the reply ends the connection, or has no length: {head!r}")
    return int(lower[at + len(_LENGTH) : lower.find(b"\r\n", at + 2)])
