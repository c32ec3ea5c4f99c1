"""Names of filters and weighers."""

from __future__ import annotations

import time

import pytest

from extender.config.class_names import check_names, nearest
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
]
WEIGHERS = ["RAMWeigher", "CPUWeigher"]


def check(text: str) -> list[Problem]:
    """Check the names of group ``filter_scheduler`` written as this text."""
    return check_names(load(None, f"filter_scheduler: {text}").config, FILTERS, WEIGHERS)


def test_the_defaults_are_known() -> None:
    """All filters and weighers of the defaults exist."""
    assert check_names(Config(), FILTERS, WEIGHERS) == []


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


def test_a_mistyped_function_is_taken_for_the_function() -> None:
    """Not for a weigher, though their names are alike too."""
    (problem,) = check("{weight_classes: [nova.scheduler.weights.all_weigher]}")
    assert problem.accepted.startswith("nova.scheduler.weights.all_weighers")


def test_a_filter_given_by_its_path_is_recognised() -> None:
    """Nova enables by class name; the path of the class leads there."""
    (problem,) = check("{enabled_filters: [nova.scheduler.filters.ram_filter.RamFilter]}")
    assert problem.accepted.startswith("RamFilter")


def test_an_unknown_name_is_named_once() -> None:
    """However often it is enabled."""
    (problem,) = check("{enabled_filters: [CorFilter, CorFilter]}")
    assert problem.message == "Scheduler Host Filter CorFilter could not be found."


@pytest.mark.parametrize(
    "name",
    ["nova.scheduler.weights.all_weighers", "nova.scheduler.weights.ram.RAMWeigher", "CPUWeigher"],
)
def test_weighers_are_known_by_class_or_path(name: str) -> None:
    """Nova's path of a class leads to the class of that name here."""
    assert check(f"{{weight_classes: [{name}]}}") == []


def test_weighers_may_be_known_by_their_path() -> None:
    """Third-party classes may be handed in as paths."""
    config = load(None, "filter_scheduler: {weight_classes: [mine.MyWeigher]}").config
    assert check_names(config, FILTERS, ["mine.MyWeigher"]) == []
    assert len(check_names(config, FILTERS, [])) == 1


def test_unknown_weighers_are_reported_beside_unknown_filters() -> None:
    """One problem for each of the two options."""
    filters, weighers = check("{enabled_filters: [X], weight_classes: [nova.weights.RAMWeiger]}")
    assert filters.path == "filter_scheduler.enabled_filters"
    assert weighers.path == "filter_scheduler.weight_classes"
    assert weighers.message == "Class nova.weights.RAMWeiger could not be found."
    assert "RAMWeigher" in weighers.accepted


def test_nothing_known_is_no_crash() -> None:
    """Without any filter every name is unknown."""
    assert len(check_names(Config(), [], [])) == 1


def test_the_nearest_name_does_not_mind_case() -> None:
    """The name is given as it is known."""
    assert nearest("default", ["server", "DEFAULT"]) == ["DEFAULT"]
    assert nearest("zzz", ["server", "DEFAULT"]) == []


def test_a_very_long_name_is_not_compared() -> None:
    """It would take long and lead nowhere."""
    start = time.monotonic()
    assert nearest("x" * 10**6, ["x" * 10]) == []
    assert time.monotonic() - start < 1
