"""extender.server.tls."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from extender.server.certificate import FromFile, ServingCertificate
from extender.server.clients import AllowedClients
from extender.server.tls import MutualTls
from tests.issued import Issued

UNKNOWN = "no authority in server.client_ca_file has signed its certificate"
NONE = "it showed no certificate, and server.client_ca_file is set"


class Bench:
    """One with a clock of its own, and what it tells."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Issued(folder / "server")
        self.told: list[str] = []
        self.now = 1000.0
        cert, key, ca = (
            FromFile("option", str(path))
            for path in (self.server.path, self.server.key, self.server.authorities)
        )
        self.tls = MutualTls(
            ServingCertificate(cert, key, self.told.append, ca),
            AllowedClients(["a.example"], self.told.append),
            self.told.append,
            lambda: self.now,
        )

    def meet(self, client: Callable[[socket.socket], object]) -> OSError | None:
        """Shake hands with a client as the worker does; what that ended with."""
        ours, theirs = socket.socketpair()

        def play() -> None:
            with theirs, suppress(OSError):
                client(theirs)

        thread = threading.Thread(target=play)
        thread.start()
        failed = None
        with ours:
            wrapped = self.tls.context().wrap_socket(
                ours, server_side=True, do_handshake_on_connect=False
            )
            with wrapped:
                try:
                    wrapped.do_handshake()
                except OSError as error:
                    failed = error
                    self.tls.failed(error, "10.0.0.1")
                    thread.join()
                else:
                    thread.join()
        return failed

    def greet(self, shown: Issued | None) -> Callable[[socket.socket], object]:
        """A client that does its part."""
        context = self.server.client(shown)

        def client(sock: socket.socket) -> None:
            with context.wrap_socket(sock, server_hostname="localhost"):
                pass

        return client


def say(text: bytes, sock: socket.socket) -> None:
    """A client that says this much, and leaves."""
    sock.sendall(text)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A fresh one."""
    return Bench(tmp_path)


def test_a_client_that_is_known(bench: Bench) -> None:
    """Nothing is told of it."""
    client = Issued(bench.folder / "client", "a.example", authority=bench.server.authority)
    assert bench.meet(bench.greet(client)) is None
    assert bench.told == []
    assert bench.tls.refusal({"subjectAltName": (("DNS", "a.example"),)}) == ""
    assert "server.allowed_clients" in bench.tls.refusal({})


def test_each_failure_is_told_once_a_minute(bench: Bench) -> None:
    """By what failed, whoever it failed for; nothing else waits for that."""
    stranger = bench.greet(Issued(bench.folder / "stranger", "a.example"))
    nobody = bench.greet(None)
    for moment, client in ((0, stranger), (1, stranger), (59, nobody), (61, stranger)):
        bench.now = 1000.0 + moment
        assert bench.meet(client) is not None
    beginning = "no connection with a client at 10.0.0.1: "
    assert bench.told == [beginning + text for text in (UNKNOWN, NONE, UNKNOWN)]


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"])
def test_clients_that_leave_are_not_told_of(bench: Bench, sent: bytes) -> None:
    """Probes of load balancers connect and hang up."""
    assert bench.meet(partial(say, sent)) is not None
    assert bench.told == []


def test_what_is_no_tls(bench: Bench) -> None:
    """HTTP in the clear has a text of its own; anything else has OpenSSL's reason."""
    for sent in (b"POST /filter HTTP/1.1\r\n", b"\x00" * 50):
        assert bench.meet(partial(say, sent)) is not None
    assert bench.told[0].endswith("it asked in the clear, and server.cert_file is set")
    assert bench.told[1].endswith("no TLS came about: WRONG_VERSION_NUMBER")


def test_errors_that_are_no_tls(bench: Bench) -> None:
    """A connection that is reset, and one that ended."""
    for error in (ConnectionResetError(104, "reset"), ssl.SSLEOFError(8, "EOF"), TimeoutError()):
        bench.tls.failed(error, "10.0.0.1")
    assert bench.told == []
