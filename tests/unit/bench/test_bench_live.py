"""tests.bench.live: what is worked out from what was seen."""

from __future__ import annotations

import os

import pytest

from tests.bench.live import cpu, rates


def test_rate_by_hand() -> None:
    """From 5 of 100 pods at 0.5 s to 95 at 9.5 s: 90 pods in 9 s."""
    samples = [(0.0, 0.0), (1.0, 10.0), (9.0, 90.0), (10.0, 100.0)]
    assert rates.rate(samples, 100) == pytest.approx(10.0)


def test_a_slow_start_does_not_count() -> None:
    """The first 5 % may take as long as they like."""
    samples = [(0.0, 0.0), (60.0, 5.0), (61.0, 95.0), (99.0, 100.0)]
    assert rates.rate(samples, 100) == pytest.approx(90.0)


def test_what_was_never_reached() -> None:
    """There is no rate of pods that were not scheduled."""
    with pytest.raises(ValueError, match=r"95\.0 was never reached"):
        rates.rate([(0.0, 0.0), (1.0, 50.0)], 100)


def test_a_process_with_a_strange_name() -> None:
    """The command may hold blanks and parentheses; group 7, user and system ticks follow."""
    stat = "42 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 30 12 5 5 20 0 1 0"
    assert cpu.parse(stat) == (7, 42)


def test_this_process() -> None:
    """Its own group has used CPU time, and no less later."""
    groups = {"me": os.getpgrp()}
    before = cpu.used(groups)
    sum(n * n for n in range(300_000))
    used = cpu.between(before, cpu.used(groups))
    assert before["me"] > 0
    assert 0 <= used["me"] < 60
