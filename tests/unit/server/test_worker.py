"""extender.server.worker, under gunicorn in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.unit.server.loopback import Connection, Process, request

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGS = b'{"Pod":{},"Nodes":null,"NodeNames":["n1","n2"]}'
PATIENCE = 1.0  # seconds the server lets a request take to arrive
KEEPALIVE = 2  # seconds the server keeps an idle connection


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server with little patience."""
    options = {"read_patience": PATIENCE, "keepalive": KEEPALIVE, "max_body_bytes": 1_000_000}
    with Process(**options) as server:
        server.wait_for("ready")
        yield server.port


def test_verbs(port: int) -> None:
    """The verbs are answered on one connection, with a length each."""
    with Connection(port) as client:
        answer = client.call("/filter", ARGS)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["connection"] == "keep-alive"
        assert answer.json["NodeNames"] == ["n1", "n2"]
        assert client.call("/prioritize/", ARGS).json == [
            {"Host": "n1", "Score": 0},
            {"Host": "n2", "Score": 1},
        ]
        assert client.call("/", b"", "GET").json["name"] == "nova-extender"
        assert client.call("/filter", b"", "GET").headers["allow"] == "POST"
        assert "Pod is missing" in client.call("/filter", b"{}").json["Error"]
        assert client.call("/prioritize", b"{}").status == 400
        assert "internal error" in client.call("/broken").json["Error"]
        assert client.call("/filter", ARGS).status == 200


def test_idle_connection_is_kept_and_then_closed(port: int) -> None:
    """An idle connection serves again before its time is over, and is closed after it."""
    with Connection(port) as client:
        assert client.call("/filter", ARGS).status == 200
        time.sleep(0.5)
        assert client.call("/filter", ARGS).status == 200
        began = time.monotonic()
        assert client.ended()
        assert KEEPALIVE - 0.5 < time.monotonic() - began < KEEPALIVE + 10


def test_pipelined_requests(port: int) -> None:
    """Requests sent before the replies have come are answered in order."""
    bodies = [
        json.dumps({"Pod": {}, "Nodes": None, "NodeNames": [f"n{i}"]}).encode() for i in range(30)
    ]
    with Connection(port) as client:
        client.send(b"".join(request("/filter", body) for body in bodies))
        answers = [client.answer().json["NodeNames"] for _ in bodies]
    assert answers == [[f"n{i}"] for i in range(30)]


def test_twenty_connections_at_once(port: int) -> None:
    """Concurrent connections do not mix up their replies."""

    def calls(number: int) -> bool:
        names = [f"c{number}-{i}" for i in range(50)]
        body = json.dumps({"Pod": {}, "Nodes": None, "NodeNames": names}).encode()
        with Connection(port) as client:
            return all(client.call("/filter", body).json["NodeNames"] == names for _ in range(20))

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(calls, range(20)))


def test_all_threads_work_at_once(port: int) -> None:
    """As many slow calls as there are threads take as long as one."""
    began = time.monotonic()
    clients = [Connection(port) for _ in range(128)]
    try:
        for client in clients:
            client.send(request("/sleep", b"0.5"))
        assert all(client.answer().body == b'"slept"' for client in clients)
    finally:
        for client in clients:
            client.sock.close()
    assert time.monotonic() - began < 20  # one after the other: 64


def test_replies_are_not_held_back(port: int) -> None:
    """Headers and body leave at once, not after a delayed acknowledgement (40 ms)."""
    took = []
    with Connection(port) as client:
        for _ in range(50):
            began = time.perf_counter()
            client.call("/filter", ARGS)
            took.append(time.perf_counter() - began)
    assert min(took) < 0.03


def test_chunked_body(port: int) -> None:
    """A body in chunks is a body."""
    head = b"POST /filter HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Connection(port) as client:
        client.send(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(ARGS), ARGS))
        assert client.answer().json["NodeNames"] == ["n1", "n2"]
        assert client.call("/filter", ARGS).status == 200


def test_broken_chunks(port: int) -> None:
    """Broken chunks are told as such, and end the connection."""
    head = b"POST /filter HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Connection(port) as client:
        client.send(head + b"zz\r\n")
        assert "could not be read: InvalidChunkSize" in client.answer().json["Error"]
        assert client.ended()


@pytest.mark.parametrize(("verb", "status"), [("filter", 200), ("prioritize", 413)])
def test_too_large(port: int, verb: str, status: int) -> None:
    """Who sends too much reads why, although the rest of it was not wanted."""
    with Connection(port) as client:
        client.send(request(f"/{verb}", b"x" * 20_000_000))
        answer = client.answer()
        assert answer.status == status
        assert answer.headers["connection"] == "close"
        assert "20000000 bytes long, the limit is 1000000 bytes" in answer.json["Error"]
        assert client.ended()


def test_too_large_in_chunks(port: int) -> None:
    """Too many chunks are no way around the limit."""
    head = b"POST /filter HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Connection(port) as client:
        client.send(head + b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
        assert "more than 1000000 bytes long" in client.answer().json["Error"]
        assert client.ended()


def test_requests_that_stall(port: int) -> None:
    """A request that stalls is given up on; once its headers are there, with an answer."""
    whole = request("/filter", ARGS)
    with Connection(port) as one, Connection(port) as other, Connection(port) as third:
        began = time.monotonic()
        one.send(whole[:-5])
        other.send(request("/prioritize", ARGS)[:-5])
        third.send(whole[:60])
        for client, status in ((one, 200), (other, 400)):
            answer = client.answer()
            assert answer.status == status
            assert f"after {len(ARGS) - 5} of the {len(ARGS)} bytes" in answer.json["Error"]
            assert client.ended()
        assert third.ended()
        assert PATIENCE - 0.5 < time.monotonic() - began < PATIENCE + 10


def test_body_that_trickles(port: int) -> None:
    """A byte now and then does not hold a thread for ever."""
    with Connection(port) as client:
        client.send(request("/filter", b"x" * 1000)[:-1000])
        client.sock.settimeout(0.2)
        began = time.monotonic()
        answered = b""
        while not answered and time.monotonic() - began < PATIENCE + 10:
            client.send(b"x")
            try:
                answered = client.sock.recv(65536)
            except TimeoutError:
                continue
        assert answered.startswith(b"HTTP/1.1 200")


def test_client_that_does_not_hang_up(port: int) -> None:
    """Closing a connection gracefully does not hold up the others."""
    stubborn = [Connection(port) for _ in range(6)]
    try:
        for client in stubborn:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert client.answer().status == 200
        began = time.monotonic()
        with Connection(port) as other:
            assert other.call("/filter", ARGS).status == 200
        assert time.monotonic() - began < 6  # two seconds each: 12
    finally:
        for client in stubborn:
            client.sock.close()


def test_no_proxy_is_believed(port: int) -> None:
    """A client's headers cannot move the application or change its scheme."""
    with Connection(port) as client:
        client.send(
            b"POST /filter HTTP/1.1\r\nHost: x\r\nSCRIPT_NAME: /x\r\nX-Forwarded-Proto: https\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(ARGS), ARGS)
        )
        assert client.answer().json["NodeNames"] == ["n1", "n2"]


def test_not_http(port: int) -> None:
    """What is no HTTP ends its own connection only."""
    with Connection(port) as client:
        client.send(b"\x16\x03\x01 hello\r\n\r\n")
        assert client.answer().status == 400
    with Connection(port) as client:
        assert client.call("/filter", ARGS).status == 200


INTERRUPTED_TWICE = """
import os, signal, threading
from types import SimpleNamespace
from extender.server.worker import PatientWorker

class Pool:
    lock = threading.Lock()

    def shutdown(self, wait):
        with self.lock:
            os.kill(os.getpid(), signal.SIGQUIT)  # the master's, while the terminal's is handled

worker = PatientWorker.__new__(PatientWorker)
worker.tpool = Pool()
worker.cfg = SimpleNamespace(worker_int=lambda worker: None)
signal.signal(signal.SIGINT, worker.handle_quit)
signal.signal(signal.SIGQUIT, worker.handle_quit)
os.kill(os.getpid(), signal.SIGINT)
"""


def test_ctrl_c_twice_is_ctrl_c_once() -> None:
    """The terminal's signal and the master's, one inside the other, do not lock each other out."""
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED_TWICE], timeout=20, check=False)
    assert ended.returncode == 0
