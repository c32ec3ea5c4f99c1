"""The proxy that breaks connections: each fault as a client sees it, against a small TLS server."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from tests.e2e.fault_proxy import FaultProxy
from tests.e2e.faults import Answer, Cut, Delay, ExpireWatch, Silence, TruncateLine

LINE = json.dumps({"type": "ADDED", "object": {"metadata": {"name": "a" * 100}}}).encode() + b"\n"
LINE_INTERVAL = 0.02


class Server:
    """Echoes what it is sent; under a path with `watch=` it streams lines until it is left."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked.append(f"GET {self.path}")
                if "watch=" not in self.path:
                    self._reply(b"hello")
                    return
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for _ in range(500):
                        self.wfile.write(f"{len(LINE):x}\r\n".encode() + LINE + b"\r\n")
                        time.sleep(LINE_INTERVAL)
                except OSError:
                    self.close_connection = True

            def do_POST(self) -> None:
                asked.append(f"POST {self.path}")
                self._reply(self.rfile.read(int(self.headers["Content-Length"])))

            def _reply(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        # A client that is cut in its handshake is no news here.
        self._server.handle_error = lambda *_args: None  # type: ignore[method-assign]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, as kube-apiserver makes it."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "apiserver.crt", tmp_path / "apiserver.key"
    parts = [part.bytes().decode() for part in leaf.cert_chain_pems]
    chain.write_text("".join(parts) + authority.cert_pem.bytes().decode())
    key.write_bytes(leaf.private_key_pem.bytes())
    return chain, key


@pytest.fixture
def server(certificate: tuple[Path, Path]) -> Iterator[Server]:
    """The server behind the proxy."""
    running = Server(*certificate)
    yield running
    running.close()


@pytest.fixture
def proxy(server: Server, certificate: tuple[Path, Path]) -> Iterator[FaultProxy]:
    """A proxy in front of the server."""
    with FaultProxy(server.url, *certificate) as running:
        yield running


@pytest.fixture
def client(
    proxy: FaultProxy, certificate: tuple[Path, Path]
) -> Iterator[http.client.HTTPSConnection]:
    """A client of the proxy that trusts the server's certificate, and waits two seconds."""
    with connect(proxy, certificate) as connection:
        yield connection


@contextmanager
def connect(
    proxy: FaultProxy, certificate: tuple[Path, Path], timeout: float = 2.0
) -> Iterator[http.client.HTTPSConnection]:
    """A connection through the proxy."""
    context = ssl.create_default_context(cafile=str(certificate[0]))
    port = int(proxy.server.rpartition(":")[2])
    made = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=context)
    try:
        yield made
    finally:
        made.close()


def get(client: http.client.HTTPSConnection, path: str = "/a") -> tuple[int, bytes]:
    """A GET's status and body."""
    client.request("GET", path)
    answer = client.getresponse()
    return answer.status, answer.read()


def read_all(answer: http.client.HTTPResponse) -> None:
    """Read to the end; readline() would take a reset for it."""
    while answer.read(len(LINE)):
        pass


def test_hands_on_what_it_is_not_told_to_break(
    client: http.client.HTTPSConnection, server: Server
) -> None:
    """Requests with and without a body pass on one connection, and a large one arrives whole."""
    body = b"x" * 300_000
    assert get(client) == (200, b"hello")
    before = client.sock
    client.request("POST", "/b", body)
    answer = client.getresponse()
    assert answer.read() == body
    assert client.sock is before
    assert server.asked == ["GET /a", "POST /b"]


def test_a_watch_is_handed_on_as_it_comes(client: http.client.HTTPSConnection) -> None:
    """Lines arrive one by one while the stream goes on."""
    client.request("GET", "/pods?watch=1")
    answer = client.getresponse()
    assert [answer.readline() for _ in range(3)] == [LINE] * 3


def test_answers_for_the_server(
    proxy: FaultProxy, client: http.client.HTTPSConnection, server: Server
) -> None:
    """A 429 with Retry-After, a number of times; the connection stays and the server is spared."""
    rule = proxy.add(Answer(429, retry_after=1), path="^/a", count=2)
    for _ in range(2):
        client.request("GET", "/a")
        answer = client.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert json.loads(answer.read())["reason"] == "TooManyRequests"
    assert get(client, "/a") == (200, b"hello")
    assert rule.hits == 2
    assert server.asked == ["GET /a"]


def test_a_rule_names_paths_methods_and_a_share(
    proxy: FaultProxy, client: http.client.HTTPSConnection
) -> None:
    """Only what matches is hit; of a share of a half neither all nor none of a hundred."""
    with proxy.during(Answer(500), path="^/b", method="POST", share=0.5) as rule:
        assert get(client, "/b") == (200, b"hello")
        client.request("POST", "/a", b"")
        assert client.getresponse().read() == b""
        statuses = []
        for _ in range(100):
            client.request("POST", "/b", b"")
            answer = client.getresponse()
            answer.read()
            statuses.append(answer.status)
    assert 20 < statuses.count(500) < 80
    assert rule.hits == statuses.count(500)
    client.request("POST", "/b", b"")
    assert client.getresponse().status == 200


def test_a_delay_is_not_shorter_and_does_not_add_up(
    proxy: FaultProxy, client: http.client.HTTPSConnection
) -> None:
    """Each line of a watch comes late by the delay, not by one delay more than the line before."""
    with proxy.during(Delay(0.3)):
        began = time.monotonic()
        assert get(client) == (200, b"hello")
        assert time.monotonic() - began >= 0.3
        client.request("GET", "/pods?watch=1")
        answer = client.getresponse()
        assert answer.readline() == LINE
        first = time.monotonic()
        for _ in range(20):
            assert answer.readline() == LINE
        # One after the other they would take 20 × 0.3 s; in step with the server 20 × 0.02 s.
        assert time.monotonic() - first < 3


def test_cut_before_and_after_the_deed(
    proxy: FaultProxy, certificate: tuple[Path, Path], server: Server
) -> None:
    """The client sees a failure both times; the server has done what was asked the second time."""
    for late, done in ((False, []), (True, ["POST /b"])):
        with connect(proxy, certificate) as client, proxy.during(Cut(late=late)):
            client.request("POST", "/b", b"x")
            with pytest.raises((OSError, http.client.HTTPException)):
                client.getresponse()
        assert server.asked == done


def test_cut_resets_what_is_open(
    proxy: FaultProxy, certificate: tuple[Path, Path], client: http.client.HTTPSConnection
) -> None:
    """An open watch ends with an error; while refusing nobody gets in, after healing all do."""
    client.request("GET", "/pods?watch=1")
    answer = client.getresponse()
    assert answer.readline() == LINE
    assert proxy.cut() == 1
    with pytest.raises((OSError, http.client.HTTPException)):
        read_all(answer)
    proxy.refuse()
    with (
        connect(proxy, certificate) as refused,
        pytest.raises((OSError, http.client.HTTPException)),
    ):
        get(refused)
    proxy.heal()
    with connect(proxy, certificate) as again:
        assert get(again) == (200, b"hello")


def test_silence_on_open_and_on_new_connections(
    proxy: FaultProxy, certificate: tuple[Path, Path], client: http.client.HTTPSConnection
) -> None:
    """Nothing is answered and nothing is closed; healed, new connections work and old are reset."""
    assert get(client) == (200, b"hello")
    proxy.go_silent()
    with pytest.raises(TimeoutError):
        get(client)
    port = int(proxy.server.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=0.5) as raw:
        raw.sendall(b"hello")
        with pytest.raises(TimeoutError):
            raw.recv(1)
    proxy.heal()
    with connect(proxy, certificate) as again:
        assert get(again) == (200, b"hello")


def test_silence_of_old_connections_only(
    proxy: FaultProxy, certificate: tuple[Path, Path], client: http.client.HTTPSConnection
) -> None:
    """A watch stops in its middle without an end, while others connect as ever."""
    client.request("GET", "/pods?watch=1")
    answer = client.getresponse()
    assert answer.readline() == LINE
    proxy.go_silent(new=False)
    with pytest.raises(TimeoutError):
        read_all(answer)
    with connect(proxy, certificate) as another:
        assert get(another) == (200, b"hello")


def test_silence_of_one_request(
    proxy: FaultProxy, certificate: tuple[Path, Path], server: Server
) -> None:
    """The request is swallowed, its connection with it; another connection is answered."""
    with (
        proxy.during(Silence(), path="/b", count=1),
        connect(proxy, certificate, timeout=0.5) as swallowed,
        connect(proxy, certificate) as another,
    ):
        with pytest.raises(TimeoutError):
            get(swallowed, "/b")
        assert get(another, "/b") == (200, b"hello")
    assert server.asked == ["GET /b"]


@pytest.mark.parametrize("orderly", [True, False])
def test_a_line_cut_in_its_middle(
    proxy: FaultProxy, client: http.client.HTTPSConnection, orderly: bool
) -> None:
    """An orderly end leaves half a line and no error; otherwise the body is told to be short."""
    client.request("GET", "/pods?watch=1")
    answer = client.getresponse()
    assert answer.readline() == LINE
    rule = proxy.add(TruncateLine(orderly=orderly), path="watch=", count=1)
    lines = []
    try:
        while line := answer.readline():
            lines.append(line)
    except (OSError, http.client.HTTPException):
        assert not orderly
    assert rule.hits == 1
    half = LINE[: (len(LINE) - 1) // 2]
    rest = [line for line in lines if line != LINE]
    # What came before a reset is not always shown by the client.
    assert rest == [half] or (not orderly and rest == [])


def test_an_expired_watch_says_so_in_the_stream(
    proxy: FaultProxy, client: http.client.HTTPSConnection
) -> None:
    """The last line is an ERROR event with a Status of code 410, and the stream ends in order."""
    proxy.add(ExpireWatch(), path="watch=", count=1)
    client.request("GET", "/pods?watch=1")
    lines = list(client.getresponse())
    event = json.loads(lines[-1])
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == (
        "ERROR",
        410,
        "Expired",
    )


def test_a_client_that_leaves_is_noticed(
    proxy: FaultProxy, client: http.client.HTTPSConnection
) -> None:
    """A watch that nobody reads any more holds no connection for long."""
    client.request("GET", "/pods?watch=1")
    client.getresponse().readline()
    assert proxy.connections == 1
    client.close()
    deadline = time.monotonic() + 10
    while proxy.connections and time.monotonic() < deadline:
        time.sleep(0.05)
    assert proxy.connections == 0


def test_a_kubeconfig_that_leads_through_it(proxy: FaultProxy, tmp_path: Path) -> None:
    """Only the server differs."""
    original = tmp_path / "kubeconfig"
    content = {
        "clusters": [{"name": "e2e", "cluster": {"server": "https://x", "ca": "y"}}],
        "users": [],
    }
    original.write_text(json.dumps(content))
    made = json.loads(proxy.kubeconfig(original, tmp_path / "through").read_text())
    assert made["clusters"][0]["cluster"] == {"server": proxy.server, "ca": "y"}
    assert made["users"] == []
