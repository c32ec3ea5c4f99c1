"""extender.server.tls_listener."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask, Response, request

from extender.server import tls_listener
from extender.server.addresses import ListenError, listen
from extender.server.certificate import FromFile, ServingCertificate
from extender.server.replies import new_app
from extender.server.tls_listener import TlsListener
from tests.issued import Issued

BIND = "127.0.0.1:0"


def app() -> Flask:
    """One that sends back what it is sent, and refuses what is sent elsewhere."""
    made = new_app(__name__, ["/echo"])

    @made.post("/echo")
    def _echo() -> Response:
        return Response(request.get_data())

    @made.post("/broken")
    def _broken() -> Response:
        raise KeyError("secret")

    made.logger.disabled = True
    return made


@pytest.fixture
def issued(tmp_path: Path) -> Issued:
    """A certificate."""
    return Issued(tmp_path / "secret")


@pytest.fixture
def listener(issued: Issued) -> Iterator[TlsListener]:
    """A listener at work."""
    certificate = serving(issued)
    made = TlsListener(app(), BIND, certificate)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def connect(listener: TlsListener, issued: Issued) -> Iterator[Callable[[], Connection]]:
    """Makes connections, which are closed in the end."""
    made: list[Connection] = []

    def one() -> Connection:
        made.append(Connection("127.0.0.1", listener.port, timeout=10, context=issued.client()))
        return made[-1]

    yield one
    for each in made:
        each.close()


def serving(issued: Issued) -> ServingCertificate:
    """What a listener shows."""
    files = (FromFile("cert", str(issued.path)), FromFile("key", str(issued.key)))
    return ServingCertificate(*files, lambda _: None)


class Connection(http.client.HTTPSConnection):
    """A client that keeps its connection."""

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """One call."""
        self.request("POST", path, body)
        with self.getresponse() as answer:
            return answer.status, answer.read()


def test_answers_with_tls(connect: Callable[[], Connection]) -> None:
    """To a client that trusts the authority."""
    assert connect().post("/echo", b"x" * 1_000_000) == (200, b"x" * 1_000_000)


def test_a_connection_is_kept(connect: Callable[[], Connection]) -> None:
    """A handshake costs more than a call."""
    one = connect()
    one.post("/echo", b"")
    kept = one.sock
    for size in (0, 1, 70_000):
        assert one.post("/echo", b"x" * size) == (200, b"x" * size)
    assert one.sock is kept


def test_calls_on_end_do_not_wait_for_each_other(connect: Callable[[], Connection]) -> None:
    """No delayed acknowledgement (40 ms), and no look for what else may come (10 ms)."""
    one = connect()
    one.post("/echo", b"")
    took = []
    for _ in range(20):
        began = time.perf_counter()
        one.post("/echo", b"x")
        took.append(time.perf_counter() - began)
    assert min(took) < 0.009


def test_an_error_ends_the_connection(connect: Callable[[], Connection]) -> None:
    """Its body may not have been read: what is left of it is no request."""
    one = connect()
    status, body = one.post("/elsewhere", b"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    assert (status, body) == (404, b'{"Error":"not found; there is /echo"}\n')
    assert one.sock is None
    assert one.post("/broken", b"")[0] == 500
    assert one.post("/echo", b"x") == (200, b"x")


def test_a_body_that_nobody_reads_ends_the_connection(connect: Callable[[], Connection]) -> None:
    """Flask answers OPTIONS with 200 and looks at no body, which is no next request."""
    one = connect()
    one.request("OPTIONS", "/echo", b"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    with one.getresponse() as answer:
        assert (answer.status, answer.headers["Connection"]) == (200, "close")


def test_an_error_reaches_a_client_that_is_still_sending(connect: Callable[[], Connection]) -> None:
    """To close with unread input would take the reply along."""
    one = connect()
    one.request("GET", "/echo", b"x" * 10_000_000)
    with one.getresponse() as answer:
        assert (answer.status, answer.headers["Connection"]) == (405, "close")


def test_chunks_are_taken_apart(connect: Callable[[], Connection]) -> None:
    """Whoever does not know the length beforehand."""
    one = connect()
    one.request("POST", "/echo", iter([b"a", b"bc"]), encode_chunked=True)
    with one.getresponse() as answer:
        assert (answer.status, answer.read()) == (200, b"abc")
    assert one.post("/echo", b"x") == (200, b"x")


def test_a_client_may_end_it(connect: Callable[[], Connection]) -> None:
    """Who asks for no more gets no more."""
    one = connect()
    one.request("POST", "/echo", b"x", {"Connection": "close"})
    with one.getresponse() as answer:
        assert answer.read() == b"x"
    assert one.sock is not None
    assert one.sock.recv(1) == b""


def test_tls_1_2_is_spoken(listener: TlsListener, issued: Issued) -> None:
    """Some clients know nothing newer."""
    context = issued.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    one = Connection("127.0.0.1", listener.port, timeout=10, context=context)
    try:
        assert one.post("/echo", b"x") == (200, b"x")
    finally:
        one.close()


def test_tls_1_1_is_refused(listener: TlsListener, issued: Issued) -> None:
    """It has been out of use for long."""
    context = issued.client()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    one = Connection("127.0.0.1", listener.port, timeout=10, context=context)
    with pytest.raises(ssl.SSLError, match="protocol version"):
        one.connect()
    one.close()


def test_says_nothing(
    listener: TlsListener,
    connect: Callable[[], Connection],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Clients that speak no TLS, do not trust us, hang up or stop in the middle: their concern."""
    caplog.set_level(logging.DEBUG)
    address = ("127.0.0.1", listener.port)
    for text in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05"):
        # It may be closed before all of this is done.
        with socket.create_connection(address, timeout=5) as client, suppress(OSError):
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            client.recv(1000)
    distrustful = ssl.create_default_context()
    with (
        socket.create_connection(address, timeout=5) as client,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        distrustful.wrap_socket(client, server_hostname="localhost")
    one = connect()
    one.connect()
    one.sock.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
    one.close()
    assert connect().post("/echo", b"x") == (200, b"x")
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_one_slow_handshake_holds_up_nobody(
    listener: TlsListener, connect: Callable[[], Connection]
) -> None:
    """A client that connects and says nothing has a thread of its own."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5):
        assert connect().post("/echo", b"x") == (200, b"x")


def test_a_handshake_may_not_take_for_ever(
    listener: TlsListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor a request once it has begun."""
    monkeypatch.setattr(tls_listener._TlsHandler, "timeout", 0.05)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as client:
        assert client.recv(1) == b""


def test_a_request_may_not_take_for_ever(
    connect: Callable[[], Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for the next one may."""
    monkeypatch.setattr(tls_listener, "CLIENT_PATIENCE", 0.05)
    one = connect()
    one.post("/echo", b"")
    time.sleep(0.2)
    kept = one.sock
    one.post("/echo", b"")
    assert one.sock is kept
    one.sock.sendall(b"POST /echo HTTP/1.1\r\n")
    assert one.sock.recv(1) == b""


def test_an_idle_connection_ends(
    connect: Callable[[], Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later than Go's client would end it, which could not repeat its call."""
    assert tls_listener.IDLE > 90
    monkeypatch.setattr(tls_listener, "IDLE", 0.05)
    one = connect()
    one.post("/echo", b"")
    assert one.sock.recv(1) == b""


def test_connections_are_bounded(issued: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it they are closed at once; one that ends makes room."""
    monkeypatch.setattr(tls_listener, "CONNECTIONS", 2)
    certificate = serving(issued)
    bounded = TlsListener(app(), BIND, certificate)
    bounded.start()
    context = issued.client()
    many = [Connection("127.0.0.1", bounded.port, timeout=5, context=context) for _ in range(4)]
    try:
        for one in many[:2]:
            one.post("/echo", b"")
        with pytest.raises(OSError, match=r"(?i)reset|EOF|handshake"):
            many[2].post("/echo", b"")
        many[0].close()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                assert many[3].post("/echo", b"x") == (200, b"x")
                break
            except OSError:
                many[3].close()
                time.sleep(0.01)
        else:
            pytest.fail("no room again")
    finally:
        for one in many:
            one.close()
        bounded.stop()


def test_the_certificate_is_replaced_under_load(listener: TlsListener, issued: Issued) -> None:
    """Twenty times, while four clients call on new connections and four on kept ones.

    No call fails, and in the end everybody who connects is shown the last one.
    """
    stop = threading.Event()
    failures: list[BaseException] = []
    calls = [0] * 8

    def call(number: int) -> None:
        context = issued.client()
        one = Connection("127.0.0.1", listener.port, timeout=10, context=context)
        try:
            while not stop.is_set():
                assert one.post("/echo", b"%d" % number) == (200, b"%d" % number)
                calls[number] += 1
                if number % 2:
                    one.close()
        except (OSError, AssertionError, http.client.HTTPException) as error:
            failures.append(error)
        finally:
            one.close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    renewed = b""
    for _ in range(20):
        renewed = issued.renew()
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert min(calls) > 5
    last = Connection("127.0.0.1", listener.port, timeout=10, context=issued.client())
    last.connect()
    try:
        assert last.sock.getpeercert(binary_form=True) == renewed
    finally:
        last.close()


def test_port_in_use(issued: Issued) -> None:
    """A port in use names the address and the option."""
    certificate = serving(issued)
    with listen(BIND, "x") as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenError, match=f"^server.webhook_bind: cannot listen on {bind}: "):
            TlsListener(app(), bind, certificate)


def test_stop_ends_kept_connections_with_their_next_answer(issued: Issued) -> None:
    """A call that is under way is answered; the address is free at once."""
    certificate = serving(issued)
    stopped = TlsListener(app(), BIND, certificate)
    stopped.start()
    one = Connection("127.0.0.1", stopped.port, timeout=5, context=issued.client())
    try:
        one.post("/echo", b"")
        stopped.stop()
        assert one.post("/echo", b"x") == (200, b"x")
        assert one.sock is None
        with listen(f"127.0.0.1:{stopped.port}", "server.webhook_bind"):
            pass
    finally:
        one.close()
