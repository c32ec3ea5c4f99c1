"""extender.server.listener."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from extender.server.addresses import ListenError, listen
from extender.server.health import Probe, create_health_app
from extender.server.listener import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


BIND = "127.0.0.1:0"


def metrics() -> tuple[bytes, str]:
    """Return metrics of some size."""
    return b"x" * 100_000, "text/plain"


def app(ready: Probe = lambda _: (True, "ok")) -> Flask:
    """Make an application to listen for."""
    return create_health_app(lambda _: (True, "ok"), ready, metrics)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener at work."""
    made = Listener(app(), BIND)
    made.start()
    yield made
    made.stop()


def get(port: int, path: str) -> tuple[int, bytes]:
    """Ask once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_answers(listener: Listener) -> None:
    """Health and metrics are answered over a real socket."""
    assert listener.host == "127.0.0.1"
    assert get(listener.port, "/livez") == (200, b"ok\n")
    assert get(listener.port, "/metrics") == (200, b"x" * 100_000)
    assert get(listener.port, "/nothing")[0] == 404


def test_says_nothing(
    listener: Listener, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither requests nor broken ones are logged."""
    caplog.set_level(logging.DEBUG)
    get(listener.port, "/livez")
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as client:
        client.sendall(b"\x16\x03\x01\r\n\r\n")
        assert b"400" in client.recv(1000)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_answers_without_delay(listener: Listener) -> None:
    """Headers and body leave at once, not after a delayed acknowledgement (40 ms)."""
    took = []
    for _ in range(10):
        began = time.perf_counter()
        get(listener.port, "/livez")
        took.append(time.perf_counter() - began)
    assert min(took) < 0.03


def test_one_slow_client_holds_up_nobody() -> None:
    """While one request is being answered, others are too."""
    release = threading.Event()
    slow = Listener(app(lambda _: (release.wait(10), "ok")), BIND)
    slow.start()
    try:
        with socket.create_connection(("127.0.0.1", slow.port), timeout=5) as client:
            client.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert get(slow.port, "/livez") == (200, b"ok\n")
            release.set()
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
    finally:
        release.set()
        slow.stop()


def test_port_in_use() -> None:
    """A port in use names the address and the option."""
    with listen(BIND, "x") as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        expected = f"^server.health_bind: cannot listen on {bind}: another process listens there"
        with pytest.raises(ListenError, match=expected):
            Listener(app(), bind)


def test_takes_a_socket_that_is_bound_already() -> None:
    """An address that was taken before the fork is served after it."""
    with listen(BIND, "server.health_bind") as taken:
        made = Listener(app(), taken)
        made.start()
        try:
            assert made.port == taken.getsockname()[1]
            assert get(made.port, "/livez") == (200, b"ok\n")
        finally:
            made.stop()


def test_stop_gives_the_address_back(listener: Listener) -> None:
    """After stop another may listen there."""
    listener.stop()
    with listen(f"127.0.0.1:{listener.port}", "server.health_bind"):
        pass


def test_stop_without_start() -> None:
    """A listener that never began can be stopped."""
    Listener(app(), BIND).stop()


def test_serves_ipv6() -> None:
    """IPv6 addresses are addresses too."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    made = Listener(app(), "[::1]:0")
    made.start()
    try:
        with socket.create_connection(("::1", made.port), timeout=5) as client:
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
    finally:
        made.stop()
