"""extender.cli.assembly."""

from __future__ import annotations

from pathlib import Path

import pytest

from extender.cli.assembly import (
    build_engine,
    build_scheduler,
    count_failed_builds,
    load_config,
)
from extender.config.load import load
from extender.config.problems import ConfigError


def written(tmp_path: Path, text: str) -> str:
    """A configuration file with this text."""
    file = tmp_path / "config.yaml"
    file.write_text(text)
    return str(file)


def test_the_defaults_are_the_seeds_filters_and_all_weighers() -> None:
    """Nothing configured gives the filters of the design in their order, and every weigher."""
    scheduler = build_scheduler(load_config(None).config)
    assert [f.name() for f in scheduler.filters] == [
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
    assert sorted(w.name() for w in scheduler.weighers) == [
        "BuildFailureWeigher",
        "CPUWeigher",
        "CrossCellWeigher",
        "DiskWeigher",
        "HypervisorVersionWeigher",
        "ImagePropertiesWeigher",
        "IoOpsWeigher",
        "MetricsWeigher",
        "NumInstancesWeigher",
        "PCIWeigher",
        "RAMWeigher",
        "ServerGroupSoftAffinityWeigher",
        "ServerGroupSoftAntiAffinityWeigher",
    ]


def test_unknown_filters_are_said_with_everything_else(tmp_path: Path) -> None:
    """A bad value, an unknown option, a mistyped filter and a weigher nobody has: all at once."""
    path = written(
        tmp_path,
        "filter_scheduler:\n"
        "  host_subset_size: 0\n"
        "  max_instance_per_host: 3\n"
        "  enabled_filters: [CorFilter]\n"
        "  weight_classes: [nova.scheduler.weights.nobody.NobodyWeigher]\n",
    )
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    assert sorted(problem.path for problem in raised.value.problems) == [
        "filter_scheduler.enabled_filters",
        "filter_scheduler.host_subset_size",
        "filter_scheduler.max_instance_per_host",
        "filter_scheduler.weight_classes",
    ]
    assert "CoreFilter" in str(raised.value)


def test_a_filter_of_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    """It is named, with what was tried."""
    path = written(tmp_path, "filter_scheduler: {available_filters: [nowhere.at.AllFilter]}")
    with pytest.raises(ConfigError, match=r"available_filters: .*'nowhere\.at\.AllFilter'"):
        load_config(path)


def test_a_scheduler_is_not_built_of_a_filter_nobody_has() -> None:
    """Also when nobody checked the configuration before."""
    config = load(None, "filter_scheduler: {enabled_filters: [NoFilter]}").config
    with pytest.raises(ConfigError, match="Scheduler Host Filter NoFilter could not be found"):
        build_scheduler(config)


def test_an_engine_has_the_configured_options() -> None:
    """Options reach translation, scheduler and the ring of attempts."""
    text = (
        "DEFAULT: {default_availability_zone: az1}\n"
        "scheduler: {max_attempts: 7}\n"
        "server: {attempts_memory_bytes: 5000}\n"
    )
    engine = build_engine(load(None, text).config)
    assert engine.options.default_availability_zone == "az1"
    assert engine.options.max_attempts == engine.scheduler.options.max_attempts == 7
    assert engine.attempts.limit == 5000


@pytest.mark.parametrize(("threshold", "counts"), [(0, False), (1, True), (10, True)])
def test_failed_builds_are_counted_or_not(threshold: int, counts: bool) -> None:
    """A threshold of 0 switches them off, in an engine that is built and in one reloaded."""
    text = f"compute: {{consecutive_build_service_disable_threshold: {threshold}}}"
    engine = build_engine(load(None, text).config)
    assert engine.cluster.counts_failed_builds is counts
    engine = build_engine(load(None).config)
    engine.scheduler = build_scheduler(load(None, text).config)
    count_failed_builds(engine)
    assert engine.cluster.counts_failed_builds is counts
