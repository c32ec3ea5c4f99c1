"""The plain values the core reads, from the typed configuration."""

from __future__ import annotations

from extender.config.options import Config
from extender.model.options import SchedulerOptions, TranslateOptions


def translate_options(config: Config) -> TranslateOptions:
    """What the translation of nodes and pods reads."""
    default = config.DEFAULT
    return TranslateOptions(
        cpu_allocation_ratio=default.cpu_allocation_ratio,
        ram_allocation_ratio=default.ram_allocation_ratio,
        disk_allocation_ratio=default.disk_allocation_ratio,
        initial_cpu_allocation_ratio=default.initial_cpu_allocation_ratio,
        initial_ram_allocation_ratio=default.initial_ram_allocation_ratio,
        initial_disk_allocation_ratio=default.initial_disk_allocation_ratio,
        reserved_host_cpus=default.reserved_host_cpus,
        reserved_host_memory_mb=default.reserved_host_memory_mb,
        reserved_host_disk_mb=default.reserved_host_disk_mb,
        default_availability_zone=default.default_availability_zone,
        default_schedule_zone=default.default_schedule_zone,
        admin_namespaces=frozenset(config.kubernetes.admin_namespaces),
        max_attempts=config.scheduler.max_attempts,
    )


def scheduler_options(config: Config) -> SchedulerOptions:
    """What the scheduler, its filters and its weighers are built with."""
    group = config.filter_scheduler
    return SchedulerOptions(
        host_subset_size=group.host_subset_size,
        shuffle_best_same_weighed_hosts=group.shuffle_best_same_weighed_hosts,
        max_attempts=config.scheduler.max_attempts,
        max_io_ops_per_host=group.max_io_ops_per_host,
        max_instances_per_host=group.max_instances_per_host,
        ram_weight_multiplier=group.ram_weight_multiplier,
        cpu_weight_multiplier=group.cpu_weight_multiplier,
        disk_weight_multiplier=group.disk_weight_multiplier,
        io_ops_weight_multiplier=group.io_ops_weight_multiplier,
        max_score=config.kubernetes.max_score,
        extra=config.plugins,
    )
