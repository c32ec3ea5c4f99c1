"""The options that filters, weighers and the scheduler read, as plain values.

``extender.config`` reads and checks the file and hands these down; the core never sees a file.
Names and defaults are Nova's (``nova.conf.scheduler``, ``nova.conf.compute``) unless said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PciAlias:
    """One entry of option ``[pci] alias``: a name, and what a device must be like to bear it.

    Entries of the same name are alternatives. ``spec`` holds what a pool's attributes are compared
    with: ``resource``, ``vendor_id``, ``product_id`` and tags.
    """

    name: str
    spec: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateOptions:
    """What the translation of nodes and pods must know beyond the objects themselves.

    Ratios are exact; ``None`` means not set (Nova's 0.0). ``reserved_*`` are taken off a node's
    allocatable, which is already net, so they default to 0 (Nova: 512 MiB of memory).
    ``attestation_label`` is the node label that says how far a node is trusted. Without
    ``allow_memory_overcommit`` a ratio of memory above 1 counts as 1; Nova always allows it.
    """

    cpu_allocation_ratio: Fraction | None = None
    ram_allocation_ratio: Fraction | None = None
    disk_allocation_ratio: Fraction | None = None
    initial_cpu_allocation_ratio: Fraction = Fraction(1)
    initial_ram_allocation_ratio: Fraction = Fraction(1)
    initial_disk_allocation_ratio: Fraction = Fraction(1)
    reserved_host_cpus: int = 0
    reserved_host_memory_mb: int = 0
    reserved_host_disk_mb: int = 0
    default_availability_zone: str = "nova"
    default_schedule_zone: str | None = None
    admin_namespaces: frozenset[str] = frozenset()
    max_attempts: int = 3
    pci_alias: tuple[PciAlias, ...] = ()
    attestation_label: str = "nova-extender.io/trust_lvl"
    allow_memory_overcommit: bool = False
    overcommit: str = "native"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerOptions:
    """What filters and weighers are built with: group ``[filter_scheduler]`` and what it needs.

    Options of other groups carry the group's name where their own would not say whose they are:
    ``metrics_weight_setting`` is ``[metrics] weight_setting``. Times are seconds, 0 for never.
    """

    driver: str = "filter_scheduler"
    periodic_task_interval: int = 60
    placement: str = "advise"
    limit_tenants_to_placement_aggregate: bool = False
    placement_aggregate_required_for_tenants: bool = False
    query_placement_for_availability_zone: bool = False
    enable_isolated_aggregate_filtering: bool = False

    host_subset_size: int = 1
    shuffle_best_same_weighed_hosts: bool = False
    max_attempts: int = 3
    max_io_ops_per_host: int = 8
    max_instances_per_host: int = 50
    isolated_images: tuple[str, ...] = ()
    isolated_hosts: tuple[str, ...] = ()
    restrict_isolated_hosts_to_isolated_images: bool = True
    aggregate_image_properties_isolation_namespace: str | None = None
    aggregate_image_properties_isolation_separator: str = "."
    image_properties_default_architecture: str | None = None
    ram_weight_multiplier: float = 1.0
    cpu_weight_multiplier: float = 1.0
    disk_weight_multiplier: float = 1.0
    io_ops_weight_multiplier: float = -1.0
    pci_weight_multiplier: float = 1.0
    soft_affinity_weight_multiplier: float = 1.0
    soft_anti_affinity_weight_multiplier: float = 1.0
    build_failure_weight_multiplier: float = 1000000.0
    cross_cell_move_weight_multiplier: float = 1000000.0
    hypervisor_version_weight_multiplier: float = 1.0
    num_instances_weight_multiplier: float = 0.0
    image_props_weight_multiplier: float = 0.0
    image_props_weight_setting: tuple[tuple[str, float], ...] = ()
    metrics_weight_multiplier: float = 1.0
    metrics_weight_setting: tuple[tuple[str, float], ...] = ()
    metrics_required: bool = True
    metrics_weight_of_unavailable: float = -10000.0
    metrics_max_age: int = 300
    attestation_auth_timeout: int = 0
    packing_host_numa_cells_allocation_strategy: bool = False
    consecutive_build_service_disable_threshold: int = 10
    max_score: int = 100
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """Options of third-party filters and weighers, group ``[plugins]``, as written."""
