"""Failures of each host since a container last started there."""

from __future__ import annotations

import math

import pytest

from extender.state import failed_builds
from extender.state.failed_builds import MOST_FAILURES, FailedBuilds


@pytest.fixture
def builds() -> FailedBuilds:
    """None yet."""
    return FailedBuilds()


def test_failures_are_counted(builds: FailedBuilds) -> None:
    """Each pod once, each host for itself."""
    assert builds.failed("a", "1", 10.0)
    assert builds.failed("a", "2", 11.0)
    assert builds.failed("b", "3", 11.0)
    assert not builds.failed("a", "1", 10.0)
    assert not builds.failed("a", "1", 99.0)
    assert [builds.count(host) for host in ("a", "b", "c")] == [2, 1, 0]
    assert len(builds) == 3


def test_one_success_is_enough(builds: FailedBuilds) -> None:
    """All failures before it are forgiven at once, those after it count."""
    for second in range(5):
        builds.failed("a", f"{second}", float(second))
    assert builds.started("a", 10.0)
    assert builds.count("a") == 0
    assert builds.failed("a", "late", 11.0)
    assert builds.count("a") == 1


def test_a_success_of_another_host(builds: FailedBuilds) -> None:
    """It is nothing to this one."""
    builds.failed("a", "1", 10.0)
    assert not builds.started("b", 20.0)
    assert builds.count("a") == 1
    assert not builds.knows("b")


def test_what_is_heard_of_late(builds: FailedBuilds) -> None:
    """A failure before the latest start does not count, however late it is told."""
    builds.failed("a", "1", 10.0)
    builds.started("a", 20.0)
    assert not builds.failed("a", "2", 15.0)
    assert not builds.failed("a", "1", 10.0)
    assert builds.count("a") == 0
    assert not builds.started("a", 5.0)
    assert builds.failed("a", "3", 25.0)


@pytest.mark.parametrize(("failed", "counts"), [(19.9, 0), (20.0, 1), (20.5, 1), (20.95, 1)])
def test_the_second_of_a_start(builds: FailedBuilds, failed: float, counts: int) -> None:
    """The API's times have whole seconds, so what failed in that second counts."""
    builds.failed("a", "1", failed)
    builds.started("a", 20.9)
    assert builds.count("a") == counts


def test_the_count_has_a_bound(builds: FailedBuilds) -> None:
    """A pod that is made again and again fills no memory; the newest failures are kept."""
    for number in range(MOST_FAILURES):
        assert builds.failed("a", f"{number:04}", float(number))
    assert not builds.failed("a", "newer", 1000.0)
    assert not builds.failed("a", "older", -5.0)
    assert builds.count("a") == len(builds) == MOST_FAILURES
    # Of 0 to 99 and 1000, the first has gone; "older" went as it came.
    builds.started("a", 99.0)
    assert builds.count("a") == 2


def test_failures_at_one_time(builds: FailedBuilds) -> None:
    """They are told apart by their UIDs, and so go in the same order however they come."""
    for number in reversed(range(MOST_FAILURES + 1)):
        builds.failed("a", f"{number:04}", 5.0)
    assert builds.count("a") == MOST_FAILURES
    assert not builds.failed("a", "0000", 5.0)
    assert builds.count("a") == MOST_FAILURES


def test_hosts_that_go(builds: FailedBuilds) -> None:
    """They are forgotten, and one of the name begins anew."""
    builds.failed("a", "1", 10.0)
    builds.started("a", 20.0)
    builds.forget("a")
    builds.forget("never seen")
    assert builds.count("a") == 0
    assert not builds.knows("a")
    assert builds.failed("a", "1", 10.0)


def test_hosts_never_seen(builds: FailedBuilds, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have a bound as well; the one that nothing was heard of for longest goes."""
    monkeypatch.setattr(failed_builds, "MOST_HOSTS", 2)
    builds.failed("a", "1", 10.0)
    builds.failed("b", "2", 10.0)
    builds.failed("a", "3", 11.0)
    builds.failed("c", "4", 12.0)
    assert builds.hosts() == ["a", "c"]
    assert builds.count("a") == 2


@pytest.mark.parametrize("at", [math.inf, -math.inf])
def test_times_that_are_none(builds: FailedBuilds, at: float) -> None:
    """Nothing the API could tell, and no error."""
    builds.failed("a", "1", 10.0)
    builds.started("a", at)
    assert builds.count("a") == (1 if at < 0 else 0)
