"""Names of filters."""

from __future__ import annotations

import time

from extender.config.class_names import check_filters, nearest
from extender.config.load import load
from extender.config.options import Config
from extender.config.problems import Problem

FILTERS = [
    "RetryFilter",
    "AvailabilityZoneFilter",
    "AggregateTypeAffinityFilter",
    "CoreFilter",
    "RamFilter",
    "DiskFilter",
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
]


def check(text: str) -> list[Problem]:
    """Check the names of group ``filter_scheduler`` written as this text."""
    return check_filters(load(None, f"filter_scheduler: {text}").config, FILTERS)


def test_the_defaults_are_known() -> None:
    """All filters of the defaults exist."""
    assert check_filters(Config(), FILTERS) == []


def test_unknown_filters_stop_the_start_with_novas_message() -> None:
    """All unknown names stand in one message, each with what was probably meant."""
    (problem,) = check("{enabled_filters: [CorFilter, RamFilter, diskfilter]}")
    assert problem.path == "filter_scheduler.enabled_filters"
    assert problem.message == "Scheduler Host Filter CorFilter, diskfilter could not be found."
    assert "CoreFilter" in problem.accepted.partition("for CorFilter")[0]
    assert "DiskFilter" in problem.accepted.partition("for diskfilter")[0]


def test_a_name_like_none_is_answered_with_all() -> None:
    """A list to choose from, in order."""
    (problem,) = check("{enabled_filters: [Xyzzy]}")
    assert problem.accepted == "one of " + ", ".join(sorted(FILTERS))


def test_a_name_like_none_does_not_hide_what_another_meant() -> None:
    """First the guesses, then the list."""
    (problem,) = check("{enabled_filters: [Xyzzy, RamFiltr]}")
    assert problem.accepted.startswith("RamFilter")
    assert "for RamFiltr; one of AggregateTypeAffinityFilter, " in problem.accepted


def test_a_filter_given_by_its_path_is_recognised() -> None:
    """Nova enables by class name; the path of the class leads there."""
    (problem,) = check("{enabled_filters: [nova.scheduler.filters.ram_filter.RamFilter]}")
    assert problem.accepted.startswith("RamFilter")


def test_an_unknown_name_is_named_once() -> None:
    """However often it is enabled."""
    (problem,) = check("{enabled_filters: [CorFilter, CorFilter]}")
    assert problem.message == "Scheduler Host Filter CorFilter could not be found."


def test_nothing_known_is_no_crash() -> None:
    """Without any filter every name is unknown."""
    assert len(check_filters(Config(), [])) == 1


def test_the_nearest_name_does_not_mind_case() -> None:
    """The name is given as it is known."""
    assert nearest("default", ["server", "DEFAULT"]) == ["DEFAULT"]
    assert nearest("zzz", ["server", "DEFAULT"]) == []


def test_a_very_long_name_is_not_compared() -> None:
    """It would take long and lead nowhere."""
    start = time.monotonic()
    assert nearest("x" * 10**6, ["x" * 10]) == []
    assert time.monotonic() - start < 10
