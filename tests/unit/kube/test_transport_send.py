"""Writes, and calls that have an end."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from kubernetes.client import Configuration
from urllib3 import BaseHTTPResponse

from extender.kube import answer
from extender.kube import transport as transport_module
from extender.kube.connection import Interrupt
from extender.kube.deadline import TimedCall, UnsentError
from extender.kube.errors import ApiError, KubeConfigError, TransportError
from extender.kube.transport import Transport
from tests.unit.kube.apiserver import Answer, Connect, Exchange, FakeApiServer, Serve, give, refuse
from tests.unit.kube.certificates import Certificate


def _drip(exchange: Exchange) -> None:
    exchange.begin()
    for _ in range(500):
        exchange.chunk(b" ")
        time.sleep(0.02)


def _silent_body(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"{")
    exchange.hold()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_send(serve: Serve, connect: Connect, method: str) -> None:
    """Method, path, body and the kind of body arrive, and the answer comes back."""
    server = serve([give({"kind": "Status"}, 201)])
    kind = "application/merge-patch+json"
    got = connect(server).send(method, "/api/v1/x%2Fy", b'{"a": "\xc3\xa4"}', content_type=kind)
    assert (got.status, got.body) == (201, b'{"kind": "Status"}')
    request = server.requests[0]
    assert (request.method, request.path, request.query) == (method, "/api/v1/x%2Fy", {})
    assert request.body == b'{"a": "\xc3\xa4"}'
    assert request.headers["content-type"] == kind
    assert request.headers["content-length"] == "11"
    assert request.headers["accept"] == "application/json"


def test_send_is_json_unless_said(serve: Serve, connect: Connect) -> None:
    """A body is JSON by default; a GET has no body, and so no kind of body."""
    server = serve([give({}), give({})])
    transport = connect(server)
    transport.send("POST", "/api", b"{}")
    transport.get("/api")
    assert server.requests[0].headers["content-type"] == "application/json"
    assert "content-type" not in server.requests[1].headers
    assert server.requests[1].body == b""


def test_send_of_a_large_body(serve: Serve, connect: Connect) -> None:
    """A body of more than fits into the buffers of a socket arrives whole."""
    server = serve([give({})])
    connect(server).send("POST", "/api", b"0123456789" * 500_000)
    assert server.requests[0].body == b"0123456789" * 500_000


def test_send_is_repeated_once_after_unauthorized(serve: Serve) -> None:
    """After a 401 the same body is sent once more, with fresh credentials; then never again."""
    tokens = iter(["old", "new", "never"])

    def load() -> Configuration:
        return Configuration(host=server.url, api_key={"BearerToken": f"Bearer {next(tokens)}"})

    server = serve([refuse(401, "Unauthorized"), refuse(401, "Unauthorized"), give({})])
    with Transport(load) as transport, pytest.raises(ApiError, match="401") as caught:
        transport.send("PATCH", "/api", b'{"a": 1}', content_type="application/merge-patch+json")
    assert caught.value.status == 401
    assert [
        (r.method, r.body, r.headers["content-type"], r.headers["authorization"])
        for r in server.requests
    ] == [
        ("PATCH", b'{"a": 1}', "application/merge-patch+json", f"Bearer {token}")
        for token in ("old", "new")
    ]


def test_unauthorized_send_that_then_succeeds(serve: Serve) -> None:
    """A token that has just been replaced costs nothing but a second request."""
    server = serve([refuse(401, "Unauthorized"), give({}, 201)])
    with Transport(lambda: Configuration(host=server.url)) as transport:
        assert transport.send("POST", "/api", b"{}").status == 201


@pytest.mark.parametrize("status", [307, 400, 403, 404, 409, 422, 429, 500, 503])
def test_refused_send(serve: Serve, connect: Connect, status: int) -> None:
    """A refusal is typed and nothing is sent a second time."""
    server = serve([refuse(status, "Why", {"Retry-After": "1", "Location": "/else"})])
    with pytest.raises(ApiError) as caught:
        connect(server).send("POST", "/api", b"{}")
    assert (caught.value.status, caught.value.reason) == (status, "Why")
    assert len(server.requests) == 1


def test_lost_send(serve: Serve, connect: Connect) -> None:
    """A connection that is lost while waiting leaves open whether it was done: no repetition."""
    server = serve([Exchange.reset, give({})])
    with pytest.raises(TransportError) as caught:
        connect(server).send("POST", "/api", b"{}")
    assert caught.value.kind == "connection"
    assert not isinstance(caught.value, UnsentError)
    assert len(server.requests) == 1


def test_send_over_a_connection_that_has_gone(serve: Serve, connect: Connect) -> None:
    """A kept connection that the server has closed is replaced before anything is sent."""

    def reply_and_cut(exchange: Exchange) -> None:
        exchange.reply(200, {})
        exchange.cut()

    server = serve([reply_and_cut, give({}, 201)])
    transport = connect(server)
    transport.get("/api")
    time.sleep(0.2)  # for the end of the connection to arrive
    assert transport.send("POST", "/api", b"{}").status == 201


def test_unsent(serve: Serve, connect: Connect, certificate: Certificate) -> None:
    """What cannot have left is told from what may have: no server, no TLS, closed, ended."""
    with FakeApiServer() as gone:
        nowhere = connect(gone)
    untrusted = connect(serve(tls=certificate.server_side))
    closed = connect(serve())
    closed.close()
    for transport, kind in ((nowhere, "connection"), (untrusted, "tls"), (closed, "closed")):
        with pytest.raises(UnsentError) as caught:
            transport.send("POST", "/api", b"{}")
        assert caught.value.kind == kind
    interrupt = Interrupt()
    interrupt.trigger()
    with pytest.raises(UnsentError) as caught:
        connect(serve()).send("POST", "/api", b"{}", interrupt=interrupt)
    assert caught.value.kind == "closed"


def test_unsent_for_want_of_credentials(serve: Serve) -> None:
    """A 401 and nothing to try it again with: the write was not done."""
    readings = iter([Configuration(host=serve([refuse(401, "Unauthorized")]).url)])

    def load() -> Configuration:
        for configuration in readings:
            return configuration
        raise KubeConfigError("kubeconfig /x: no such file")

    with Transport(load) as transport, pytest.raises(UnsentError) as caught:
        transport.send("POST", "/api", b"{}")
    assert caught.value.kind == "credentials"


@pytest.mark.parametrize("secure", [False, True])
def test_unsent_after_unauthorized(serve: Serve, certificate: Certificate, secure: bool) -> None:
    """If nobody listens any more after a 401, the write was not done either."""
    tls = certificate.server_side if secure else None
    with FakeApiServer(tls=tls) as gone:
        pass
    hosts = iter([serve([refuse(401, "Unauthorized")], tls).url, gone.url])

    def load() -> Configuration:
        return Configuration(host=next(hosts), ssl_ca_cert=str(certificate.ca))

    with Transport(load) as transport, pytest.raises(UnsentError) as caught:
        transport.send("POST", "/api", b"{}")
    assert caught.value.kind == "connection"


def test_cannot_connect_in_time() -> None:
    """The text is the same each time: urllib3's own has an address in memory."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with (
            socket.create_connection(("127.0.0.1", port)),  # takes the only place in the queue
            Transport(lambda: Configuration(host=f"http://127.0.0.1:{port}")) as transport,
            pytest.raises(UnsentError, match=r"^cannot connect in time$") as caught,
        ):
            transport.send("POST", "/api", b"{}", 0.1)
    assert caught.value.kind == "connection"


@pytest.mark.parametrize("reply", [Exchange.hold, _drip, _silent_body])
@pytest.mark.parametrize("secure", [False, True])
def test_send_ends_in_time(
    serve: Serve, certificate: Certificate, reply: Answer, secure: bool
) -> None:
    """Silence, a dripping body and one that stops are given up, and the write may be done."""
    server = serve([reply], certificate.server_side if secure else None)
    configuration = Configuration(host=server.url, ssl_ca_cert=str(certificate.ca))
    began = time.monotonic()
    with Transport(lambda: configuration) as transport, pytest.raises(TransportError) as caught:
        transport.send("POST", "/api", b"{}", 0.3)
    assert caught.value.kind == "timeout"
    assert not isinstance(caught.value, UnsentError)
    assert time.monotonic() - began < 8  # the dripping takes 10 s


def test_second_try_ends_in_time(serve: Serve) -> None:
    """A 401 does not begin the time anew: a slow one leaves less for the second try."""

    def slow(exchange: Exchange) -> None:
        time.sleep(0.5)
        refuse(401, "Unauthorized")(exchange)

    server = serve([slow])
    with (
        Transport(lambda: Configuration(host=server.url)) as transport,
        pytest.raises(TransportError, match=r"read timeout=0\.[0-4]") as caught,
    ):
        transport.send("POST", "/api", b"{}", 1.0)
    assert caught.value.kind == "timeout"
    assert len(server.requests) == 2


def _flood(exchange: Exchange) -> None:
    exchange.begin()
    while True:
        exchange.chunk(b" ")


@pytest.mark.parametrize("reply", [Exchange.hold, _drip, _flood, _silent_body])
def test_total_of_a_get(serve: Serve, connect: Connect, reply: Answer) -> None:
    """A get may have an end as well, however long a silence it bears."""
    began = time.monotonic()
    with pytest.raises(TransportError) as caught:
        connect(serve([reply])).get("/api", timeout=60.0, total=0.3)
    assert caught.value.kind == "timeout"
    assert time.monotonic() - began < 8


def test_refusal_that_stops_halfway_is_not_waited_for(serve: Serve, connect: Connect) -> None:
    """What the status says is known at the end of the time, without the rest of the text."""

    def half(exchange: Exchange) -> None:
        exchange.reply(409, b"it is", {"Content-Length": "5000"})
        exchange.hold()

    with pytest.raises(ApiError, match=r"^409 Conflict"):
        connect(serve([half])).send("POST", "/api", b"{}", 0.3)


@pytest.mark.parametrize("status", [200, 409])
def test_each_wait_is_cut(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """What has passed is taken off the time-out of each read, that of a refusal as well."""
    waits: list[float] = []

    def read(response: BaseHTTPResponse, call: TimedCall) -> bytes:
        waits.append(call._carrier.gettimeout())
        return answer.read(response, call)

    def refusal(response: BaseHTTPResponse, call: TimedCall) -> ApiError:
        waits.append(call._carrier.gettimeout())
        return answer.refusal(response, call)

    def slow(exchange: Exchange) -> None:
        time.sleep(0.3)
        exchange.begin(status=status)
        exchange.chunk(b"{")
        time.sleep(0.3)
        exchange.chunk(b"}")
        exchange.finish()

    monkeypatch.setattr(transport_module, "read", read)
    monkeypatch.setattr(transport_module, "refusal", refusal)
    transport = connect(serve([slow]))
    if status == 200:
        transport.send("POST", "/api", b"{}", 60.0)
        assert waits[-1] <= 59.4
    else:
        with pytest.raises(ApiError):
            transport.send("POST", "/api", b"{}", 60.0)
    assert waits[0] <= 59.7


def test_short_time_is_not_left_to_the_next(serve: Serve, connect: Connect) -> None:
    """A connection that served a call in a hurry serves the next with its own time."""
    ports = set()

    def slow(exchange: Exchange) -> None:
        ports.add(exchange._handler.client_address)
        exchange.begin()
        time.sleep(0.05)
        exchange.chunk(b"{}")
        exchange.finish()

    def slower(exchange: Exchange) -> None:
        time.sleep(2.0)
        slow(exchange)

    transport = connect(serve([slow, slower]))
    transport.send("POST", "/api", b"{}", 1.5)
    assert transport.send("POST", "/api", b"{}", 30.0).body == b"{}"
    assert len(ports) == 1


@pytest.mark.parametrize("how", ["close", "interrupt"])
def test_send_ended_from_another_thread(serve: Serve, connect: Connect, how: str) -> None:
    """A write that waits for its answer ends at once, and may be done."""
    transport, interrupt = connect(serve()), Interrupt()
    timer = threading.Timer(0.15, transport.close if how == "close" else interrupt.trigger)
    timer.start()
    began = time.monotonic()
    with pytest.raises(TransportError) as caught:
        transport.send("POST", "/api", b"{}", 30.0, interrupt=interrupt)
    assert caught.value.kind == "closed"
    assert not isinstance(caught.value, UnsentError)
    assert time.monotonic() - began < 10
    timer.join()
