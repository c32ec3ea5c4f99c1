"""The transport against a server that answers, refuses, stalls and breaks off."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest
from kubernetes.client import Configuration

from extender.kube import answer
from extender.kube.connection import Interrupt
from extender.kube.credentials import in_cluster
from extender.kube.errors import ApiError, KubeConfigError, TransportError
from extender.kube.transport import Transport
from tests.unit.kube.apiserver import (
    Connect,
    Exchange,
    FakeApiServer,
    Serve,
    added,
    refuse,
    stream,
)
from tests.unit.kube.certificates import Certificate, make_certificate


def _later(action: object, seconds: float = 0.15) -> None:
    assert callable(action)
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


def test_get_gives_raw_bytes(serve: Serve, connect: Connect) -> None:
    """Status, headers and body come as they are, and the query is quoted."""
    server = serve([lambda exchange: exchange.reply(200, b'{"a": 1}', {"X-Kind": "test"})])
    got = connect(server).get("/api/v1/pods", {"fieldSelector": "status.phase!=Failed,a=b c"})
    assert (got.status, got.body, got.headers["x-kind"]) == (200, b'{"a": 1}', "test")
    request = server.requests[0]
    assert request.path == "/api/v1/pods"
    assert request.query == {"fieldSelector": "status.phase!=Failed,a=b c"}
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == "nova-extender"


def test_connections_are_used_again(serve: Serve, connect: Connect) -> None:
    """Two requests after each other share a connection."""
    ports = set()

    def reply(exchange: Exchange) -> None:
        ports.add(exchange._handler.client_address)
        exchange.reply(200, {})

    server = serve([reply, reply])
    transport = connect(server)
    transport.get("/a")
    transport.get("/b")
    assert len(ports) == 1


def test_refusal_is_typed(serve: Serve, connect: Connect) -> None:
    """Status, reason, message and Retry-After of a Status object reach the error."""
    server = serve([refuse(429, "TooManyRequests", {"Retry-After": "7"})])
    with pytest.raises(ApiError) as caught:
        connect(server).get("/api")
    error = caught.value
    assert (error.status, error.reason, error.retry_after) == (429, "TooManyRequests", 7.0)
    assert error.message == "it is TooManyRequests"
    assert len(server.requests) == 1  # urllib3 itself must not wait and repeat


def test_refusal_that_is_no_status(serve: Serve, connect: Connect) -> None:
    """A proxy's page becomes one line of text."""
    server = serve([lambda exchange: exchange.reply(502, b"<h1>Bad\n gateway</h1>")])
    with pytest.raises(ApiError, match=r"502 Bad Gateway: <h1>Bad gateway</h1>") as caught:
        connect(server).get("/api")
    assert caught.value.retry_after is None


def test_refusal_with_half_a_body(serve: Serve, connect: Connect) -> None:
    """A refusal is one even if its explanation breaks off."""

    def half(exchange: Exchange) -> None:
        exchange.reply(500, b"it is", {"Content-Length": "5000"})
        exchange.cut()

    with pytest.raises(ApiError, match=r"^500 Internal Server Error"):
        connect(serve([half])).get("/api")


def test_redirects_are_refused(serve: Serve, connect: Connect) -> None:
    """A redirect is an error: the token must not be carried elsewhere."""
    server = serve([lambda exchange: exchange.reply(302, b"", {"Location": "/else"})])
    with pytest.raises(ApiError, match="302"):
        connect(server).get("/api")
    assert len(server.requests) == 1


def test_get_times_out(serve: Serve, connect: Connect) -> None:
    """A server that takes the request and says nothing is a time-out."""
    with pytest.raises(TransportError) as caught:
        connect(serve()).get("/api", timeout=0.1)
    assert caught.value.kind == "timeout"


def test_get_of_a_dripping_body_times_out(serve: Serve, connect: Connect) -> None:
    """A body that comes byte by byte is not waited for longer than the time-out."""

    def drip(exchange: Exchange) -> None:
        exchange.begin()
        for _ in range(100):
            exchange.chunk(b" ")
            time.sleep(0.02)

    with pytest.raises(TransportError, match=r"no whole answer in 0.2 s") as caught:
        connect(serve([drip])).get("/api", timeout=0.2)
    assert caught.value.kind == "timeout"


def test_nobody_listens(connect: Connect) -> None:
    """A refused connection says so in a constant text."""
    with FakeApiServer() as server:
        transport = connect(server)
    with pytest.raises(TransportError, match=r"^\[Errno 111\] Connection refused$") as caught:
        transport.get("/api")
    assert caught.value.kind == "connection"


def test_nobody_answers() -> None:
    """An address that swallows packets is given up after the connect time-out."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with (
            socket.create_connection(("127.0.0.1", port)),  # takes the only place in the queue
            Transport(lambda: Configuration(host=f"http://127.0.0.1:{port}")) as transport,
            pytest.raises(TransportError, match="cannot connect") as caught,
            transport.stream("/w", connect_timeout=0.1),
        ):
            pass
    assert caught.value.kind == "connection"


def test_body_cut_short(serve: Serve, connect: Connect) -> None:
    """An answer that breaks off is no answer."""

    def half(exchange: Exchange) -> None:
        exchange.begin()
        exchange.chunk(b'{"items": [')
        exchange.cut()

    with pytest.raises(TransportError) as caught:
        connect(serve([half])).get("/api")
    assert caught.value.kind == "connection"


def test_stream_gives_whole_lines(serve: Serve, connect: Connect) -> None:
    """Lines are put together from chunks, however they are cut; empty ones are left out."""

    def pieces(exchange: Exchange) -> None:
        exchange.begin()
        for piece in (b'{"a"', b':1}\n{"b":2}\n\n', b" \n{", b'"c":', b"3}\n"):
            exchange.chunk(piece)
        exchange.finish()

    with connect(serve([pieces])).stream("/w", {"watch": "1"}) as lines:
        assert list(lines) == [b'{"a":1}', b'{"b":2}', b'{"c":3}']


def test_stream_comes_as_it_is_sent(serve: Serve, connect: Connect) -> None:
    """A line is given out as soon as it is there, chunked or not."""

    def unchunked(exchange: Exchange) -> None:
        exchange.begin(chunked=False)
        exchange._handler.wfile.write(b"1\n")
        exchange.hold()

    transport = connect(serve([stream(added("a", 1)), unchunked]))
    for _ in range(2):
        with transport.stream("/w", read_timeout=2.0) as lines:
            assert next(lines)


def test_stream_of_half_a_line(serve: Serve, connect: Connect) -> None:
    """An orderly end inside a line is against the protocol."""

    def half(exchange: Exchange) -> None:
        exchange.begin()
        exchange.chunk(b'{"a":1}\n{"b"')
        exchange.finish()

    with connect(serve([half])).stream("/w") as lines:
        assert next(lines) == b'{"a":1}'
        with pytest.raises(TransportError, match="inside a line") as caught:
            next(lines)
    assert caught.value.kind == "protocol"


def test_stream_without_end_of_line(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that does not end is given up."""
    monkeypatch.setattr(answer, "MAX_LINE", 1000)

    def endless(exchange: Exchange) -> None:
        exchange.begin()
        while True:
            exchange.chunk(b"x" * 100)

    with (
        connect(serve([endless])).stream("/w") as lines,
        pytest.raises(TransportError, match="more than 1000 bytes"),
    ):
        next(lines)


def test_silent_stream_times_out(serve: Serve, connect: Connect) -> None:
    """Silence for the read time-out ends a stream, as a half-open connection must."""
    with connect(serve([stream(added("a", 1))])).stream("/w", read_timeout=0.1) as lines:
        next(lines)
        with pytest.raises(TransportError) as caught:
            next(lines)
    assert caught.value.kind == "timeout"


def test_reset_stream(serve: Serve, connect: Connect) -> None:
    """A RST is a lost connection."""
    script = [stream(added("a", 1), then=Exchange.reset)]
    with connect(serve(script)).stream("/w") as lines, pytest.raises(TransportError) as caught:
        list(lines)
    assert caught.value.kind == "connection"


@pytest.mark.parametrize("how", ["close", "interrupt"])
@pytest.mark.parametrize("where", ["chunks", "body", "headers"])
def test_ended_from_another_thread(serve: Serve, connect: Connect, how: str, where: str) -> None:
    """A stream blocked in a read ends at once, before its headers have come as well."""

    def endless(exchange: Exchange) -> None:
        exchange.begin(chunked=False)
        exchange.hold()

    script = {"chunks": [stream()], "body": [endless], "headers": []}
    transport = connect(serve(script[where]))
    interrupt = Interrupt()
    _later(transport.close if how == "close" else interrupt.trigger)
    began = time.monotonic()
    with (
        pytest.raises(TransportError) as caught,
        transport.stream("/w", read_timeout=30, interrupt=interrupt) as lines,
    ):
        next(lines)
    assert caught.value.kind == "closed"
    assert time.monotonic() - began < 10


def test_get_ended_from_another_thread(serve: Serve, connect: Connect) -> None:
    """A list that does not come is ended as well; the transport goes on serving others."""
    server = serve([Exchange.hold, lambda exchange: exchange.reply(200, {})])
    transport, interrupt = connect(server), Interrupt()
    _later(interrupt.trigger)
    with pytest.raises(TransportError) as caught:
        transport.get("/api", interrupt=interrupt)
    assert caught.value.kind == "closed"
    assert transport.get("/api").status == 200
    with pytest.raises(TransportError, match="ended"):
        transport.get("/api", interrupt=interrupt)  # for good


def test_closed_transport(serve: Serve, connect: Connect) -> None:
    """A closed transport refuses to be used; closing twice does no harm."""
    transport = connect(serve())
    transport.close()
    transport.close()
    with pytest.raises(TransportError) as caught:
        transport.get("/api")
    assert caught.value.kind == "closed"


def test_unauthorized_is_tried_again_with_fresh_credentials(serve: Serve) -> None:
    """After a 401 the configuration is read anew and the request repeated, once."""
    tokens = iter(["old", "new", "never"])

    def load() -> Configuration:
        return Configuration(host=server.url, api_key={"BearerToken": f"Bearer {next(tokens)}\n"})

    server = serve([refuse(401, "Unauthorized"), stream(added("a", 1))])
    with Transport(load) as transport, transport.stream("/w") as lines:
        assert next(lines)
    assert [r.headers["authorization"] for r in server.requests] == ["Bearer old", "Bearer new"]


def test_unauthorized_twice(serve: Serve) -> None:
    """Credentials that are refused again are an error, not a loop."""
    server = serve([refuse(401, "Unauthorized")] * 3)
    with Transport(lambda: Configuration(host=server.url)) as transport:
        with pytest.raises(ApiError, match="401"):
            transport.get("/api")
        assert len(server.requests) == 2


def test_credentials_lost_while_running(serve: Serve) -> None:
    """A configuration that cannot be read any more is a fault that may pass."""
    server = serve([refuse(401, "Unauthorized")])
    readings = iter([Configuration(host=server.url)])

    def load() -> Configuration:
        for configuration in readings:
            return configuration
        raise KubeConfigError("kubeconfig /x: no such file")

    with Transport(load) as transport, pytest.raises(TransportError) as caught:
        transport.get("/api")
    assert caught.value.kind == "credentials"


def test_failing_refresh_hook(serve: Serve) -> None:
    """Whatever the client's refreshing of a token raises is a fault that may pass."""

    def fail(_: Configuration) -> None:
        raise RuntimeError("plug-in crashed")

    configuration = Configuration(host=serve().url)
    configuration.refresh_api_key_hook = fail  # type: ignore[assignment] # as in credentials
    with (
        Transport(lambda: configuration) as transport,
        pytest.raises(TransportError, match="plug-in crashed") as caught,
    ):
        transport.get("/api")
    assert caught.value.kind == "credentials"


def test_tls_stream_ended_from_another_thread(serve: Serve, certificate: Certificate) -> None:
    """Also through TLS a blocked read ends at once."""
    server = serve([stream(added("a", 1))], certificate.server_side)
    configuration = Configuration(host=server.url, ssl_ca_cert=str(certificate.ca))
    with Transport(lambda: configuration) as transport, transport.stream("/w") as lines:
        next(lines)
        began = time.monotonic()
        _later(transport.close)
        with pytest.raises(TransportError) as caught:
            next(lines)
    assert caught.value.kind == "closed"
    assert time.monotonic() - began < 10


def test_rotated_authority(serve: Serve, certificate: Certificate, tmp_path: Path) -> None:
    """A certificate that is not trusted makes the authority be read anew."""
    server = serve([lambda exchange: exchange.reply(200, {})], certificate.server_side)
    token, authority = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("secret")
    authority.write_bytes(make_certificate(tmp_path).ca.read_bytes())
    place = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(server.port)}
    with in_cluster(token_file=str(token), ca_file=str(authority), environment=place) as transport:
        with pytest.raises(TransportError) as caught:
            transport.get("/api")
        assert caught.value.kind == "tls"
        authority.write_bytes(certificate.ca.read_bytes())
        assert transport.get("/api").status == 200
