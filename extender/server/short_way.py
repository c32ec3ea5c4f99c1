"""Requests as kube-scheduler sends them, read and answered without gunicorn's own machinery.

That is made for any client and any application, and costs more than a small decision. Go's client
writes its requests in one form only; whatever has that form is read here, and everything else,
down to a header that was not expected, is left to gunicorn as it came.
"""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from extender.protocol.replies import Reply
    from extender.server.verbs_app import VerbsApp

_FORM: Final = re.compile(
    rb"POST (/[a-z]+/?) HTTP/1\.1\r\n"
    rb"Host: [!-~]+\r\n"
    rb"User-Agent: [ -~]*\r\n"
    rb"Content-Length: ([0-9]{1,10})\r\n"
    rb"(?:(?:Accept|Accept-Encoding|Content-Type): [ -~]*\r\n)*"
    rb"\r\n"
)
"""As ``Request.write`` in Go's ``net/http/request.go`` writes it."""

_AT_ONCE: Final = 64 * 1024
_STATUS: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def serve_shortly(app: VerbsApp, sock: Any, unread: Any, forbidden: str) -> bool | None:
    """Read one request from a connection, and answer it.

    Args:
        app: answers the verbs.
        sock: the connection, plain or TLS, with nothing read of the request.
        unread: takes back bytes that were read, for gunicorn to read them.
        forbidden: why the client may not ask; "" for one that may.

    Returns:
        Whether the connection is to be kept; ``None`` where nothing was done, and gunicorn is to
        read what was given back.

    Raises:
        OSError: the connection broke.
    """
    head = sock.recv(_AT_ONCE)
    if not head:
        return False
    form = _FORM.match(head)
    if form is None or not app.answers(path := form[1].decode()):
        unread(head)
        return None
    size = int(form[2])
    body = head[form.end() :]
    if len(body) > size or size > app.max_body_bytes:
        unread(head)
        return None
    if len(body) < size:
        whole = bytearray(size)
        whole[: len(body)] = body
        got, view = len(body), memoryview(whole)
        while got < size:
            more = sock.recv_into(view[got:])
            if not more:  # gunicorn comes to the same end, and the application says what is wrong
                unread(head[: form.end()] + bytes(view[:got]))
                return None
            got += more
        body = bytes(whole)
    closing: list[bool] = []
    reply = app.answer(path, body, forbidden, lambda: closing.append(True))
    try:
        _send(sock, reply, keep=not closing)
    finally:
        app.after()
    return not closing


def _send(sock: Any, reply: Reply, *, keep: bool) -> None:
    head = (
        f"HTTP/1.1 {_STATUS[reply.status]}\r\nServer: nova-extender\r\nDate: {_date()}\r\n"
        f"Connection: {'keep-alive' if keep else 'close'}\r\nContent-Type: {reply.content_type}\r\n"
        f"Content-Length: {len(reply.body)}\r\n\r\n"
    ).encode()
    if len(reply.body) <= _AT_ONCE:
        sock.sendall(head + reply.body)
    else:
        sock.sendall(head)
        sock.sendall(reply.body)


_dated: tuple[int, str] = (0, "")


def _date() -> str:
    """The time as HTTP writes it; written anew once a second."""
    global _dated  # noqa: PLW0603 - one pair for all threads, replaced as a whole
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, formatdate(now, usegmt=True))
    return _dated[1]
