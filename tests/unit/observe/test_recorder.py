"""Tests of extender.observe.recorder."""

from __future__ import annotations

import structlog

from extender.model.attempt import Attempt
from extender.observe.log import Log
from extender.observe.metrics import Metrics
from extender.observe.recorder import Recorder
from tests.unit.observe.making import FILTERS, NO_VCPUS, attempt, part


class Broken:
    """Fails at whatever it is asked to do."""

    def record(self, attempt: Attempt) -> None:
        """Fail."""
        raise RuntimeError(attempt.name)

    def failure(self, what: str, error: Exception) -> None:
        """Fail too, as a log does whose stderr is gone."""
        raise BrokenPipeError(what) from error


def test_an_attempt_is_counted_and_logged() -> None:
    """One call does both."""
    metrics = Metrics(FILTERS)
    with structlog.testing.capture_logs() as lines:
        Recorder(metrics, Log())(attempt(part({"a": (1, NO_VCPUS)})))
    assert b'nova_extender_attempts_total{result="no_valid_host"} 1.0' in metrics.exposition()[0]
    assert ("info", "Filter CoreFilter returned 0 hosts") in [
        (line["log_level"], line["event"]) for line in lines
    ]


def test_a_failure_harms_neither_the_verdict_nor_the_rest() -> None:
    """Where counting fails the attempt is logged all the same, and so is the failure."""
    with structlog.testing.capture_logs() as lines:
        recorder = Recorder(Broken(), Log())  # type: ignore[arg-type]  # stands for a fault
        recorder(attempt(part({"a": (1, NO_VCPUS)})))
    texts = [line["event"] for line in lines]
    assert texts[0] == "recording an attempt failed: RuntimeError('web-0')"
    assert "Filter CoreFilter returned 0 hosts" in texts


def test_even_a_broken_log_harms_nothing() -> None:
    """Nobody is left to be told."""
    broken = Broken()
    Recorder(broken, broken)(attempt(part({"a": None})))  # type: ignore[arg-type]  # likewise
