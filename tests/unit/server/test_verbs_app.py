"""extender.server.verbs_app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import pytest
from werkzeug.test import Client

from extender.protocol.errors import ProtocolError
from extender.protocol.replies import Reply
from extender.server.verbs_app import CLOSE, FORBIDDEN, VerbsApp

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Bench:
    """A VerbsApp with handlers that note what they were given."""

    def __init__(self) -> None:
        self.missing: str | None = ""
        self.seen: list[tuple[str, str]] = []
        self.raised: list[tuple[str, Exception]] = []
        self.closed = 0
        self.handler: Callable[[bytes], Reply] = lambda body: Reply(200, b'{"got":%d}' % len(body))
        self.app = VerbsApp(
            {"filter": self.handle, "prioritize": self.handle},
            self.fallback,
            ready=self.ready,
            max_body_bytes=100,
            observe=self.observe,
            on_exception=self.on_exception,
        )
        self.client = Client(self.app)

    def handle(self, body: bytes) -> Reply:
        """Answer as the test wants it."""
        return self.handler(body)

    def ready(self) -> str:
        """Say what the test wants to be missing."""
        if self.missing is None:
            raise ValueError
        return self.missing

    def observe(self, verb: str, outcome: str, seconds: float) -> None:
        """Note an observation."""
        assert 0 <= seconds < 5
        self.seen.append((verb, outcome))

    def on_exception(self, verb: str, error: Exception) -> None:
        """Note a report."""
        self.raised.append((verb, error))

    def close(self) -> None:
        """Note that the connection is given up."""
        self.closed += 1

    @staticmethod
    def fallback(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer what is no verb."""
        start_response("418 I'm a teapot", [("Content-Type", "text/plain")])
        return [b"fallback"]

    def post(
        self, path: str, body: bytes = b"{}", environ: Mapping[str, Any] = MappingProxyType({})
    ) -> tuple[int, dict[str, str], Any]:
        """Post a body; the status, the headers and the decoded reply."""
        overrides = {CLOSE: self.close, **environ}
        with self.client.post(path, data=body, environ_overrides=overrides) as response:
            assert int(response.headers["Content-Length"]) == len(response.data)
            assert response.headers["Content-Type"] == "application/json"
            return response.status_code, dict(response.headers), json.loads(response.data)


@pytest.fixture
def bench() -> Bench:
    """A fresh VerbsApp."""
    return Bench()


@pytest.mark.parametrize("path", ["/filter", "/filter/", "/prioritize", "/prioritize/"])
def test_verbs_are_answered(bench: Bench, path: str) -> None:
    """A verb is answered with its handler's reply, whether or not a slash follows."""
    assert bench.post(path)[::2] == (200, {"got": 2})
    assert bench.seen == [(path.strip("/"), "ok")]
    assert bench.closed == 0


@pytest.mark.parametrize("path", ["/", "/filters", "/filter/x", "/Filter", "/filter//"])
def test_other_paths_go_to_the_fallback(bench: Bench, path: str) -> None:
    """Everything that is no verb is the fallback's."""
    with bench.client.post(path) as response:
        assert (response.status_code, response.data) == (418, b"fallback")
    assert bench.seen == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_only_post(bench: Bench, method: str) -> None:
    """Other methods are told which one it is."""
    with bench.client.open("/filter", method=method) as response:
        assert response.status_code == 405
        assert response.headers["Allow"] == "POST"
        assert response.headers["Content-Type"] == "application/json"
        if method != "HEAD":
            assert f"/filter answers POST, not {method}" in json.loads(response.data)["Error"]
    assert bench.seen == [("filter", "bad_method")]


@pytest.mark.parametrize("verb", ["filter", "prioritize"])
def test_not_ready(bench: Bench, verb: str) -> None:
    """503 with what is missing, and the connection given up, until everything is there."""
    bench.missing = "nodes are not synced yet"
    assert bench.post(f"/{verb}")[::2] == (503, {"Error": "nodes are not synced yet"})
    assert bench.seen == [(verb, "not_ready")]
    assert bench.closed == 1
    bench.missing = ""
    assert bench.post(f"/{verb}")[0] == 200


@pytest.mark.parametrize(("verb", "status"), [("filter", 200), ("prioritize", 403)])
def test_forbidden(bench: Bench, verb: str, status: int) -> None:
    """Why, where kube-scheduler shows it; before anything else is told, and nobody is asked."""
    bench.missing = "nodes are not synced yet"
    bench.handler = lambda _: pytest.fail("the verb was asked")
    answered, _, reply = bench.post(f"/{verb}", environ={FORBIDDEN: "no such client"})
    assert answered == status
    assert reply["Error"].endswith("no such client")
    assert bench.seen == [(verb, "forbidden")]
    assert bench.closed == 1
    bench.missing, bench.handler = "", lambda _: Reply(200, b"{}")
    assert bench.post(f"/{verb}", environ={FORBIDDEN: ""})[0] == 200


def test_other_paths_are_forbidden_too(bench: Bench) -> None:
    """The fallback is not asked either."""
    status, _, reply = bench.post("/", environ={FORBIDDEN: "no such client"})
    assert (status, reply) == (403, {"Error": "no such client"})
    assert bench.closed == 1
    assert bench.seen == []


def test_too_large_for_filter(bench: Bench) -> None:
    """Too large a body is an Error in filter's own reply, and the end of the connection."""
    status, _, reply = bench.post("/filter", b"x" * 101)
    assert status == 200
    assert reply["NodeNames"] == []
    assert "101 bytes long, the limit is 100 bytes (option server.max_body_bytes)" in reply["Error"]
    assert bench.seen == [("filter", "too_large")]
    assert bench.closed == 1


def test_too_large_for_prioritize(bench: Bench) -> None:
    """A reply without an Error leaves the HTTP status."""
    status, _, reply = bench.post("/prioritize", b"x" * 101)
    assert status == 413
    assert "101 bytes long" in reply["Error"]
    assert bench.closed == 1


@pytest.mark.parametrize(("verb", "status"), [("filter", 200), ("prioritize", 400)])
def test_short_body(bench: Bench, verb: str, status: int) -> None:
    """A body that ends too soon is answered, and the connection given up."""
    found, _, reply = bench.post(f"/{verb}", b"{}", {"CONTENT_LENGTH": "50"})
    assert found == status
    assert "after 2 of the 50 bytes" in reply["Error"]
    assert bench.seen == [(verb, "bad_body")]
    assert bench.closed == 1


@pytest.mark.parametrize(("verb", "status"), [("filter", 200), ("prioritize", 400)])
def test_protocol_error(bench: Bench, verb: str, status: int) -> None:
    """What is wrong with a request is told to whoever sent it, and nobody else."""

    def refuse(_body: bytes) -> Reply:
        raise ProtocolError("$.Pod is missing or null")

    bench.handler = refuse
    found, _, reply = bench.post(f"/{verb}")
    assert found == status
    assert reply["Error"].endswith("$.Pod is missing or null")
    assert bench.seen == [(verb, "bad_request")]
    assert bench.raised == []
    assert bench.closed == 0


@pytest.mark.parametrize(("verb", "status"), [("filter", 200), ("prioritize", 500)])
@pytest.mark.parametrize("error", [KeyError("secret"), RecursionError("deep"), MemoryError()])
def test_internal_error(bench: Bench, verb: str, status: int, error: Exception) -> None:
    """A bug is reported inside and only named outside."""

    def fail(_body: bytes) -> Reply:
        raise error

    bench.handler = fail
    found, _, reply = bench.post(f"/{verb}")
    assert found == status
    assert f"internal error in {verb}; the log of nova-extender says more" in reply["Error"]
    assert "secret" not in str(reply)
    assert bench.raised == [(verb, error)]
    assert bench.seen == [(verb, "error")]


def test_ready_that_raises(bench: Bench) -> None:
    """A broken readiness check is an internal error like any other."""
    bench.missing = None
    assert "internal error" in bench.post("/filter")[2]["Error"]
    assert len(bench.raised) == 1


def test_broken_reporters_do_not_cost_the_reply(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Metrics and the reporting of errors may fail; the reply goes out."""

    def fail(*_args: object) -> None:
        raise OSError("disk full")

    app = VerbsApp(
        {"filter": bench.handler}, bench.fallback, lambda: "", 100, observe=fail, on_exception=fail
    )
    monkeypatch.setattr(bench, "client", Client(app))
    assert bench.post("/filter")[::2] == (200, {"got": 2})


def test_a_verb_without_an_environ_key(bench: Bench) -> None:
    """A server that cannot close a connection on request serves as well."""
    with bench.client.post("/filter", data=b"x" * 101) as response:
        assert response.status_code == 200


def test_error_replies_are_the_verbs_own(bench: Bench) -> None:
    """A verb named there tells its errors in its own reply type."""
    app = VerbsApp(
        {"bind": bench.handler},
        bench.fallback,
        lambda: "",
        100,
        bench.observe,
        bench.on_exception,
        error_replies={"bind": lambda text: json.dumps({"Error": text, "own": True}).encode()},
    )
    with Client(app).post("/bind", data=b"x" * 101) as response:
        assert response.status_code == 200
        assert json.loads(response.data)["own"] is True


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_keeps_to_wsgi(bench: Bench, method: str) -> None:
    """The standard library's validator of PEP 3333 finds nothing."""
    with Client(validator(bench.app)).open("/filter", method=method, data=b"{}") as response:
        assert response.data
