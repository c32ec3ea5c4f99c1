"""Nova's group ``scheduler``: names, defaults and limits."""

from __future__ import annotations

import pytest

from extender.config.scheduler_group import SchedulerGroup
from tests.unit.config.reading import check_limits, check_switch, refusal, value

PRE_FILTERS = (
    "limit_tenants_to_placement_aggregate",
    "placement_aggregate_required_for_tenants",
    "query_placement_for_availability_zone",
    "enable_isolated_aggregate_filtering",
)


def test_defaults_of_scheduler() -> None:
    """Nova's of release 17 to 23: no pre-filter demands anything."""
    group = SchedulerGroup()
    assert (group.driver, group.max_attempts) == ("filter_scheduler", 3)
    assert group.periodic_task_interval == 60
    assert [getattr(group, name) for name in PRE_FILTERS] == [False] * 4


@pytest.mark.parametrize(
    "driver", ["filter_scheduler", "caching_scheduler", "chance_scheduler", "fake_scheduler"]
)
def test_the_four_drivers(driver: str) -> None:
    """Under Nova's names, in any case."""
    assert value("scheduler", "driver", driver) == driver
    assert value("scheduler", "driver", driver.upper()) == driver


@pytest.mark.parametrize(
    ("path", "driver"),
    [
        ("nova.scheduler.filter_scheduler.FilterScheduler", "filter_scheduler"),
        ("nova.scheduler.caching_scheduler.CachingScheduler", "caching_scheduler"),
        ("nova.scheduler.chance.ChanceScheduler", "chance_scheduler"),
    ],
)
def test_the_driver_may_be_given_by_its_class(path: str, driver: str) -> None:
    """As Nova had it before release 13, under the name it had then, too."""
    assert value("scheduler", "driver", path) == driver


@pytest.mark.parametrize("text", ["simple", "multi", "''", "' filter_scheduler'"])
def test_an_unknown_driver_is_a_mistake(text: str) -> None:
    """What is accepted is named."""
    assert refusal("scheduler", "driver", text).endswith("is none of the choices")
    assert refusal("scheduler", "driver", "null") == "null is not a text"


@pytest.mark.parametrize("name", ["max_attempts", "periodic_task_interval"])
def test_limits_of_the_scheduler(name: str) -> None:
    """One or more: no attempt at all, and a picture taken at no interval, are nothing."""
    check_limits("scheduler", name, 1)


@pytest.mark.parametrize("name", PRE_FILTERS)
def test_pre_filters_are_switches(name: str) -> None:
    """On or off."""
    check_switch("scheduler", name)
