"""Nova's groups: names, defaults and limits."""

from __future__ import annotations

from fractions import Fraction

import pytest

from extender.config.load import load
from extender.config.nova_groups import DefaultGroup, FilterSchedulerGroup, SchedulerGroup
from extender.config.problems import ConfigError


def value(group: str, name: str, text: str) -> object:
    """What the option is read as."""
    return getattr(getattr(load(None, f"{group}: {{{name}: {text}}}").config, group), name)


def refusal(group: str, name: str, text: str) -> str:
    """The message with which the value is refused, under the option's path."""
    with pytest.raises(ConfigError) as caught:
        load(None, f"{group}: {{{name}: {text}}}")
    (problem,) = caught.value.problems
    assert problem.path == f"{group}.{name}"
    assert problem.accepted
    return problem.message


def test_defaults_of_default() -> None:
    """No overcommitment and no reserves until someone says so; zones as in Nova."""
    group = DefaultGroup()
    assert (group.cpu_allocation_ratio, group.ram_allocation_ratio) == (None, None)
    assert group.disk_allocation_ratio is None
    assert group.initial_cpu_allocation_ratio == 1
    assert group.initial_ram_allocation_ratio == 1
    assert group.initial_disk_allocation_ratio == 1
    assert (group.reserved_host_cpus, group.reserved_host_memory_mb) == (0, 0)
    assert group.reserved_host_disk_mb == 0
    assert group.default_availability_zone == "nova"
    assert group.default_schedule_zone is None


def test_defaults_of_scheduler() -> None:
    """Nova's."""
    assert (SchedulerGroup().driver, SchedulerGroup().max_attempts) == ("filter_scheduler", 3)


def test_defaults_of_filter_scheduler() -> None:
    """Nova's, but for the filters, which are those of this release."""
    group = FilterSchedulerGroup()
    assert group.available_filters == ("nova.scheduler.filters.all_filters",)
    assert group.weight_classes == ("nova.scheduler.weights.all_weighers",)
    assert group.enabled_filters == (
        "RetryFilter",
        "AvailabilityZoneFilter",
        "AggregateTypeAffinityFilter",
        "CoreFilter",
        "RamFilter",
        "DiskFilter",
        "ComputeFilter",
        "ServerGroupAntiAffinityFilter",
        "ServerGroupAffinityFilter",
    )
    assert (group.host_subset_size, group.shuffle_best_same_weighed_hosts) == (1, False)
    assert (group.max_io_ops_per_host, group.max_instances_per_host) == (8, 50)
    assert group.ram_weight_multiplier == 1.0
    assert group.cpu_weight_multiplier == 1.0
    assert group.disk_weight_multiplier == 1.0
    assert group.io_ops_weight_multiplier == -1.0


@pytest.mark.parametrize("resource", ["cpu", "ram", "disk"])
def test_ratios_are_exact_and_may_be_unset(resource: str) -> None:
    """One tenth is read as one tenth; 0.0 unsets the ratio, and never the initial one."""
    name = f"{resource}_allocation_ratio"
    assert value("DEFAULT", name, "0.1") == Fraction(1, 10)
    assert value("DEFAULT", name, "0.0") is None
    assert value("DEFAULT", f"initial_{name}", "0.1") == Fraction(1, 10)
    assert "not above 0" in refusal("DEFAULT", f"initial_{name}", "0.0")
    for text in (".nan", ".inf", "-1", "abc", "1e9", "true", "[1]", "1.0000"):
        assert "is not a ratio" in refusal("DEFAULT", name, text)
        assert "is not a ratio" in refusal("DEFAULT", f"initial_{name}", text)


@pytest.mark.parametrize(
    ("group", "name", "least"),
    [
        ("DEFAULT", "reserved_host_cpus", 0),
        ("DEFAULT", "reserved_host_memory_mb", 0),
        ("DEFAULT", "reserved_host_disk_mb", 0),
        ("scheduler", "max_attempts", 1),
        ("filter_scheduler", "host_subset_size", 1),
        ("filter_scheduler", "max_io_ops_per_host", 0),
        ("filter_scheduler", "max_instances_per_host", 1),
    ],
)
def test_limits_of_whole_numbers(group: str, name: str, least: int) -> None:
    """The least value is Nova's; the greatest still fits 64 bits when counted in bytes."""
    assert value(group, name, str(least)) == least
    assert value(group, name, str(2**31 - 1)) == 2**31 - 1
    assert f"is less than {least}" in refusal(group, name, str(least - 1))
    assert "is more than 2147483647" in refusal(group, name, str(2**31))
    for text in (".nan", ".inf", "abc", "1e9", "1.0", "true", "[1]", "null"):
        assert "is not a whole number" in refusal(group, name, text)


@pytest.mark.parametrize("weigher", ["ram", "cpu", "disk", "io_ops"])
def test_multipliers_are_finite_numbers(weigher: str) -> None:
    """Of any sign and size."""
    name = f"{weigher}_weight_multiplier"
    assert value("filter_scheduler", name, "-1.5") == -1.5
    assert value("filter_scheduler", name, "1e9") == 1e9
    assert value("filter_scheduler", name, "0") == 0.0
    for text in (".nan", ".inf", "-.inf", "abc", "true", "[1]", "null", "1e999"):
        assert "is not a finite number" in refusal("filter_scheduler", name, text)


@pytest.mark.parametrize("driver", ["caching_scheduler", "chance_scheduler", "fake_scheduler"])
def test_other_drivers_of_nova_are_known_but_not_available(driver: str) -> None:
    """The message does not call them a mistake."""
    assert "not available in this release" in refusal("scheduler", "driver", driver)


def test_the_driver_may_be_given_by_its_class() -> None:
    """As Nova had it before release 13."""
    path = "nova.scheduler.filter_scheduler.FilterScheduler"
    assert value("scheduler", "driver", path) == "filter_scheduler"
    path = "nova.scheduler.chance.ChanceScheduler"
    assert "not available" in refusal("scheduler", "driver", path)


def test_an_unknown_driver_is_a_mistake() -> None:
    """What is accepted is named."""
    assert refusal("scheduler", "driver", "simple") == '"simple" is none of the choices'


def test_filters_keep_their_order_in_both_forms() -> None:
    """The order is that of running."""
    assert value("filter_scheduler", "enabled_filters", "[B, A]") == ("B", "A")
    assert value("filter_scheduler", "enabled_filters", "'B, A'") == ("B", "A")
    assert value("filter_scheduler", "enabled_filters", "[]") == ()
