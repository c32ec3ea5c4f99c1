"""Options: Nova's names and defaults."""

from __future__ import annotations

from fractions import Fraction

from extender.model.options import SchedulerOptions, TranslateOptions


def test_scheduler_defaults_are_novas() -> None:
    """Group [filter_scheduler] starts with Nova's values."""
    options = SchedulerOptions()
    assert options.host_subset_size == 1
    assert options.shuffle_best_same_weighed_hosts is False
    assert options.max_attempts == 3
    assert options.max_io_ops_per_host == 8
    assert options.max_instances_per_host == 50
    assert options.ram_weight_multiplier == 1.0
    assert options.cpu_weight_multiplier == 1.0
    assert options.disk_weight_multiplier == 1.0
    assert options.io_ops_weight_multiplier == -1.0
    assert dict(options.extra) == {}


def test_scores_end_at_a_hundred() -> None:
    """kube-scheduler takes scores up to 100 from an extender whose weight says so."""
    assert SchedulerOptions().max_score == 100


def test_nodes_are_not_overcommitted_by_default() -> None:
    """No ratio is set, and the initial ones are 1; nothing is reserved of what is already net."""
    options = TranslateOptions()
    assert options.cpu_allocation_ratio is None
    assert options.ram_allocation_ratio is None
    assert options.disk_allocation_ratio is None
    assert options.initial_cpu_allocation_ratio == Fraction(1)
    assert options.initial_ram_allocation_ratio == Fraction(1)
    assert options.initial_disk_allocation_ratio == Fraction(1)
    assert options.reserved_host_cpus == 0
    assert options.reserved_host_memory_mb == 0
    assert options.reserved_host_disk_mb == 0


def test_zones_and_rights_by_default() -> None:
    """The default zone is Nova's, no zone is asked for, and no namespace is an administrator's."""
    options = TranslateOptions()
    assert options.default_availability_zone == "nova"
    assert options.default_schedule_zone is None
    assert options.admin_namespaces == frozenset()
    assert options.max_attempts == 3
