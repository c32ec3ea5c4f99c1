"""The version of the API server."""

from __future__ import annotations

import time

import pytest

from extender.kube import transport
from extender.kube.deadline import TimedCall
from extender.kube.errors import ApiError, TransportError
from extender.kube.version import server_version
from tests.unit.kube.apiserver import Answer, Connect, Exchange, Serve, give, refuse


@pytest.mark.parametrize(
    ("major", "minor", "version"),
    [
        ("1", "37", (1, 37)),
        ("1", "37+", (1, 37)),
        ("1", "9-gke.1", (1, 9)),
        ("2", "0", (2, 0)),
    ],
)
def test_versions(
    serve: Serve, connect: Connect, major: str, minor: str, version: tuple[int, int]
) -> None:
    """Digits count; what a provider appends does not."""
    server = serve([give({"major": major, "minor": minor, "gitVersion": "v1.37.1"})])
    assert server_version(connect(server), 5.0) == version
    assert server.requests[0].path == "/version"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html>",
        b'{"major": 1, "minor": 37}',
        b'{"major": "", "minor": ""}',
        b'{"major": "1", "minor": "x"}',
        b'{"major": "one", "minor": "37"}',
        b'{"major": "\xff", "minor": "37"}',
        b"[" * 100_000,
    ],
)
def test_no_version(serve: Serve, connect: Connect, body: bytes) -> None:
    """What names no version is against the protocol, and the text says where it was."""
    with pytest.raises(TransportError, match=r"^/version: ") as caught:
        server_version(connect(serve([give(body)])), 5.0)
    assert caught.value.kind == "protocol"


def test_endless_number(serve: Serve, connect: Connect) -> None:
    """A number of any length is read in no time, and is no version of today."""
    server = serve([give({"major": "1", "minor": "9" * 100_000})])
    assert server_version(connect(server), 5.0) == (1, 999999)


def test_refused(serve: Serve, connect: Connect) -> None:
    """A refusal is the caller's."""
    with pytest.raises(ApiError, match="403"):
        server_version(connect(serve([refuse(403, "Forbidden")])), 5.0)


def _late(exchange: Exchange) -> None:
    time.sleep(0.2)
    exchange.begin()
    exchange.hold()


@pytest.mark.parametrize("answer", [Exchange.hold, _late])
def test_no_answer(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    """Silence ends with the time, and the time is for all of it."""
    ends: list[float | None] = []

    def timed(total: float | None) -> TimedCall:
        ends.append(total)
        return TimedCall(total)

    monkeypatch.setattr(transport, "TimedCall", timed)
    with pytest.raises(TransportError) as caught:
        server_version(connect(serve([answer])), 0.5)
    assert caught.value.kind == "timeout"
    assert ends == [0.5]
