"""The plain values the core reads."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

from extender.config.load import load
from extender.config.options import Config, options
from extender.config.plain import scheduler_options, translate_options
from extender.model.options import PciAlias, SchedulerOptions, TranslateOptions

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
  driver: caching_scheduler
  periodic_task_interval: 30
  max_attempts: 5
  limit_tenants_to_placement_aggregate: true
  placement_aggregate_required_for_tenants: true
  query_placement_for_availability_zone: true
  enable_isolated_aggregate_filtering: true
filter_scheduler:
  enabled_filters: [RamFilter, MetricsFilter]
  host_subset_size: 2
  shuffle_best_same_weighed_hosts: true
  max_io_ops_per_host: 9
  max_instances_per_host: 51
  ram_weight_multiplier: 2.0
  cpu_weight_multiplier: 3.0
  disk_weight_multiplier: 4.0
  io_ops_weight_multiplier: -5.0
  pci_weight_multiplier: 6.0
  soft_affinity_weight_multiplier: 7.0
  soft_anti_affinity_weight_multiplier: 8.0
  build_failure_weight_multiplier: 9.0
  cross_cell_move_weight_multiplier: 10.0
  hypervisor_version_weight_multiplier: 11.0
  num_instances_weight_multiplier: -12.0
  image_props_weight_multiplier: 13.0
  image_props_weight_setting: [os_distro=2.0, os_type=-1.0]
  isolated_images: [nginx]
  isolated_hosts: [node-1, node-2]
  restrict_isolated_hosts_to_isolated_images: false
  aggregate_image_properties_isolation_namespace: hw
  aggregate_image_properties_isolation_separator: _
  image_properties_default_architecture: amd64
metrics:
  weight_multiplier: 14.0
  weight_setting: cpu.percent=-1.0
  required: false
  weight_of_unavailable: -15.0
compute:
  consecutive_build_service_disable_threshold: 0
  packing_host_numa_cells_allocation_strategy: true
pci:
  alias:
    - '{"name": "a100", "vendor_id": "10de", "device_type": "type-PF", "numa_policy": "socket"}'
    - {name: a100, resource: nvidia.com/gpu}
trusted_computing:
  attestation_auth_timeout: 60
  attestation_label: trust.node-restriction.kubernetes.io/level
kubernetes:
  overcommit: virtual
  allow_memory_overcommit: true
  placement: decide
  admin_namespaces: [ops, kube-system]
  max_score: 10
  metrics_max_age: 16
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
        pci_alias=(
            PciAlias("a100", (("dev_type", "type-PF"), ("vendor_id", "10de"))),
            PciAlias("a100", (("resource", "nvidia.com/gpu"),)),
        ),
        attestation_label="trust.node-restriction.kubernetes.io/level",
        allow_memory_overcommit=True,
        overcommit="virtual",
    )


def test_every_option_reaches_the_scheduler() -> None:
    """Each under its own name."""
    assert scheduler_options(load(None, EVERYTHING).config) == SchedulerOptions(
        driver="caching_scheduler",
        periodic_task_interval=30,
        placement="decide",
        limit_tenants_to_placement_aggregate=True,
        placement_aggregate_required_for_tenants=True,
        query_placement_for_availability_zone=True,
        enable_isolated_aggregate_filtering=True,
        host_subset_size=2,
        shuffle_best_same_weighed_hosts=True,
        max_attempts=5,
        max_io_ops_per_host=9,
        max_instances_per_host=51,
        ram_weight_multiplier=2.0,
        cpu_weight_multiplier=3.0,
        disk_weight_multiplier=4.0,
        io_ops_weight_multiplier=-5.0,
        isolated_images=("nginx",),
        isolated_hosts=("node-1", "node-2"),
        restrict_isolated_hosts_to_isolated_images=False,
        aggregate_image_properties_isolation_namespace="hw",
        aggregate_image_properties_isolation_separator="_",
        image_properties_default_architecture="x86_64",
        pci_weight_multiplier=6.0,
        soft_affinity_weight_multiplier=7.0,
        soft_anti_affinity_weight_multiplier=8.0,
        build_failure_weight_multiplier=9.0,
        cross_cell_move_weight_multiplier=10.0,
        hypervisor_version_weight_multiplier=11.0,
        num_instances_weight_multiplier=-12.0,
        image_props_weight_multiplier=13.0,
        image_props_weight_setting=(("os_distro", 2.0), ("os_type", -1.0)),
        metrics_weight_multiplier=14.0,
        metrics_weight_setting=(("cpu.percent", -1.0),),
        metrics_required=False,
        metrics_weight_of_unavailable=-15.0,
        metrics_max_age=16,
        attestation_auth_timeout=60,
        packing_host_numa_cells_allocation_strategy=True,
        consecutive_build_service_disable_threshold=0,
        max_score=10,
        extra={"mine": {"depth": 3}},
    )


def test_the_core_reads_nothing_that_cannot_be_set() -> None:
    """Every plain value has its option, whose group it may carry in its name."""
    names = {option.name for option in options()} | {"extra"}
    names |= {f"{option.group}_{option.name}" for option in options()}
    plain = {field.name for kind in (TranslateOptions, SchedulerOptions) for field in fields(kind)}
    assert plain <= names


def test_the_file_sets_every_plain_value() -> None:
    """None is left at its default above, or its way down would not be tested."""
    config = load(None, EVERYTHING).config
    for read, default in (
        (translate_options(config), TranslateOptions()),
        (scheduler_options(config), SchedulerOptions()),
    ):
        for field in fields(read):
            assert getattr(read, field.name) != getattr(default, field.name), field.name
