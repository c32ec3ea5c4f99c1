"""The options that filters, weighers and the scheduler read, as plain values.

``extender.config`` reads and checks the file and hands these down; the core never sees a file.
Names and defaults are Nova's (``nova.conf.scheduler``, ``nova.conf.compute``) unless said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateOptions:
    """What the translation of nodes and pods must know beyond the objects themselves.

    Ratios are exact; ``None`` means not set (Nova's 0.0). ``reserved_*`` are taken off a node's
    allocatable, which is already net, so they default to 0 (Nova: 512 MiB of memory).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerOptions:
    """What filters and weighers are built with: group ``[filter_scheduler]`` and what it needs."""

    host_subset_size: int = 1
    shuffle_best_same_weighed_hosts: bool = False
    max_attempts: int = 3
    max_io_ops_per_host: int = 8
    max_instances_per_host: int = 50
    ram_weight_multiplier: float = 1.0
    cpu_weight_multiplier: float = 1.0
    disk_weight_multiplier: float = 1.0
    io_ops_weight_multiplier: float = -1.0
    max_score: int = 100
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """Options of third-party filters and weighers, group ``[plugins]``, as written."""
