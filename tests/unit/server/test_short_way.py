"""extender.server.short_way: what it takes, what it gives back, and what it answers."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest

from extender.protocol.replies import Reply
from extender.server.short_way import serve_shortly
from extender.server.verbs_app import VerbsApp

HEAD = (
    "POST /filter HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nUser-Agent: Go-http-client/1.1\r\n"
    "Content-Length: {size}\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n"
)


def app(
    said: list[str], verb: Callable[[bytes], Reply] | None = None, missing: str = ""
) -> VerbsApp:
    """A server of one verb, that tells what happens."""

    def echo(body: bytes) -> Reply:
        said.append("answered")
        return Reply(200, body)

    def never(_environ: object, _start: object) -> list[bytes]:
        raise AssertionError

    return VerbsApp(
        {"filter": verb or echo},
        never,
        ready=lambda: missing,
        max_body_bytes=1_000_000,
        observe=lambda verb, outcome, _: said.append(f"{verb} {outcome}"),
        on_exception=lambda *_: said.append("raised"),
        after=lambda: said.append("after"),
    )


def serve(
    made: VerbsApp, *parts: bytes, forbidden: str = "", ended: bool = True
) -> tuple[bool | None, bytes, bytes]:
    """Send parts on a connection and serve it once: what came back, and what was given back."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(parts))
        if ended:
            theirs.shutdown(socket.SHUT_WR)
        back: list[bytes] = []
        kept = serve_shortly(made, ours, back.append, forbidden)
        ours.close()
        got = bytearray()
        while more := theirs.recv(65536):
            got += more
    return kept, bytes(got), b"".join(back)


def request(body: bytes, head: str = HEAD) -> bytes:
    """A request as Go writes it."""
    return head.format(size=len(body)).encode() + body


@pytest.mark.parametrize("body", [b"{}", b"", b"x" * 100_000])
def test_an_ordinary_request(body: bytes) -> None:
    """It is answered whole on a connection that is kept, and counted when it is out."""
    said: list[str] = []
    kept, got, back = serve(app(said), request(body))
    head, _, reply = got.partition(b"\r\n\r\n")
    assert (kept, reply, back) == (True, body, b"")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 200 OK"
    assert "Connection: keep-alive" in lines
    assert "Content-Type: application/json" in lines
    assert f"Content-Length: {len(body)}" in lines
    date = next(line for line in lines if line.startswith("Date: "))
    assert re.fullmatch(r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", date)
    assert said == ["answered", "filter ok", "after"]


@pytest.mark.parametrize(
    "sent",
    [
        request(b"{}", HEAD.replace("POST", "GET")),
        request(b"{}", HEAD.replace("/filter", "/filter?x=1")),
        request(b"{}", HEAD.replace("/filter", "/other")),
        request(b"{}", HEAD.replace("HTTP/1.1", "HTTP/1.0")),
        request(b"{}", HEAD.replace("Accept-Encoding", "Expect")),
        request(b"{}", HEAD.replace("Accept-Encoding", "Connection")),
        request(b"{}", HEAD.replace("Accept-Encoding", "Content-Length")),
        request(b"{}", HEAD.replace("Content-Length: {size}", "Transfer-Encoding: chunked")),
        request(b"{}", HEAD.replace("\r\n", "\n")),
        request(b"{}", HEAD.replace("Host: ", "Host:  ")),
        request(b"{}", HEAD.replace("{size}", "-2")),
        request(b"{}", HEAD.replace("{size}", "1000001")),
        request(b"{}") + request(b"{}"),
        request(b"{}")[:40],
        b"\x16\x03\x01",
    ],
)
def test_anything_else_is_given_back(sent: bytes) -> None:
    """Not a byte of it is lost, and nothing was answered."""
    said: list[str] = []
    assert serve(app(said), sent) == (None, b"", sent)
    assert said == []


def test_a_body_that_ends_too_soon_is_given_back() -> None:
    """Gunicorn and the application say what is wrong with it, as ever."""
    sent = request(b"x" * 100_000)[:-1]
    assert serve(app([]), sent) == (None, b"", sent)


def test_a_connection_that_ends() -> None:
    """Nothing came: nothing is answered, and the connection is not kept."""
    assert serve(app([])) == (False, b"", b"")


def test_not_ready() -> None:
    """The reply ends the connection: kube-scheduler would keep it to one without the lease."""
    said: list[str] = []
    kept, got, _ = serve(app(said, missing="nodes not listed"), request(b"{}"))
    assert kept is False
    assert got.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nConnection: close\r\n" in got
    assert said == ["filter not_ready", "after"]


def test_a_client_that_may_not_ask() -> None:
    """It is told why, in the reply type of the verb, and the connection ends."""
    said: list[str] = []
    kept, got, _ = serve(app(said), request(b"{}"), forbidden="who are you?")
    assert kept is False
    assert b"who are you?" in got
    assert said == ["filter forbidden", "after"]


def test_a_verb_that_raises() -> None:
    """The client learns that it did, not what, and the connection goes on."""

    def broken(_: bytes) -> Reply:
        raise RuntimeError("secret")

    said: list[str] = []
    kept, got, _ = serve(app(said, broken), request(b"{}"))
    assert kept is True
    assert b"internal error in filter" in got
    assert b"secret" not in got
    assert said == ["raised", "filter error", "after"]


def test_a_client_that_has_gone() -> None:
    """A reply that cannot be sent is the connection's end; the books are kept all the same."""
    said: list[str] = []
    ours, theirs = socket.socketpair()
    theirs.sendall(request(b"x" * 100_000))
    theirs.close()
    with ours, pytest.raises(OSError, match=r"Broken pipe|reset"):
        serve_shortly(app(said), ours, lambda _: None, "")
    assert said == ["answered", "filter ok", "after"]
