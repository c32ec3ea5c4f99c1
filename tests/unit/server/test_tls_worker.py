"""extender.server.tls_worker, under gunicorn in a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.issued import Issued
from tests.unit.server.loopback import Connection, Process, request

ARGS = b'{"Pod":{},"Nodes":null,"NodeNames":["n1","n2"]}'
CLIENT = "nova-extender-client"
THREADS = 4
PATIENCE = 1.0  # seconds the server lets a handshake take


@dataclass
class Served:
    """A server with TLS, and who is who."""

    process: Process
    server: Issued
    client: Issued
    folder: Path

    def connect(self, shown: Issued | None = None) -> Connection:
        """A connection; without a certificate named, as the client that may ask."""
        return Connection(self.process.port, self.server.client(shown or self.client))

    def issue(self, name: str, *names: str, **more: object) -> Issued:
        """A certificate by the authority that is trusted."""
        folder = self.folder / name
        return Issued(folder, *names, authority=self.server.authority, **more)

    def wait_told(self, text: str) -> None:
        """Wait until it has told of a handshake that failed so."""
        self.process.wait_for(f"no connection with a client at 127.0.0.1: {text}")


def options(server: Issued) -> dict[str, object]:
    """What the program is told for TLS."""
    return {
        "cert": str(server.path),
        "key": str(server.key),
        "client_ca": str(server.authorities),
        "allowed_clients": [CLIENT, "system:kube-scheduler"],
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with few threads and little patience."""
    folder = tmp_path_factory.mktemp("tls")
    server = Issued(folder / "server")
    client = Issued(folder / "client", CLIENT, authority=server.authority)
    with Process(
        threads=THREADS,
        handshake_patience=PATIENCE,
        tls=options(server),
    ) as process:
        process.wait_for("ready")
        yield Served(process, server, client, folder)


def refused(context: ssl.SSLContext, port: int) -> str:
    """Why a client may not even ask, as it learns that itself."""
    with pytest.raises(ssl.SSLError) as caught, Connection(port, context) as client:
        # With TLS 1.3 a client has done its part before it is judged.
        client.call("/filter", ARGS)
    return str(caught.value.reason)


def test_verbs_are_answered_on_one_connection(served: Served) -> None:
    """With HTTP/1.1, also to a client that would speak HTTP/2, as Go's would."""
    context = served.server.client(served.client)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with Connection(served.process.port, context) as client:
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.selected_alpn_protocol() == "http/1.1"
        for _ in range(3):
            answer = client.call("/filter", ARGS)
            assert (answer.status, answer.headers["connection"]) == (200, "keep-alive")
            assert answer.json["NodeNames"] == ["n1", "n2"]


def test_tls_1_2_is_spoken_and_1_1_is_not(served: Served) -> None:
    """The one by older clients; the other by nobody who should."""
    context = served.server.client(served.client)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Connection(served.process.port, context) as client:
        assert client.call("/filter", ARGS).status == 200
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert "PROTOCOL_VERSION" in refused(context, served.process.port)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_without_a_certificate_is_refused(served: Served, version: ssl.TLSVersion) -> None:
    """At the handshake; the log says what is missing."""
    context = served.server.client()
    context.minimum_version = context.maximum_version = version
    assert "HANDSHAKE_FAILURE" in (found := refused(context, served.process.port)) or (
        "CERTIFICATE_REQUIRED" in found
    )
    if version is ssl.TLSVersion.TLSv1_2:  # of the second, in the same minute, nothing is said
        served.wait_told("it showed no certificate, and server.client_ca_file is set")


def test_a_certificate_of_another_authority_is_refused(served: Served) -> None:
    """Although it bears the name that is allowed."""
    stranger = Issued(served.folder / "stranger", CLIENT)
    found = refused(served.server.client(stranger), served.process.port)
    assert found == "TLSV1_ALERT_UNKNOWN_CA"
    served.wait_told("no authority in server.client_ca_file has signed its certificate")


def test_an_expired_certificate_is_refused(served: Served) -> None:
    """Since yesterday."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    expired = served.issue("expired", CLIENT, not_after=yesterday)
    found = refused(served.server.client(expired), served.process.port)
    assert found == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
    served.wait_told("its certificate is refused by server.client_ca_file: certificate has expired")


def test_a_client_that_does_not_trust_us_is_told_of(served: Served) -> None:
    """It may have the authorities of last year."""
    distrustful = Issued(served.folder / "distrustful").client(served.client)
    with pytest.raises(ssl.SSLCertVerificationError):
        Connection(served.process.port, distrustful)
    served.wait_told("it refused ours, and perhaps the certificate in server.cert_file: unknown ca")


def test_a_client_in_the_clear_is_told_of(served: Served) -> None:
    """kube-scheduler with http:// before the address."""
    with Connection(served.process.port) as client:
        client.send(request("/filter", ARGS))
        with suppress(ConnectionError):
            while not client.ended():
                pass
    served.wait_told("it asked in the clear, and server.cert_file is set")


def test_a_name_that_is_not_allowed(served: Served) -> None:
    """The reason where kube-scheduler shows it, else 403; told once, and the connection ended."""
    other = served.issue("other", "a.example", "b.example", common_name="system:node:n1")
    names = '"system:node:n1", "a.example", "b.example"'
    text = f"the certificate of {names} is valid, but server.allowed_clients does not name it"
    for path, status, error in (
        ("/filter", 200, f"nova-extender: {text}"),
        ("/prioritize", 403, text),
        ("/", 403, text),
    ):
        with served.connect(other) as client:
            answer = client.call(path, ARGS)
            assert (answer.status, answer.json["Error"]) == (status, error)
            assert answer.json.get("NodeNames", []) == []
            assert client.ended()
    served.process.wait_for(f"a client was refused: {text}")
    with served.connect(served.issue("another", "c.example")) as client:
        client.call("/filter", ARGS)
    assert served.process.line() == (
        'a client was refused: the certificate of "c.example" is valid, but server.allowed_clients '
        "does not name it"
    )


def test_a_cn_is_a_name(served: Served) -> None:
    """As kubeadm's certificate for kube-scheduler has it."""
    with served.connect(served.issue("cn", common_name="system:kube-scheduler")) as client:
        assert client.call("/filter", ARGS).json["NodeNames"] == ["n1", "n2"]


def test_slow_clients_hold_up_nobody_who_is_known(served: Served) -> None:
    """More than there are threads fall silent in a handshake; others ask, and newcomers later."""
    with ExitStack() as stack:
        known = stack.enter_context(served.connect())
        known.call("/filter", ARGS)
        silent = [stack.enter_context(Connection(served.process.port)) for _ in range(2 * THREADS)]
        for number, one in enumerate(silent):
            one.send(b"\x16\x03\x01\x02" if number % 2 else b"")
        began = time.monotonic()
        for _ in range(20):
            assert known.call("/filter", ARGS).status == 200
        assert time.monotonic() - began < PATIENCE
        with served.connect() as newcomer:
            assert newcomer.call("/filter", ARGS).status == 200
        for one in silent:
            with suppress(ConnectionError):
                while not one.ended():  # it may read an alert first
                    pass
        assert time.monotonic() - began < 30


def test_a_known_client_that_says_nothing_holds_no_thread(served: Served) -> None:
    """As many as there are threads, and more."""
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            stack.enter_context(served.connect())
        began = time.monotonic()
        with served.connect() as client:
            assert client.call("/filter", ARGS).status == 200
        assert time.monotonic() - began < 5  # gunicorn gives a silent client five seconds


def test_requests_in_one_record_are_all_answered(served: Served) -> None:
    """What TLS has decrypted already, no poller sees: 8192 bytes are read at a time."""
    (head, _) = request("/filter", b" " * 100).split(b" " * 100)
    bodies = [
        json.dumps({"Pod": {}, "Nodes": None, "NodeNames": [f"n{i}"]}).encode() for i in range(48)
    ]
    texts = [request("/filter", body.ljust(256 - len(head))) for body in bodies]
    assert {len(text) for text in texts} == {256}
    with served.connect() as client:
        client.send(b"".join(texts))
        answers = [client.answer().json["NodeNames"] for _ in bodies]
    assert answers == [[f"n{i}"] for i in range(48)]


def test_a_large_body(served: Served) -> None:
    """Of many records."""
    names = [f"n{i:05}" for i in range(50_000)]
    body = json.dumps({"Pod": {}, "Nodes": None, "NodeNames": names}).encode()
    with served.connect() as client:
        assert client.call("/filter", body).json["NodeNames"] == names


def test_the_end_of_a_connection_is_announced(served: Served) -> None:
    """A client can tell an end from a cut, whoever asked for it."""
    with served.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.answer().status == 200
        assert isinstance(client.sock, ssl.SSLSocket)
        # Without the announcement, and asked not to look away, OpenSSL would raise SSLEOFError.
        client.sock.suppress_ragged_eofs = False  # type: ignore[attr-defined]  # it has it
        assert client.sock.recv(1) == b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_outlives_its_certificate(served: Served, version: ssl.TLSVersion) -> None:
    """A client gets nothing to resume a session by, which would not be verified again."""
    context = served.server.client(served.client)
    context.minimum_version = context.maximum_version = version
    with Connection(served.process.port, context) as client:
        client.call("/filter", ARGS)
        assert isinstance(client.sock, ssl.SSLSocket)
        session = client.sock.session
        assert session is None or not session.has_ticket


def test_replies_are_not_held_back(served: Served) -> None:
    """Headers and body leave at once, not after a delayed acknowledgement (40 ms)."""
    took = []
    with served.connect() as client:
        for _ in range(50):
            began = time.perf_counter()
            client.call("/filter", ARGS)
            took.append(time.perf_counter() - began)
    assert min(took) < 0.03


def reset(sock: socket.socket) -> None:
    """Have its closing reset the connection."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_ends_when_told(tmp_path: Path) -> None:
    """A call under way is answered first, also after connections that ended in disorder."""
    server = Issued(tmp_path / "server")
    client = Issued(tmp_path / "client", CLIENT, authority=server.authority)
    with Process(tls=options(server)) as process:
        process.wait_for("ready")
        for _ in range(20):
            with Connection(process.port) as one:
                one.send(b"\x16\x03\x01")
                reset(one.sock)
        connect = partial(Connection, process.port, server.client(client))
        for _ in range(3):
            with connect() as one:
                one.send(request("/sleep", b"0.1"))
                process.wait_for("sleeping")
                reset(one.sock)
        with connect() as one:
            one.send(request("/sleep", b"1.5"))
            process.wait_for("sleeping")
            process.signal(signal.SIGTERM)
            answer = one.answer()
            assert (answer.status, answer.body) == (200, b'"slept"')
        process.wait_for("stopped")
        assert process.ended() == (0, "")
