"""A client that sees every byte, and a server in a process of its own."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from types import TracebackType

PATIENCE = 30.0


def free_port() -> int:
    """Find a port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


class Answer(NamedTuple):
    """One HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Connection:
    """One TCP connection, written to and read from by hand; with a context one of TLS."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.sock = context.wrap_socket(self.sock, server_hostname="localhost")
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.sock.close()

    def send(self, text: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(text)

    def answer(self) -> Answer:
        """Read exactly one response, by its Content-Length."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        length = int(headers["content-length"])
        while len(self._read) < length:
            self._more()
        body, self._read = self._read[:length], self._read[length:]
        return Answer(int(status_line.split()[1]), headers, body)

    def call(self, path: str, body: bytes = b"{}", method: str = "POST") -> Answer:
        """Send one request and read its response."""
        self.send(request(path, body, method))
        return self.answer()

    def ended(self) -> bool:
        """Whether the server has closed its side; waits for it or for more bytes."""
        return self.sock.recv(1) == b""

    def _more(self) -> None:
        piece = self.sock.recv(65536)
        if not piece:
            raise EOFError(f"the server hung up after {self._read!r}")
        self._read += piece


def request(path: str, body: bytes = b"{}", method: str = "POST") -> bytes:
    """Write a request as Go's client does."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Process:
    """``serving.py`` in a process of its own, with what it printed."""

    def __init__(self, **options: Any) -> None:
        self.port: int = options.setdefault("port", free_port())
        program = Path(__file__).with_name("serving.py")
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, str(program), json.dumps(options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._ending: tuple[int, str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read_lines)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.ended()

    def _read_lines(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line.strip())

    def line(self) -> str:
        """The next line of its output."""
        return self._lines.get(timeout=PATIENCE)

    def wait_for(self, text: str) -> None:
        """Wait until it has printed a line."""
        while self.line() != text:
            pass

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program, as a supervisor would."""
        self.process.send_signal(number)

    def ended(self) -> tuple[int, str]:
        """Wait for its end; its exit code and what it wrote to stderr."""
        if self._ending is None:
            assert self.process.stderr is not None
            with self.process.stderr as stderr:
                text = stderr.read()
            self._ending = self.process.wait(PATIENCE), text
            self._reader.join(PATIENCE)
        return self._ending
