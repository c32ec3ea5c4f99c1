"""Tests of extender.observe.recorder."""

from __future__ import annotations

import structlog

from extender.model.attempt import Attempt
from extender.observe.log import Log
from extender.observe.metrics import Metrics
from extender.observe.recorder import MOST, Recorder
from tests.unit.observe.making import FILTERS, NO_VCPUS, attempt, part, weighed


class Broken:
    """Fails at whatever it is asked to do."""

    def record(self, attempt: Attempt) -> None:
        """Fail."""
        raise RuntimeError(attempt.name)

    def failure(self, what: str, error: Exception) -> None:
        """Fail too, as a log does whose stderr is gone."""
        raise BrokenPipeError(what) from error


ONE = b'nova_extender_attempts_total{result="no_valid_host"} 1.0'


def test_an_attempt_is_counted_and_logged() -> None:
    """It is logged at once, and counted when the reply is out or somebody reads the metrics."""
    metrics = Metrics(FILTERS)
    recorder = Recorder(metrics, Log())
    with structlog.testing.capture_logs() as lines:
        recorder(attempt(part({"a": (1, NO_VCPUS)})))
    assert ONE not in metrics.exposition()[0]
    assert ONE in recorder.exposition()[0]
    recorder.settle()
    assert ONE in metrics.exposition()[0]
    assert ("info", "Filter CoreFilter returned 0 hosts") in [
        (line["log_level"], line["event"]) for line in lines
    ]


def test_an_attempt_is_counted_as_it_was() -> None:
    """Its weighing may come before its filtering was counted: neither is lost or counted twice."""
    metrics = Metrics(FILTERS)
    recorder = Recorder(metrics, Log())
    one = attempt(part({"a": None, "b": None}))
    recorder(one)
    one.weighed = weighed({"a": 1.0, "b": 2.0})
    recorder(one)
    text = recorder.exposition()[0]
    assert b'nova_extender_attempts_total{result="passed"} 1.0' in text


def test_attempts_that_nobody_settles() -> None:
    """Where nobody calls ``settle`` no more than a few hundred wait."""
    metrics = Metrics(FILTERS)
    recorder = Recorder(metrics, Log())
    for _ in range(MOST + 1):
        recorder(attempt(part({"a": None})))
    assert b'nova_extender_attempts_total{result="passed"} 257.0' in metrics.exposition()[0]


def test_a_failure_harms_neither_the_verdict_nor_the_rest() -> None:
    """Where counting fails the attempt is logged all the same, and so is the failure."""
    with structlog.testing.capture_logs() as lines:
        recorder = Recorder(Broken(), Log())  # type: ignore[arg-type]  # stands for a fault
        recorder(attempt(part({"a": (1, NO_VCPUS)})))
        recorder.settle()
    texts = [line["event"] for line in lines]
    assert texts[-1] == "recording an attempt failed: RuntimeError('web-0')"
    assert "Filter CoreFilter returned 0 hosts" in texts


def test_even_a_broken_log_harms_nothing() -> None:
    """Nobody is left to be told."""
    broken = Broken()
    recorder = Recorder(broken, broken)  # type: ignore[arg-type]  # likewise
    recorder(attempt(part({"a": None})))
    recorder.settle()
