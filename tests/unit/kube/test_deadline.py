"""The end of a call, without a server."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from extender.kube import deadline
from extender.kube.deadline import TimedCall, UnsentError


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    clock = [1000.0]
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return clock


class _Socket(socket.socket):
    """One that is not connected; what is asked of it is its time-out."""


@pytest.fixture
def carrier() -> Any:
    """A connection with a socket."""
    with _Socket() as sock:
        yield SimpleNamespace(sock=sock)


def test_limits(now: list[float]) -> None:
    """Each wait is cut to what is left of the whole, and is not made longer."""
    call = TimedCall(10.0)
    now[0] += 3
    limit = call.limit(5.0, 60.0)
    assert (limit.connect_timeout, limit.total) == (5.0, 7.0)
    assert limit.clone().read_timeout == 7.0
    now[0] += 3
    assert call.limit(5.0, 2.0).connect_timeout == 4.0
    assert call.limit(5.0, 2.0).read_timeout == 2.0
    now[0] += 4
    assert call.late
    with pytest.raises(UnsentError) as caught:
        call.limit(5.0, 2.0)
    assert caught.value.kind == "timeout"


def test_no_end(now: list[float], carrier: Any) -> None:
    """Without a total the waits stay as they are."""
    call = TimedCall()
    carrier.sock.settimeout(17.0)
    call.attach(carrier)
    now[0] += 1e6
    assert not call.late
    assert call.limit(5.0, 60.0).connect_timeout == 5.0
    assert call.limit(5.0, 60.0).read_timeout == 60.0
    call.hurry(SimpleNamespace(connection=carrier))  # type: ignore[arg-type] # all that is read
    assert carrier.sock.gettimeout() == 17.0


def test_hurry(now: list[float], carrier: Any) -> None:
    """A read waits for what is left, and never for nothing, which would be another mode."""
    call = TimedCall(10.0)
    call.attach(carrier)
    response: Any = SimpleNamespace(connection=carrier)
    now[0] += 4
    call.hurry(response)
    assert carrier.sock.gettimeout() == 6.0
    now[0] += 100
    call.hurry(response)
    assert 0 < carrier.sock.gettimeout() <= 0.01


def test_connection_of_another_is_left_alone(now: list[float], carrier: Any) -> None:
    """Once the connection is back in its pool, its socket is not touched."""
    call = TimedCall(10.0)
    call.attach(carrier)
    carrier.sock.settimeout(17.0)
    now[0] += 4
    released: Any = SimpleNamespace(connection=None)
    call.hurry(released)
    assert carrier.sock.gettimeout() == 17.0


def test_reached(carrier: Any) -> None:
    """A connection that is only to be opened has carried nothing; a detached one no more."""
    call = TimedCall()
    seen = []
    call.attach(SimpleNamespace(sock=None))  # type: ignore[arg-type] # all that is read of it
    seen.append(call.reached)
    call.attach(carrier)
    seen.append(call.reached)
    call.detach()
    seen.append(call.reached)
    assert seen == [False, True, False]
