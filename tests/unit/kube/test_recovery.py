"""How long to wait and whether to list again, without a server."""

from __future__ import annotations

import random

import pytest

from extender.kube.errors import ApiError, TransportError
from extender.kube.recovery import LONGEST, LONGEST_ASKED, SHORTEST, STUCK, Recovery


@pytest.fixture
def recovery() -> Recovery:
    """A fresh one."""
    return Recovery(random.Random(7))  # noqa: S311 - jitter


def test_pauses_grow_and_are_bounded(recovery: Recovery) -> None:
    """Each pause lies in the upper half of a doubling range, between 0.5 s and 5 s."""
    lost = TransportError("lost", "connection")
    for ceiling in (1, 2, 4, 8, 16):
        bounded = min(ceiling, LONGEST)
        assert max(SHORTEST, bounded / 2) <= recovery.failed(lost).delay <= bounded


def test_pauses_differ() -> None:
    """Reflectors that fail together do not come back together."""
    lost = TransportError("lost", "connection")
    delays = {Recovery(random.Random(seed)).failed(lost).delay for seed in range(20)}  # noqa: S311
    assert len(delays) == 20


def test_health_resets_the_pause(recovery: Recovery) -> None:
    """After a watch that ran for a while the next failure is a first one."""
    lost = TransportError("lost", "connection")
    for _ in range(6):
        recovery.failed(lost)
    recovery.healthy()
    assert recovery.failed(lost).delay <= 1.0


def test_ordinary_ends_cost_nothing_the_first_time(recovery: Recovery) -> None:
    """An orderly end is followed up at once; a server that does nothing else is not."""
    assert recovery.closed().delay == 0
    assert recovery.closed().delay >= SHORTEST


def test_expired_after_an_outage_costs_nothing(recovery: Recovery) -> None:
    """A server that comes back has forgotten our version: listed at once, but not in a loop."""
    lost, gone = TransportError("lost", "connection"), ApiError(410, "Expired", "")
    for _ in range(6):
        recovery.failed(lost)
    assert recovery.failed(gone).delay == 0
    assert 0.5 <= recovery.failed(gone).delay <= 2
    assert 1 <= recovery.failed(gone).delay <= 4
    recovery.healthy()
    assert recovery.failed(gone).delay == 0


@pytest.mark.parametrize(
    ("error", "cause", "relist"),
    [
        (ApiError(410, "Expired", ""), "expired", True),
        (ApiError(401, "Unauthorized", ""), "unauthorized", False),
        (ApiError(403, "Forbidden", ""), "forbidden", False),
        (ApiError(404, "NotFound", ""), "missing", True),
        (ApiError(429, "TooManyRequests", ""), "throttled", False),
        (ApiError(503, "ServiceUnavailable", ""), "api", False),
        (TransportError("", "timeout"), "timeout", False),
        (TransportError("", "tls"), "tls", False),
        (TransportError("", "protocol"), "protocol", False),
        (KeyError("bug"), "internal", True),
    ],
)
def test_causes(recovery: Recovery, error: Exception, cause: str, relist: bool) -> None:
    """Each kind of end has its label, and lists again only where it must."""
    verdict = recovery.failed(error)
    assert (verdict.cause, verdict.relist) == (cause, relist)


def test_retry_after_is_a_lower_bound(recovery: Recovery) -> None:
    """The server's wish is obeyed and never undercut, but a day is not."""
    assert recovery.failed(ApiError(429, "", "", 20)).delay >= 20
    assert recovery.failed(ApiError(503, "", "", 20)).delay >= 20
    day = recovery.failed(ApiError(429, "", "", 86400)).delay
    assert LONGEST_ASKED <= day <= 1.25 * LONGEST_ASKED


def test_stuck_version_is_given_up(recovery: Recovery) -> None:
    """The same version failing again and again is; progress in between, or a 503, is not."""
    failure = ApiError(504, "Timeout", "Too large resource version")
    for _ in range(STUCK - 1):
        assert not recovery.failed(failure).relist
    recovery.progressed()
    for _ in range(STUCK - 1):
        assert not recovery.failed(failure).relist
    for _ in range(STUCK):
        assert not recovery.failed(ApiError(503, "ServiceUnavailable", "")).relist
    assert recovery.failed(failure).relist
    assert not recovery.failed(failure).relist


@pytest.mark.parametrize("error", [None, TransportError("silent", "timeout")])
def test_version_without_an_echo_is_given_up(recovery: Recovery, error: Exception | None) -> None:
    """Watches from a version that lies in the future bring nothing, not even a bookmark."""
    verdicts = [recovery.failed(error) if error else recovery.closed() for _ in range(STUCK)]
    assert [verdict.relist for verdict in verdicts] == [False] * (STUCK - 1) + [True]


def test_told_once(recovery: Recovery) -> None:
    """The same failure is told once until something has come; another one is told."""
    lost = TransportError("lost", "connection")
    assert recovery.failed(lost).text == "lost"
    assert recovery.failed(lost).text is None
    assert recovery.failed(ApiError(403, "Forbidden", "no")).text == "403 Forbidden: no"
    recovery.progressed()
    assert recovery.failed(ApiError(403, "Forbidden", "no")).text == "403 Forbidden: no"
