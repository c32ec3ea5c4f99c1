"""A case from a seed and a number: the areas it is about, in turn and by chance."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, cast

from tests.conformance.case import Case
from tests.conformance.generate import (
    aggregates,
    capacity,
    json_query,
    loop,
    numa,
    placing,
    properties,
    values,
    weighing,
)
from tests.conformance.generate.base import base

Strategy = Callable[[Random, Case], None]


def _strategy(made: Any) -> Strategy:
    return cast("Strategy", made)


FILTERS: dict[str, Strategy] = {
    "AggregateCoreFilter": capacity.from_aggregates(capacity.cores, "cpu_allocation_ratio"),
    "AggregateDiskFilter": capacity.from_aggregates(capacity.disk, "disk_allocation_ratio"),
    "AggregateImagePropertiesIsolation": aggregates.image_properties,
    "AggregateInstanceExtraSpecsFilter": aggregates.extra_specs,
    "AggregateIoOpsFilter": _strategy(aggregates.maxima("max_io_ops_per_host", "num_io_ops")),
    "AggregateMultiTenancyIsolation": aggregates.tenants,
    "AggregateNumInstancesFilter": _strategy(
        aggregates.maxima("max_instances_per_host", "num_instances")
    ),
    "AggregateRamFilter": capacity.from_aggregates(capacity.ram, "ram_allocation_ratio"),
    "AggregateTypeAffinityFilter": aggregates.flavors,
    "AllHostsFilter": placing.all_hosts,
    "AvailabilityZoneFilter": aggregates.zone,
    "ComputeCapabilitiesFilter": properties.capabilities,
    "ComputeFilter": placing.service,
    "CoreFilter": capacity.cores,
    "DifferentHostFilter": _strategy(placing.hinted("different_host")),
    "DiskFilter": capacity.disk,
    "ExactCoreFilter": capacity.exact_cores,
    "ExactDiskFilter": capacity.exact_disk,
    "ExactRamFilter": capacity.exact_ram,
    "ImagePropertiesFilter": properties.image,
    "IoOpsFilter": aggregates.io_ops,
    "IsolatedHostsFilter": placing.isolated,
    "JsonFilter": json_query.query,
    "MetricsFilter": properties.metrics,
    "NUMATopologyFilter": numa.cells,
    "NumInstancesFilter": aggregates.num_instances,
    "PciPassthroughFilter": properties.devices,
    "RamFilter": capacity.ram,
    "RetryFilter": placing.retry,
    "SameHostFilter": _strategy(placing.hinted("same_host")),
    "ServerGroupAffinityFilter": _strategy(placing.group(("affinity",))),
    "ServerGroupAntiAffinityFilter": _strategy(placing.group(("anti-affinity",))),
    "SimpleCIDRAffinityFilter": placing.cidr,
    "TrustedFilter": placing.trust,
    "TypeAffinityFilter": placing.one_flavor,
}

_RAW: dict[str, tuple[str, Strategy]] = {
    "BuildFailureWeigher": (
        "build_failure_weight_multiplier",
        weighing.set_each("failed_builds", (0, 1, 2, 10)),
    ),
    "CPUWeigher": ("cpu_weight_multiplier", weighing.cpu),
    "CrossCellWeigher": ("cross_cell_move_weight_multiplier", weighing.cells),
    "DiskWeigher": (
        "disk_weight_multiplier",
        weighing.set_each("free_disk_mb", (0, -5, -3, 1, 512, 1024, 8192, 102400)),
    ),
    "HypervisorVersionWeigher": (
        "hypervisor_version_weight_multiplier",
        weighing.set_each("hypervisor_version", (None, 0, 5000, 6000000, 2001004)),
    ),
    "ImagePropertiesWeigher": ("image_props_weight_multiplier", weighing.image_props),
    "IoOpsWeigher": (
        "io_ops_weight_multiplier",
        weighing.set_each("num_io_ops", (0, 1, 2, 8, 100)),
    ),
    "MetricsWeigher": ("metrics_weight_multiplier", weighing.metrics),
    "NumInstancesWeigher": (
        "num_instances_weight_multiplier",
        weighing.set_each("fillers", (0, 1, 2, 49)),
    ),
    "PCIWeigher": ("pci_weight_multiplier", weighing.pools),
    "RAMWeigher": (
        "ram_weight_multiplier",
        weighing.set_each("free_ram_mb", (0, -5, -3, 1, 512, 1024, 8192)),
    ),
    "ServerGroupSoftAffinityWeigher": (
        "soft_affinity_weight_multiplier",
        weighing.soft_group("soft-affinity"),
    ),
    "ServerGroupSoftAntiAffinityWeigher": (
        "soft_anti_affinity_weight_multiplier",
        weighing.soft_group("soft-anti-affinity"),
    ),
}
WEIGHERS: dict[str, Strategy] = {
    name: weighing.with_multiplier(option, option, strategy)
    for name, (option, strategy) in _RAW.items()
}
PRE_STAGE, LOOP = "pre-stage", "scheduling loop"
WAYS: dict[str, Strategy] = {PRE_STAGE: placing.pre_stage, LOOP: loop.schedule}


def make(seed: int, number: int) -> Case:
    """The case of this seed and number: always the same one.

    Each filter and weigher has its turn; others join in by chance, later ones undoing at times
    what earlier ones set up.
    """
    rng = Random(f"{seed}:{number}")  # noqa: S311 - made again from its seed, not secret
    case = base(rng)
    turns = [*FILTERS, *WEIGHERS, PRE_STAGE, LOOP]
    focus = {turns[number % len(turns)]}
    focus.update(rng.sample(sorted(FILTERS), rng.choice((0, 1, 1, 2))))
    focus.update(rng.sample(sorted(WEIGHERS), rng.choice((0, 1, 1, 2))))
    focus.update(way for way in WAYS if values.chance(rng, 5))
    order = rng.sample(sorted(focus), len(focus))
    first = turns[number % len(turns)]
    # The one whose turn it is goes last, so that nothing undoes what it sets up.
    for name in [*(one for one in order if one != first), first]:
        {**FILTERS, **WEIGHERS, **WAYS}[name](rng, case)
    filters = sorted(focus & FILTERS.keys())
    weighers = sorted(focus & WEIGHERS.keys())
    loop.enable(rng, case, filters, weighers)
    _join_group(case)
    case["id"] = f"{seed}:{number}"
    case["focus"] = sorted(focus)
    return case


def _join_group(case: Case) -> None:
    """Make the instances of the loop members of the group: Nova's API does so before it asks."""
    asked, group = case.get("schedule"), case["request"].get("group")
    if asked is not None and group is not None:
        group["members"] += [f"new-{number}" for number in range(asked["instances"])]
