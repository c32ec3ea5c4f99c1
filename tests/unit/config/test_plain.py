"""The plain values the core reads."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

from extender.config.load import load
from extender.config.options import Config, options
from extender.config.plain import scheduler_options, translate_options
from extender.model.options import SchedulerOptions, TranslateOptions

EVERYTHING = """
DEFAULT:
  cpu_allocation_ratio: 16.0
  ram_allocation_ratio: 1.5
  disk_allocation_ratio: 0.9
  initial_cpu_allocation_ratio: 4.0
  initial_ram_allocation_ratio: 1.1
  initial_disk_allocation_ratio: 1.2
  reserved_host_cpus: 1
  reserved_host_memory_mb: 512
  reserved_host_disk_mb: 1024
  default_availability_zone: zone-a
  default_schedule_zone: zone-b
scheduler:
  max_attempts: 5
filter_scheduler:
  host_subset_size: 2
  shuffle_best_same_weighed_hosts: true
  max_io_ops_per_host: 9
  max_instances_per_host: 51
  ram_weight_multiplier: 2.0
  cpu_weight_multiplier: 3.0
  disk_weight_multiplier: 4.0
  io_ops_weight_multiplier: -5.0
kubernetes:
  admin_namespaces: [ops, kube-system]
  max_score: 10
plugins:
  mine: {depth: 3}
"""


def test_defaults_of_the_file_are_those_of_the_core() -> None:
    """Both say the same, so that neither can be wrong alone."""
    assert translate_options(Config()) == TranslateOptions()
    assert scheduler_options(Config()) == SchedulerOptions()


def test_every_option_reaches_the_translation() -> None:
    """Each under its own name, ratios exactly."""
    assert translate_options(load(None, EVERYTHING).config) == TranslateOptions(
        cpu_allocation_ratio=Fraction(16),
        ram_allocation_ratio=Fraction(3, 2),
        disk_allocation_ratio=Fraction(9, 10),
        initial_cpu_allocation_ratio=Fraction(4),
        initial_ram_allocation_ratio=Fraction(11, 10),
        initial_disk_allocation_ratio=Fraction(6, 5),
        reserved_host_cpus=1,
        reserved_host_memory_mb=512,
        reserved_host_disk_mb=1024,
        default_availability_zone="zone-a",
        default_schedule_zone="zone-b",
        admin_namespaces=frozenset({"ops", "kube-system"}),
        max_attempts=5,
    )


def test_every_option_reaches_the_scheduler() -> None:
    """Each under its own name."""
    assert scheduler_options(load(None, EVERYTHING).config) == SchedulerOptions(
        host_subset_size=2,
        shuffle_best_same_weighed_hosts=True,
        max_attempts=5,
        max_io_ops_per_host=9,
        max_instances_per_host=51,
        ram_weight_multiplier=2.0,
        cpu_weight_multiplier=3.0,
        disk_weight_multiplier=4.0,
        io_ops_weight_multiplier=-5.0,
        max_score=10,
        extra={"mine": {"depth": 3}},
    )


def test_the_core_reads_nothing_that_cannot_be_set() -> None:
    """Every plain value has its option."""
    names = {option.name for option in options()} | {"extra"}
    plain = {field.name for kind in (TranslateOptions, SchedulerOptions) for field in fields(kind)}
    assert plain <= names
