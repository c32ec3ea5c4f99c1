"""An API server that answers as a test tells it to, over real HTTP on the loopback address.

It shows the faults that a real one cannot be made to show: silence, cut connections, half lines,
expired versions at a chosen moment.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from extender.kube.transport import Transport

Object = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What was asked; the path is as it was sent, still quoted."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    method: str
    body: bytes

    @property
    def watches(self) -> bool:
        """Whether this is a watch."""
        return self.query.get("watch") == "1"

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Exchange:
    """One request, to be answered."""

    def __init__(
        self, handler: BaseHTTPRequestHandler, request: Request, end: threading.Event
    ) -> None:
        self.request = request
        self._handler = handler
        self._end = end

    def reply(
        self, status: int, body: Object | bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._handler.send_response(status)
        for name, value in (headers or {}).items():
            self._handler.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self._handler.send_header("Content-Length", str(len(data)))
        self._handler.end_headers()
        self._handler.wfile.write(data)

    def begin(self, *, chunked: bool = True, status: int = 200) -> None:
        """The headers of an answer in chunks, or of one that lasts as long as the connection."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", "application/json")
        if chunked:
            self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()

    def chunk(self, data: bytes) -> None:
        """Some bytes of it."""
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self._handler.wfile.flush()

    def events(self, *events: Object) -> None:
        """Lines of a watch, each in a chunk of its own."""
        for event in events:
            self.chunk(json.dumps(event).encode() + b"\n")

    def finish(self) -> None:
        """The orderly end."""
        self._handler.wfile.write(b"0\r\n\r\n")

    def hold(self) -> None:
        """Says nothing more until the test is over."""
        self._handler.close_connection = True
        self._end.wait()

    def cut(self) -> None:
        """Closes the connection."""
        self._handler.close_connection = True

    def reset_later(self) -> None:
        """Likewise, once what was sent has been read: a RST takes along what has not."""
        time.sleep(0.1)
        self.reset()

    def reset(self) -> None:
        """Closes it with a RST, as a load balancer that has forgotten it."""
        self._handler.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self._handler.connection.close()
        self._handler.close_connection = True


Answer = Callable[[Exchange], None]


class FakeApiServer:
    """Answers the requests with the answers of a script, in order; then holds.

    Args:
        answers: the script; more may be appended to `answers` while it runs.
        tls: for HTTPS.
    """

    def __init__(self, answers: Sequence[Answer] = (), tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer._answer(self)

            do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815 - http.server calls them so

            def log_message(self, *args: object) -> None:
                """Keeps quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = False  # joined on close, so that no socket is left to the collector
            request_queue_size = 128  # for tests that send many requests at once

            def handle_error(self, request: object, client_address: object) -> None:
                """The client has gone away: that is what the tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        split = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        request = Request(split.path, dict(parse_qsl(split.query)), headers, handler.command, body)
        with self._lock:
            self.requests.append(request)
            answer = self.answers.pop(0) if self.answers else Exchange.hold
        answer(Exchange(handler, request, self._end))


Serve = Callable[..., FakeApiServer]
"""The fixture `serve`."""
Connect = Callable[[FakeApiServer], Transport]
"""The fixture `connect`."""


def thing(name: str, version: int, size: object = 1) -> Object:
    """An object; `size` is a number in those that are right."""
    meta = {"name": name, "namespace": "ns", "resourceVersion": str(version)}
    return {"kind": "Thing", "metadata": meta, "spec": {"size": size}}


def added(name: str, version: int, size: object = 1) -> Object:
    """An ADDED event."""
    return {"type": "ADDED", "object": thing(name, version, size)}


def modified(name: str, version: int, size: object = 1) -> Object:
    """A MODIFIED event."""
    return {"type": "MODIFIED", "object": thing(name, version, size)}


def deleted(name: str, version: int, size: object = 1) -> Object:
    """A DELETED event."""
    return {"type": "DELETED", "object": thing(name, version, size)}


def bookmark(version: int, *, ends_initial: bool = False) -> Object:
    """A BOOKMARK event."""
    meta: Object = {"resourceVersion": str(version)}
    if ends_initial:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    return {"type": "BOOKMARK", "object": {"kind": "Thing", "metadata": meta}}


def status(code: int, reason: str, message: str = "", **details: object) -> Object:
    """A Status object."""
    body: Object = {"kind": "Status", "status": "Failure", "code": code, "reason": reason}
    return body | {"message": message, "details": details}


def error(code: int, reason: str, **details: object) -> Object:
    """An ERROR event."""
    return {"type": "ERROR", "object": status(code, reason, f"it is {reason}", **details)}


def page(version: int, *objects: Object, more: str = "") -> Answer:
    """A list, or a page of one."""
    meta = {"resourceVersion": str(version), "continue": more}
    return lambda exchange: exchange.reply(
        200, {"kind": "ThingList", "metadata": meta, "items": list(objects)}
    )


def refuse(code: int, reason: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer that is a Status object."""
    return lambda exchange: exchange.reply(code, status(code, reason, f"it is {reason}"), headers)


def give(body: Object | bytes, status: int = 200) -> Answer:
    """An answer with this body."""
    return lambda exchange: exchange.reply(status, body)


def stream(*events: Object, then: Answer = Exchange.hold) -> Answer:
    """A watch that sends these events, and then goes on as told."""

    def answer(exchange: Exchange) -> None:
        exchange.begin()
        exchange.events(*events)
        then(exchange)

    return answer
