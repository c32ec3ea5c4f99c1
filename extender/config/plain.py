"""The plain values the core reads, from the typed configuration."""

from __future__ import annotations

from extender.config.options import Config
from extender.model.options import PciAlias, SchedulerOptions, TranslateOptions


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
        pci_alias=tuple(PciAlias(alias.name, alias.spec) for alias in config.pci.alias),
        attestation_label=config.trusted_computing.attestation_label,
        allow_memory_overcommit=config.kubernetes.allow_memory_overcommit,
        overcommit=config.kubernetes.overcommit,
    )


def scheduler_options(config: Config) -> SchedulerOptions:
    """What the scheduler, its filters and its weighers are built with."""
    scheduler = config.scheduler
    group = config.filter_scheduler
    metrics = config.metrics
    compute = config.compute
    kubernetes = config.kubernetes
    return SchedulerOptions(
        driver=scheduler.driver,
        periodic_task_interval=scheduler.periodic_task_interval,
        placement=kubernetes.placement,
        limit_tenants_to_placement_aggregate=scheduler.limit_tenants_to_placement_aggregate,
        placement_aggregate_required_for_tenants=scheduler.placement_aggregate_required_for_tenants,
        query_placement_for_availability_zone=scheduler.query_placement_for_availability_zone,
        enable_isolated_aggregate_filtering=scheduler.enable_isolated_aggregate_filtering,
        host_subset_size=group.host_subset_size,
        shuffle_best_same_weighed_hosts=group.shuffle_best_same_weighed_hosts,
        max_attempts=scheduler.max_attempts,
        max_io_ops_per_host=group.max_io_ops_per_host,
        max_instances_per_host=group.max_instances_per_host,
        isolated_images=group.isolated_images,
        isolated_hosts=group.isolated_hosts,
        restrict_isolated_hosts_to_isolated_images=(
            group.restrict_isolated_hosts_to_isolated_images
        ),
        aggregate_image_properties_isolation_namespace=(
            group.aggregate_image_properties_isolation_namespace
        ),
        aggregate_image_properties_isolation_separator=(
            group.aggregate_image_properties_isolation_separator
        ),
        image_properties_default_architecture=group.image_properties_default_architecture,
        ram_weight_multiplier=group.ram_weight_multiplier,
        cpu_weight_multiplier=group.cpu_weight_multiplier,
        disk_weight_multiplier=group.disk_weight_multiplier,
        io_ops_weight_multiplier=group.io_ops_weight_multiplier,
        pci_weight_multiplier=group.pci_weight_multiplier,
        soft_affinity_weight_multiplier=group.soft_affinity_weight_multiplier,
        soft_anti_affinity_weight_multiplier=group.soft_anti_affinity_weight_multiplier,
        build_failure_weight_multiplier=group.build_failure_weight_multiplier,
        cross_cell_move_weight_multiplier=group.cross_cell_move_weight_multiplier,
        hypervisor_version_weight_multiplier=group.hypervisor_version_weight_multiplier,
        num_instances_weight_multiplier=group.num_instances_weight_multiplier,
        image_props_weight_multiplier=group.image_props_weight_multiplier,
        image_props_weight_setting=group.image_props_weight_setting,
        metrics_weight_multiplier=metrics.weight_multiplier,
        metrics_weight_setting=metrics.weight_setting,
        metrics_required=metrics.required,
        metrics_weight_of_unavailable=metrics.weight_of_unavailable,
        metrics_max_age=kubernetes.metrics_max_age,
        attestation_auth_timeout=config.trusted_computing.attestation_auth_timeout,
        packing_host_numa_cells_allocation_strategy=(
            compute.packing_host_numa_cells_allocation_strategy
        ),
        consecutive_build_service_disable_threshold=(
            compute.consecutive_build_service_disable_threshold
        ),
        max_score=kubernetes.max_score,
        extra=config.plugins,
    )
