"""One connection through the proxy of `fault_proxy`, and the HTTP/1.1 that it has to understand."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from tests.e2e.faults import (
    OF_LINES,
    OF_REQUESTS,
    Answer,
    Cut,
    Delay,
    ExpireWatch,
    Fault,
    Silence,
    TruncateLine,
    expired_line,
)

# The longest line; heads are short, watch lines come in chunks of their own length.
LIMIT = 2**20
PIECE = 2**16
# SO_LINGER with no time to linger: closing sends a reset.
RESET = struct.pack("ii", 1, 0)
# Seconds that a client is given to read what was sent before a reset.
FLUSH = 0.2
BODILESS = frozenset({204, 304})


class Faults(Protocol):
    """What a connection has to know of the proxy."""

    target: tuple[str, int]

    def picked(self, kinds: tuple[type[Fault], ...], method: str, path: str) -> Fault | None:
        """The fault that befalls a request."""


@dataclass(frozen=True)
class Head:
    """The start line and the headers of a request or an answer."""

    raw: bytes
    start: list[str]
    headers: dict[str, str]

    @property
    def length(self) -> int | None:
        """The length of the body where it is told."""
        told = self.headers.get("content-length")
        return int(told) if told is not None else None

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return self.headers.get("transfer-encoding", "").lower() == "chunked"

    @property
    def closes(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.headers.get("connection", "").lower() == "close"


class Link:
    """A client's connection and, once it has asked something, the API server's beside it."""

    def __init__(self, faults: Faults, client: socket.socket, task: asyncio.Task[None]) -> None:
        self.silent = False
        self.ended = False
        self._faults = faults
        self._socket = client
        self._task = task
        # The client's, once TLS is spoken.
        self._reader = asyncio.StreamReader(LIMIT)
        self._writer: asyncio.StreamWriter | None = None
        self._upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def client_gone(self) -> bool:
        """Whether the client has closed its end."""
        return self._reader.at_eof() or self._reader.exception() is not None

    def reset(self) -> None:
        """Ends both halves; the client sees a reset rather than an orderly end."""
        self.ended = True
        with suppress(OSError):  # closed already
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if self._writer is not None:
            self._writer.transport.abort()
        else:
            self._task.cancel()
        self.release()

    def release(self) -> None:
        """Ends the connection to the API server."""
        if self._upstream is not None:
            self._upstream[1].transport.abort()
            self._upstream = None

    async def serve(self, outside: ssl.SSLContext, inside: ssl.SSLContext) -> None:
        """Answers one request after the other, until either side ends it.

        Args:
            outside: What the client meets.
            inside: How the API server is met.

        Raises:
            OSError: a connection failed.
            EOFError: one ended in the middle.
            ValueError: something that is not HTTP.
        """
        if self.silent:
            # Before TLS is spoken: not even a handshake is answered.
            loop = asyncio.get_running_loop()
            while await loop.sock_recv(self._socket, PIECE):
                pass
            return
        await self._meet(outside)
        while not self.ended:
            if self._hushed():
                await self._swallow()
                return
            head = await read_head(self._reader)
            if head is None:
                return
            await self._handle(head, await read_body(self._reader, head), inside)

    async def _handle(self, head: Head, body: bytes, inside: ssl.SSLContext) -> None:
        """One request; what ends the connection with it says so in `ended`."""
        if self.silent:
            return
        method, path = head.start[:2]
        fault = self._faults.picked(OF_REQUESTS, method, path)
        match fault:
            case Answer():
                await asyncio.sleep(self._delay(method, path))
                await self._send(fault.encode())
                return
            case Silence():
                self.silent = True
                return
            case Cut(late=False):
                self.ended = True
                return
        reader, writer = await self._connected(inside)
        writer.write(head.raw + body)
        await writer.drain()
        answer = await read_head(reader)
        if answer is None or isinstance(fault, Cut):
            self.ended = True
            return
        await self._relay(answer, reader, method, path)
        self.ended = self.ended or answer.closes

    async def _meet(self, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        protocol = asyncio.StreamReaderProtocol(self._reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, self._socket, ssl=context
        )
        self._writer = asyncio.StreamWriter(transport, protocol, self._reader, loop)

    async def _connected(
        self, context: ssl.SSLContext
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._upstream is not None and self._upstream[0].at_eof():
            self.release()
        if self._upstream is None:
            host, port = self._faults.target
            self._upstream = await asyncio.open_connection(host, port, ssl=context, limit=LIMIT)
        return self._upstream

    def _hushed(self) -> bool:
        """Whether silence has come meanwhile."""
        return self.silent

    async def _swallow(self) -> None:
        while await self._reader.read(PIECE):
            pass

    def _delay(self, method: str, path: str) -> float:
        found = self._faults.picked((Delay,), method, path)
        return found.seconds if isinstance(found, Delay) else 0.0

    async def _send(self, data: bytes) -> None:
        if self.silent or self.ended or self._writer is None:
            return
        self._writer.write(data)
        await self._writer.drain()

    async def _relay(
        self, head: Head, reader: asyncio.StreamReader, method: str, path: str
    ) -> None:
        """Hands an answer on; what is delayed still arrives in its order and at its own pace."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()

        async def receive() -> None:
            try:
                await waiting.put((loop.time() + self._delay(method, path), head.raw))
                async for piece in pieces(head, reader, method):
                    await waiting.put((loop.time() + self._delay(method, path), piece))
            finally:
                await waiting.put(None)

        receiving = loop.create_task(receive())
        try:
            first = True
            while (item := await waiting.get()) is not None:
                due, data = item
                if due > loop.time():
                    await asyncio.sleep(due - loop.time())
                if not first and head.chunked and "watch=" in path and len(data) > len(LAST_CHUNK):
                    fault = self._faults.picked(OF_LINES, method, path)
                    if fault is not None:
                        await self._spoil(fault, data)
                        return
                first = False
                await self._send(data)
                if self.ended:
                    return
            await receiving
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _spoil(self, fault: Fault, chunk: bytes) -> None:
        """Sends a chunk of a watch as the fault leaves it, and ends the connection."""
        _, _, content = chunk.partition(b"\r\n")
        line, _, _ = content.removesuffix(b"\r\n").partition(b"\n")
        if isinstance(fault, ExpireWatch):
            spoilt = as_chunk(expired_line()) + LAST_CHUNK
        elif isinstance(fault, TruncateLine) and fault.orderly:
            spoilt = as_chunk(line[: len(line) // 2]) + LAST_CHUNK
        else:
            spoilt = chunk[: len(chunk) - len(content) + len(line) // 2]
        await self._send(spoilt)
        # A reset would overtake it on the client's side.
        await asyncio.sleep(FLUSH)
        self.ended = True


LAST_CHUNK = b"0\r\n\r\n"


def as_chunk(content: bytes) -> bytes:
    """Content as one chunk of a chunked body."""
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head; None if the other side has ended the connection before it.

    Raises:
        EOFError: it ended in the middle.
        ValueError: it is no HTTP/1.1.
    """
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    start, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    words = start.split(" ", 2)
    if len(words) < 2:
        raise ValueError(f"no HTTP: {start!r}")
    return Head(raw, words, headers)


async def read_body(reader: asyncio.StreamReader, head: Head) -> bytes:
    """The body of a request, as it was sent."""
    if head.chunked:
        return b"".join([chunk async for chunk in chunks(reader)])
    return await reader.readexactly(head.length or 0)


async def pieces(head: Head, reader: asyncio.StreamReader, method: str) -> AsyncIterator[bytes]:
    """The body of an answer piece by piece; chunks stay whole."""
    if method == "HEAD" or int(head.start[1]) in BODILESS:
        return
    if head.chunked:
        async for chunk in chunks(reader):
            yield chunk
        return
    left = head.length
    while left is None or left > 0:
        piece = await reader.read(PIECE if left is None else min(PIECE, left))
        if not piece:
            if left is None:
                return
            raise EOFError("the body is shorter than was said")
        if left is not None:
            left -= len(piece)
        yield piece


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """A chunked body, chunk by chunk with its frame, the last one included."""
    while True:
        size = await reader.readuntil(b"\r\n")
        length = int(size.split(b";")[0], 16)
        chunk = size + await reader.readexactly(length + 2)
        yield chunk
        if length == 0:
            return
