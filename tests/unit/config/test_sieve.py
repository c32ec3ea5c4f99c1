"""Sorting what a file holds."""

from __future__ import annotations

import time

import pytest

from extender.config.sieve import legacy_names, sieve
from extender.config.small_groups import ComputeGroup


def test_the_older_names_are_novas() -> None:
    """All of group DEFAULT, each with its present place."""
    assert dict(legacy_names()) == {
        "scheduler_driver": ("scheduler", "driver"),
        "scheduler_driver_task_period": ("scheduler", "periodic_task_interval"),
        "scheduler_max_attempts": ("scheduler", "max_attempts"),
        "scheduler_available_filters": ("filter_scheduler", "available_filters"),
        "scheduler_default_filters": ("filter_scheduler", "enabled_filters"),
        "scheduler_weight_classes": ("filter_scheduler", "weight_classes"),
        "scheduler_host_subset_size": ("filter_scheduler", "host_subset_size"),
        "max_io_ops_per_host": ("filter_scheduler", "max_io_ops_per_host"),
        "max_instances_per_host": ("filter_scheduler", "max_instances_per_host"),
        "ram_weight_multiplier": ("filter_scheduler", "ram_weight_multiplier"),
        "disk_weight_multiplier": ("filter_scheduler", "disk_weight_multiplier"),
        "io_ops_weight_multiplier": ("filter_scheduler", "io_ops_weight_multiplier"),
        **{
            name: ("filter_scheduler", name)
            for name in (
                "isolated_images",
                "isolated_hosts",
                "restrict_isolated_hosts_to_isolated_images",
                "aggregate_image_properties_isolation_namespace",
                "aggregate_image_properties_isolation_separator",
                "soft_affinity_weight_multiplier",
                "soft_anti_affinity_weight_multiplier",
            )
        },
        "pci_alias": ("pci", "alias"),
        "node_availability_zone": ("DEFAULT", "default_availability_zone"),
    }


@pytest.mark.parametrize("older", list(legacy_names()))
def test_an_older_name_is_read_with_a_notice(older: str) -> None:
    """The value goes to the present name, and both names are told."""
    group, name = legacy_names()[older]
    found = sieve({"DEFAULT": {older: "value"}})
    assert found.values[group] == {name: "value"}
    assert found.written == {f"{group}.{name}": f"DEFAULT.{older}"}
    assert found.notices == [
        f"DEFAULT.{older} is the older name of {group}.{name}; it is read, but should be renamed",
    ]
    assert found.problems == []


@pytest.mark.parametrize("older", list(legacy_names()))
@pytest.mark.parametrize("older_first", [True, False])
def test_both_names_at_once_are_a_problem(older: str, older_first: bool) -> None:
    """Whichever comes first; the older one is the one to delete."""
    group, name = legacy_names()[older]
    pairs = [("DEFAULT", older), (group, name)]
    tree: dict[str, dict[str, object]] = {}
    for part, key in pairs if older_first else reversed(pairs):
        tree.setdefault(part, {})[key] = key
    found = sieve(tree)
    (problem,) = found.problems
    assert problem.path == f"DEFAULT.{older}"
    assert f"given together with {group}.{name}" in problem.message
    assert problem.accepted == f"delete DEFAULT.{older} and keep {group}.{name}"
    assert found.values[group] == {name: name}


@pytest.mark.parametrize(
    ("group", "name", "accepted"),
    [
        ("filter_scheduler", "enable_filters", "did you mean filter_scheduler.enabled_filters?"),
        ("filter_scheduler", "Host_Subset_Size", "did you mean filter_scheduler.host_subset_size?"),
        ("scheduler", "enabled_filters", "did you mean filter_scheduler.enabled_filters?"),
        ("filter_scheduler", "max_attempts", "did you mean scheduler.max_attempts?"),
        ("scheduler", "scheduler_driver", "did you mean DEFAULT.scheduler_driver?"),
        ("DEFAULT", "scheduler_defualt_filters", "did you mean DEFAULT.scheduler_default_filters?"),
        ("metrics", "weight_seting", "did you mean metrics.weight_setting?"),
        ("compute", "zzz", f"one of {', '.join(ComputeGroup.model_fields)}"),
        ("workarounds", "zzz", "an option of Nova's"),
    ],
)
def test_an_unknown_option_is_answered_with_what_was_meant(
    group: str,
    name: str,
    accepted: str,
) -> None:
    """The same name elsewhere, the nearest name here, or all there are."""
    (problem,) = sieve({group: {name: 1}}).problems
    assert (problem.path, problem.message) == (f"{group}.{name}", "unknown option")
    assert problem.accepted == accepted


@pytest.mark.parametrize(
    ("group", "accepted"),
    [
        ("default", "did you mean DEFAULT?"),
        ("filter-scheduler", "did you mean filter_scheduler?"),
        ("max_attempts", "did you mean scheduler.max_attempts?"),
        ("scheduler_default_filters", "did you mean DEFAULT.scheduler_default_filters?"),
    ],
)
def test_an_unknown_group_is_answered_with_what_was_meant(group: str, accepted: str) -> None:
    """Another spelling, or an option that was written without its group."""
    (problem,) = sieve({group: {}}).problems
    assert (problem.path, problem.message) == (group, "unknown group")
    assert problem.accepted == accepted


def test_an_unknown_group_like_none_is_answered_with_all() -> None:
    """A list to choose from."""
    (problem,) = sieve({"zzz": {}}).problems
    assert problem.accepted.startswith("one of DEFAULT, scheduler, filter_scheduler, metrics")


@pytest.mark.parametrize("content", [[], ["a"], 3, "a", True])
def test_a_group_that_is_no_mapping_is_a_problem(content: object) -> None:
    """Also one whose options are all without effect."""
    for group in ("scheduler", "workarounds"):
        (problem,) = sieve({group: content}).problems
        assert problem.path == group
        assert problem.message.endswith("is not a mapping")


def test_an_empty_group_is_no_problem() -> None:
    """All its options may be commented out."""
    assert sieve({"scheduler": None, "workarounds": None}).problems == []


def test_plugins_are_passed_on_untouched() -> None:
    """Any names are theirs."""
    tree: dict[str, object] = {"plugins": {"enabled_filters": 1}}
    assert sieve(tree).values == tree


def test_very_many_unknown_names_take_no_time() -> None:
    """Each is reported, not each is compared with every known name."""
    start = time.monotonic()
    found = sieve({"scheduler": {f"max_attempt_{number}": 1 for number in range(19_000)}})
    assert len(found.problems) == 19_000
    assert time.monotonic() - start < 10


def test_a_strange_name_is_shown_safely() -> None:
    """It is cut and cannot control a terminal."""
    (problem,) = sieve({"scheduler": {"\x1b[31m" + "x" * 10_000: 1}}).problems
    assert problem.path.isprintable()
    assert len(problem.path) <= 80
